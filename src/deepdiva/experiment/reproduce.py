"""Run a recorded run again, and say whether the bits agree: the promise of the whole house.

Verify the record, find the data by what it is, restore the code, run, compare.  Whatever is
missing on the way makes the answer INCONCLUSIVE; only bits that agree make it REPRODUCED.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from deepdiva.config import read_toml
from deepdiva.engine import Progress, Silence
from deepdiva.errors import ConfigError, DataError, GateRefused
from deepdiva.experiment.request import FILE_NAME
from deepdiva.experiment.rerun import Rerun, rerun
from deepdiva.experiment.search_data import search_data
from deepdiva.experiment.shell_file import write_shell_file
from deepdiva.experiment.verdict import TOLERANCE, Reproduction
from deepdiva.provenance.inputs import lines_between
from deepdiva.provenance.keep import compare, load_stamp
from deepdiva.record import SPLITS, RunRecord, Verification, read_run, verify_run
from deepdiva.record.parting import Chain, Parting, find_parting, read_chain

Environment = Literal["check", "ignore"]
_CONTRADICTIONS = ("SRC-010", "SRC-011", "SRC-013")
"""Codes of a snapshot that is not what its own stamp says."""


def reproduce(
    folder: Path,
    *,
    out: Path,
    data: Sequence[Path] = (),
    steps: int | None = None,
    environment: Environment = "check",
    progress: Progress | None = None,
) -> Reproduction:
    """Run the finished run in `folder` again, and compare chain, weights, predictions and scores.

    Args:
        out: The new run folder is made below it.
        data: Folders in and below which the data is looked for; else where it was.
        steps: Certify the first so many steps only.
        environment: Whether runs of another numeric class are compared bit by bit (`ignore`)
            or, since equal bits were never promised there, within a tolerance (`check`).

    Raises:
        ConfigError: `steps` is less than 1 (CFG-003).
        DataError: `folder` is no run (VER-003).
        ResourceError: a disk or a permission stands in the way.
        Interrupted: a signal came.
    """
    _refuse_no_steps(steps)
    progress = progress or Silence()
    original, found = read_run(folder), verify_run(folder)
    blank = Reproduction(verdict="INCONCLUSIVE", original=original, seal_sha256=found.seal_sha256, reason="")
    for entry in original.inputs or ():
        progress.note(f"the run read what its record does not hold: {entry}")
    fault = _fault_of(found)
    if fault is not None:
        return replace(blank, verdict="TAMPERED" if found.findings else "INCONCLUSIVE", reason=fault)
    chain = read_chain(folder)
    limit = steps if steps is not None and steps < len(chain.steps) else None
    try:
        typed = str(read_toml(folder / FILE_NAME).get("data"))
        place = search_data(folder, typed=typed, given=data)
        progress.note(f"data found in {place}, every file read")
        again = rerun(folder, data=place, out=out, stop_after_steps=limit)
    except (DataError, GateRefused) as error:
        contradicts = error.code in _CONTRADICTIONS
        return replace(blank, verdict="TAMPERED" if contradicts else "INCONCLUSIVE", reason=error.found)
    return _judge(blank, again, chain, limit, environment)


def _refuse_no_steps(steps: int | None) -> None:
    if steps is not None and steps < 1:
        raise ConfigError(
            f"steps = {steps}", expected="1 or more", remedy="choose another --steps", code="CFG-003"
        )


def _fault_of(found: Verification) -> str | None:
    if found.findings:
        return "the record contradicts itself: " + "; ".join(found.lines[:3])
    if found.status != "finished":
        return f"the run is {found.status}; only one that finished is sealed and can be reproduced"
    return None


def _judge(
    blank: Reproduction, again: Rerun, chain: Chain, limit: int | None, environment: Environment
) -> Reproduction:
    """Compare, write the verdict into the new run, and return it."""
    if again.folder is None:
        reason = f"it ended with status {again.status} before it began; its message tells why"
        if blank.original.inputs:
            reason += ", and the run had read undeclared inputs, which nothing brings back"
        return replace(blank, reason=reason, notes=again.notes)
    run = read_run(again.folder)
    ground = compare(load_stamp(blank.original.folder), load_stamp(run.folder))
    ground += lines_between(blank.original.inputs, run.inputs)
    known = replace(blank, run=run, differences=tuple(ground), notes=again.notes)
    parting = find_parting(_cut(chain, limit), _cut(read_chain(run.folder), limit))
    if parting.at is None and run.status != ("finished" if limit is None else "interrupted"):
        result = replace(known, reason=f"it ended with status {again.status}; its message tells why")
    else:
        agree = {"chain": parting.at is None and parting.steps[0] == parting.steps[1]}
        agree |= {} if limit is not None else _agreement(known.original, run)
        known = replace(known, steps=min(parting.steps), parting=parting, agree=agree)
        result = _decided(known, parting, limit, environment)
    result.write()
    write_shell_file(run, stop_after_steps=limit)
    return result


def _decided(
    known: Reproduction, parting: Parting, limit: int | None, environment: Environment
) -> Reproduction:
    """Return the verdict on two runs that were compared."""
    agree = known.agree or {}
    if environment == "check" and any(line.startswith("numeric_class:") for line in known.differences):
        bits = "all bits agree nevertheless" if all(agree.values()) else _within(known, limit)
        reason = f"computed in another numeric class, where equal bits are not promised; {bits}"
        return replace(known, reason=reason)
    if all(agree.values()):
        return replace(known, verdict="REPRODUCED", reason=_success(known, limit))
    reason = _difference(known, parting)
    if any(line.startswith("inputs:") for line in known.differences):
        reason += "; undeclared inputs differ"
    if any(note.startswith("not restored:") for note in known.notes):
        return replace(known, reason=f"{reason}, but parts of its code could not be restored")
    return replace(known, verdict="DIVERGED", reason=reason)


def _cut(chain: Chain, limit: int | None) -> Chain:
    """Return the chain up to and with step `limit`; weights are digested after it, or later."""
    if limit is None:
        return chain
    weights = {moment: digest for moment, digest in chain.weights.items() if moment.step < limit}
    return Chain(chain.steps[:limit], weights)


def _agreement(one: RunRecord, other: RunRecord) -> dict[str, bool]:
    """Return whether weights, predictions (all arrays) and scores (all measurements) have equal bits."""
    weights = ("weights_sha256", "best_weights_sha256", "best_epoch")
    scores = all(one.info[split] == other.info[split] for split in SPLITS)
    return {
        "weights": all(one.info[name] == other.info[name] for name in weights),
        "predictions": _told(one, arrays=True) == _told(other, arrays=True),
        "scores": scores and _told(one, arrays=False) == _told(other, arrays=False),
    }


def _told(run: RunRecord, *, arrays: bool) -> list[object]:
    return [replace(event, time=0.0) for event in run.events if (event.array is not None) == arrays]


def _success(known: Reproduction, limit: int | None) -> str:
    total = known.original.info["steps"]
    weights = str(known.original.info["weights_sha256"])[:12]
    if limit is not None:
        return (
            f"samples and losses of the first {limit} of {total} steps agree bit for bit; "
            "the steps after them were not run"
        )
    return f"all {total} steps, the weights ({weights}), predictions and scores agree bit for bit"


def _difference(known: Reproduction, parting: Parting) -> str:
    first = known.first_difference
    if first is None:
        if parting.steps[0] != parting.steps[1]:
            return f"it took {parting.steps[1]} steps instead of {parting.steps[0]}, all before agree"
        names = [name for name, equal in (known.agree or {}).items() if not equal]
        return f"all steps agree, but {' and '.join(names)} differ"
    if first["differs"] == ["weights"]:
        return f"the weights after step {first['step']} differ"
    if "batch" in first["differs"]:
        return f"step {first['step']} is the first that parts: it saw other samples, or in another order"
    losses = [repr(first[side]["loss"]) for side in ("recorded", "repeated")]
    return (
        f"step {first['step']} is the first that parts: "
        f"on the same samples the loss was {losses[0]}, is {losses[1]}"
    )


def _within(known: Reproduction, limit: int | None) -> str:
    """Compare the scores within the tolerance, and say so."""
    if limit is not None:
        return f"the first {limit} steps do not agree bit for bit, and scores were not reached"
    gaps = list(_gaps(known.original.info, known.run.info if known.run else {}))
    if not gaps:
        return "there are no scores to compare"
    name, one, other = max(gaps, key=lambda gap: abs(gap[1] - gap[2]))
    near = all(math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE) for _, a, b in gaps)
    words = "agree within" if near else "differ by more than"
    return f"the scores {words} a tolerance of {TOLERANCE} (furthest {name}: {one:.4f}, now {other:.4f})"


def _gaps(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    for split in SPLITS:
        then, now = one.get(split) or {}, other.get(split) or {}
        for metric in sorted({*then, *now}):
            pair = (then.get(metric), now.get(metric))
            if pair != (None, None):
                one_score, other_score = (math.inf if value is None else float(value) for value in pair)
                yield f"{split}/{metric}", one_score, other_score
