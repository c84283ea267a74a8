"""One run from request to result: the page to read first."""

from __future__ import annotations

import dataclasses
import json
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepdiva import engine
from deepdiva.engine import Learner, Loop, Plan, Progress, Silence, StopSignal
from deepdiva.errors import ConfigError, DataChanged, Interrupted
from deepdiva.experiment.companion import Companion
from deepdiva.experiment.request import Place, RunRequest
from deepdiva.experiment.self_check import check_itself, refuse_level
from deepdiva.experiment.watch import Watch
from deepdiva.provenance import NumericClass, Source, Stamp, VerifiedData, check, find_source
from deepdiva.provenance.files import write_atomically
from deepdiva.provenance.gate import OnUncommitted
from deepdiva.provenance.levels import default_threads, settle
from deepdiva.randomness import SeedPlan
from deepdiva.record import RunRecord, RunWriter, create_run, read_run
from deepdiva.tasks import catalog


def run(
    request: RunRequest,
    place: Place,
    *,
    on_uncommitted: OnUncommitted = "refuse",
    deep: bool = False,
    strict_inputs: bool = False,
    stop_after_steps: int | None = None,
    self_check: bool = False,
    progress: Progress | None = None,
) -> RunRecord:
    """Pass the gate, train, validate, test once, and write everything down.

    Args:
        on_uncommitted: What to do about code that no commit holds.
        deep: Hash every file of the data first, instead of comparing sizes and times.
        strict_inputs: Refuse what training code reads although the record does not hold it (INP-001).
        stop_after_steps: Stop there as if a signal came; no part of the request.
        self_check: First train a few steps twice and through a checkpoint, and refuse if their
            bits differ; see `self_check.check_itself`.

    Raises:
        DeepDivaError: anything of the family; what was measured until then is on disk.
    """
    progress = progress or Silence()
    if self_check:
        refuse_level(request)
    with StopSignal(stop_after_steps) as stop, Watch(strict=strict_inputs) as watch:
        progress = watch.over(progress)
        source, stamp = pass_gate(request, place, on_uncommitted=on_uncommitted, deep=deep)
        request = dataclasses.replace(request, data_sha256=stamp.data.footprint.digest)
        watch.stand_on(source, stamp)
        learner = build_learner(request, stamp.data)
        watch.look()
        checked: tuple[str, ...] = ()
        if self_check:
            progress.note("self-check: training a few steps, again, and through a checkpoint")
            checked = check_itself(request, place, source, stamp.data, stop)
        noticed = (*stamp.code.notices, *stamp.data.notices, *learner.task.notices, *checked)
        for notice in (*engine.notices(stamp.numeric_class), *noticed):
            progress.note(notice)
        with _open(request, place, source, stamp, strict_inputs=strict_inputs) as writer:
            _keep_facts(learner, writer)
            for line in checked:
                writer.log(line)
            loop = Loop(learner, writer, progress, stop)
            carry_out(loop, request, progress, watch)
    return read_run(writer.folder)


def pass_gate(
    request: RunRequest,
    place: Place,
    *,
    on_uncommitted: OnUncommitted,
    deep: bool = False,
    source: Source | None = None,
) -> tuple[Source, Stamp]:
    """Return what the run stands on, or raise the first reason why it could not be repeated.

    Args:
        deep: Hash every file of the data, instead of comparing sizes and times.
        source: The source tree that guards the run, where it is known already.

    Raises:
        GateRefused: code, environment or determinism level.
        DataError: the data cannot be read, or is not the data that was asked for.
    """
    _refuse_overlap(place)
    entry = Path(request.task) if request.task.endswith(".py") else None
    source = source or find_source(entry, exempt=[place.data, place.out])
    stamp = check(
        source=source,
        on_uncommitted=on_uncommitted,
        data_root=place.data,
        deep=deep,
        request_sha256=request.digest,
        seed=request.seed,
        numeric_class=_numeric_class(request),
    )
    _refuse_other_data(request, stamp)
    return source, stamp


