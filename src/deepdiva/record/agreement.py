"""Compare what several files of one record say of the same facts; see `verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from deepdiva.errors import DataError
from deepdiva.provenance.footprint import load as load_footprint
from deepdiva.record import chain, checkpoint_files, result
from deepdiva.record.info import read_info
from deepdiva.record.reader import SPLITS, RunRecord

DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
"""What reading raises where a record holds something else than a run writes."""

Finding = tuple[str, str]
"""A path below the run folder, and what contradicts what there."""


def is_finished(run: RunRecord) -> bool:
    """Tell whether the record is complete, so that its parts must agree to the last line."""
    return run.status == "finished"


def whole_lines(run: RunRecord, name: str) -> list[bytes]:
    """Return the lines of a file that grows; the last may be torn where the run was killed."""
    content = (run.folder / name).read_bytes()
    if not is_finished(run):
        content = content[: content.rfind(b"\n") + 1]
    return content.splitlines()


def losses(run: RunRecord) -> Iterator[Finding]:
    """Compare the losses of steps, which events and chain both tell."""
    in_chain = {note.step: note.loss for note in _steps(run)}
    for event in run.events:
        if event.name == "train/loss" and event.scope == "step" and event.value is not None:
            told = in_chain.get(event.step)
            if told is None and not is_finished(run):
                continue  # the two files are not flushed at the same instant
            if told != chain.loss_bits(event.value):
                yield "events.jsonl", f"the loss of step {event.step} is not that of chain.jsonl"
                return


def _steps(run: RunRecord) -> list[chain.StepNote]:
    return [note for note in _notes(run) if isinstance(note, chain.StepNote)]


def _notes(run: RunRecord) -> list[chain.StepNote | chain.WeightsNote]:
    try:
        return chain.parse(b"\n".join(whole_lines(run, "chain.jsonl")))
    except ValueError:
        return []  # told by `_chain`


def checkpoints(run: RunRecord) -> Iterator[Finding]:
    """Compare checkpoints with their own digests, and the weights in them with the result."""
    for kind in ("last", "best"):
        for place in sorted((run.folder / "checkpoints" / kind).glob("*.json")):
            try:
                checkpoint_files.read_saved(place)
            except DAMAGE as error:
                yield place.relative_to(run.folder).as_posix(), str(error)
    if is_finished(run):
        facts = result.read_result(run.folder)
        yield from _weights(run, "last", "model/", facts["weights_sha256"])
        yield from _weights(run, "best", "", facts["best_weights_sha256"])


def _weights(run: RunRecord, kind: str, prefix: str, recorded: object) -> Iterator[Finding]:
    place = checkpoint_files.newest(run.folder / "checkpoints" / kind)
    if place is None:
        if recorded is not None:
            yield f"checkpoints/{kind}", "is missing"
        return
    try:
        found = checkpoint_files.weights_digest(place.with_suffix(".safetensors"), prefix)
    except DAMAGE:
        return  # told above, or by the seal
    if found != recorded:
        yield result.FILE_NAME, f"does not tell the digest of the weights in checkpoints/{kind}"


def results(run: RunRecord) -> Iterator[Finding]:
    """Compare what several files say of the same facts; `result.json` is the one that is sealed."""
    if not is_finished(run):
        return
    facts = result.read_result(run.folder)
    told = read_info(run.folder)
    for name in result.differing(facts, told):
        yield "run.json", f"{name} is not that of result.json"
    for name, value in _stamped(run).items():
        if value != facts[name]:
            yield "stamp.json", f"{name} is not that of result.json"
    yield from _footprint(run, facts)
    yield from _ends(run, facts)
    for split in SPLITS:
        if (facts[split] or {}) != _scores(run, split, facts["best_epoch"]):
            yield result.FILE_NAME, f"the scores of {split} are not those of events.jsonl"


def _stamped(run: RunRecord) -> dict[str, Any]:
    stamp = json.loads((run.folder / "stamp.json").read_bytes())
    return {
        "seed": stamp["seed"],
        "determinism": stamp["numeric_class"]["level"],
        "numeric_class": stamp["numeric_class"]["name"],
        "data_sha256": stamp["data"]["sha256"],
        "request_sha256": stamp["request_sha256"],
    }


def _footprint(run: RunRecord, facts: dict[str, Any]) -> Iterator[Finding]:
    path = "data/footprint.json"
    try:
        digest = load_footprint(run.folder / path).digest
    except DataError as error:
        yield path, f"cannot be trusted ({error.code})"
        return
    if digest != facts["data_sha256"]:
        yield path, "is of other data than result.json says"


def _ends(run: RunRecord, facts: dict[str, Any]) -> Iterator[Finding]:
    """Compare the end of the chain with the result."""
    weights = {note.epoch: note.sha256 for note in _notes(run) if isinstance(note, chain.WeightsNote)}
    steps, last, best = len(_steps(run)), max(weights, default=0), facts["best_epoch"]
    if facts["steps"] not in (None, steps):
        yield "chain.jsonl", f"tells {steps} steps, result.json {facts['steps']}"
    for epoch, name in ((last, "weights_sha256"), (best, "best_weights_sha256")):
        if facts[name] not in (None, weights.get(epoch)):
            yield "chain.jsonl", f"tells other weights of epoch {epoch} than result.json ({name})"


def _scores(run: RunRecord, split: str, epoch: int | None) -> dict[str, float | None]:
    return {
        event.metric: event.value
        for event in run.events
        if (event.split, event.scope, event.epoch) == (split, "epoch", epoch) and event.array is None
    }
