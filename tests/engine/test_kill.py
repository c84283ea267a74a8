"""Killed without warning, at any moment: the record stays readable, and the end is the same.

Random kills hardly ever hit the moment in which a checkpoint is written, so the second test
goes through all of them: before and after every call that touches the disk.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engine.tiny import MOMENTUM, TinyTask, facts, make_loop

from deepdiva.engine import Machine, Optimizer, Schedule, on_cpu, weights_digest
from deepdiva.engine.learner import Learner

SCHEDULE = Schedule(epochs=2, batch_size=10, checkpoint_every_steps=3, learning_rate_schedule="cosine")
BRIEF = Schedule(epochs=1, batch_size=25, checkpoint_every_steps=2)
DISK_CALLS = ("open", "write", "fsync", "replace", "unlink")
KINDS = {
    "sgd": (MOMENTUM, Machine(threads=1)),
    "adamw, half precision": (Optimizer(optimizer="AdamW"), Machine(threads=1, precision="bfloat16")),
    "sgd, two workers": (MOMENTUM, Machine(threads=1, workers=2)),
}


def train(folder: Path, kind: str, schedule: Schedule = SCHEDULE) -> str:
    """Go on with the run in `folder`, or begin it; return the digest of its last weights."""
    optimizer, machine = KINDS[kind]
    loop = make_loop(folder, task=TinyTask(optimizer), schedule=schedule, machine=machine)
    loop.go_on()
    loop.fit()
    digest = weights_digest(on_cpu(loop.learner.model))
    loop.test()
    loop.writer.flush()
    loop.writer.close()
    return digest


def train_in_child(
    folder: Path, kind: str, prepare: Callable[[], None], schedule: Schedule = SCHEDULE
) -> bool:
    """Train in a process of its own, after `prepare`; tell whether it came to its end."""
    process = os.fork()
    if process == 0:
        try:
            prepare()
            train(folder, kind, schedule)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(process, 0)
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL
    return status == 0


def kill_at_call(names: tuple[str, ...], where: Any, number: int, *, after: bool) -> None:
    """Let this process die before or after the call `number` of all calls of `names`."""
    count = iter(range(1, 10**6))

    def deadly(genuine: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            is_last = next(count) == number
            if is_last and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return genuine(*arguments, **named)
            finally:
                if is_last:
                    os.kill(os.getpid(), signal.SIGKILL)

        return call

    for name in names:
        setattr(where, name, deadly(getattr(where, name)))


@pytest.fixture(
    scope="module", params=["sgd", *(pytest.param(kind, marks=pytest.mark.slow) for kind in list(KINDS)[1:])]
)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, str]:
    """Return a kind of run, its folder and the digest of its weights, when nobody kills it."""
    folder = tmp_path_factory.mktemp("whole")
    return request.param, folder, train(folder, request.param)


@pytest.mark.parametrize("point", range(10))
def test_killed_at_any_step_it_ends_alike(whole: tuple[str, Path, str], tmp_path: Path, point: int) -> None:
    """Ten seeded steps for each kind of run: weights, chain and events are those of a whole run."""
    kind, folder, digest = whole
    step = random.Random(point).randint(1, 16)
    ended = train_in_child(
        tmp_path, kind, lambda: kill_at_call(("step",), Learner, step, after=point % 2 == 0)
    )

    assert not ended
    assert train(tmp_path, kind) == digest
    assert facts(tmp_path) == facts(folder)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_touch_of_the_disk_it_ends_alike(tmp_path: Path, after: bool) -> None:
    """Before and after each opening, writing, syncing, renaming and removing, one after the other."""
    digest = train(tmp_path / "whole", "sgd", BRIEF)
    for number in range(1, 1000):
        folder = tmp_path / str(number)
        prepare = lambda number=number: kill_at_call(DISK_CALLS, os, number, after=after)  # noqa: E731
        if train_in_child(folder, "sgd", prepare, BRIEF):
            break
        assert train(folder, "sgd", BRIEF) == digest, f"call {number}"
        assert facts(folder) == facts(tmp_path / "whole"), f"call {number}"
    assert number > 60