def build_learner(request: RunRequest, files: VerifiedData) -> Learner:
    """Return task, model and optimizer; pictures are decoded here, once.

    Raises:
        LevelRefused: an operation of the task is not portable, at level portable (ENV-002).
    """
    seeds = SeedPlan(request.seed)
    task = catalog.find(request.task).build(request.config, files, seeds)
    plan = Plan(request.schedule, request.machine, seeds, engine.device_of(request.machine))
    engine.refuse_operations(task, plan)
    return Learner(task, plan)


def carry_out(loop: Loop, request: RunRequest, progress: Progress, watch: Watch) -> None:
    """Train, test, and close the record, while a companion draws."""
    progress.opened(loop.writer.folder)
    companion = Companion(loop.writer.folder)
    try:
        with _closing(loop.writer):
            facts = _train_and_test(loop, request)
            watch.look()
            loop.writer.finish("finished", facts)
    finally:
        fault = companion.drain()
        if fault:
            progress.note(f"the pictures are not complete: {fault}; `deepdiva board` draws them again")
    for notice in watch.notices:
        progress.note(notice)


def _train_and_test(loop: Loop, request: RunRequest) -> dict[str, Any]:
    loop.fit()
    weights_sha256 = engine.weights_digest(engine.on_cpu(loop.learner.model))
    test = None if request.schedule.no_test else loop.test()
    loop.writer.flush(sync=True)
    best = loop.position.best_epoch
    return {
        "weights_sha256": weights_sha256,
        "best_weights_sha256": loop.position.best_sha256,
        "best_epoch": best,
        "train": _scores_at(loop.writer.folder, "train", best),
        "val": _scores_at(loop.writer.folder, "val", best),
        "test": test,
        "steps": loop.position.steps,
    }


def _scores_at(folder: Path, split: str, epoch: int | None) -> Mapping[str, float | None]:
    """Return the scores of `split` after `epoch`, as they were written down."""
    return {
        event.metric: event.value
        for event in read_run(folder).events
        if (event.split, event.scope, event.epoch) == (split, "epoch", epoch) and event.array is None
    }


@contextmanager
def _closing(writer: RunWriter) -> Iterator[None]:
    """Write down how the run ended when it does not end well."""
    try:
        yield
    except (Interrupted, KeyboardInterrupt) as reason:
        writer.finish("interrupted", {"reason": str(reason) or "KeyboardInterrupt"})
        raise
    except BaseException as reason:
        writer.log(traceback.format_exc())
        writer.finish("failed", {"reason": f"{type(reason).__name__}: {reason}"})
        raise


def _open(
    request: RunRequest, place: Place, source: Source, stamp: Stamp, *, strict_inputs: bool
) -> RunWriter:
    page = catalog.find(request.task)
    return create_run(
        place.out,
        slug=request.name or page.name,
        request_toml=request.as_toml(),
        stamp=stamp,
        source=source,
        about={"task": page.name, "name": request.name} | ({"strict_inputs": True} if strict_inputs else {}),
    )


def _numeric_class(request: RunRequest) -> NumericClass:
    machine = request.machine
    threads = machine.threads or default_threads(machine.determinism)
    settle(machine.determinism, threads)
    engine.refuse_settings(machine, request.config)
    return engine.enforce(machine, threads, engine.device_of(machine))


def _keep_facts(learner: Learner, writer: RunWriter) -> None:
    """Write down how the data was read."""
    text = json.dumps(learner.task.facts, indent=2, sort_keys=True) + "\n"
    write_atomically(writer.folder / "data" / "reading.json", text.encode())


def _refuse_overlap(place: Place) -> None:
    data, out = place.data.resolve(), place.out.resolve()
    if out == data or data in out.parents:
        raise ConfigError(
            f"--out {place.out} lies in the data folder {place.data}",
            expected="runs outside the data, which they must not change",
            remedy="choose another --out",
            code="CFG-012",
        )


def _refuse_other_data(request: RunRequest, stamp: Stamp) -> None:
    found = stamp.data.footprint.digest
    if request.data_sha256 not in (None, found):
        raise DataChanged(
            f"{stamp.data.root} holds other data than the request asks for (digest {found[:12]})",
            expected=f"the data with digest {str(request.data_sha256)[:12]}",
            remedy="name the right folder with --data, or take data_sha256 out of the request",
            code="DATA-043",
        )
