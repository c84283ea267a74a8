"""A few steps, and what of a task no checkpoint would carry."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.engine.tiny import MOMENTUM, Points, TinyTask, make_loop
from torch import nn

from deepdiva.engine import Optimizer, StepOutput
from deepdiva.engine.rehearsal import CHECKPOINT_COPY, Rehearsed, rehearse, shake
from deepdiva.engine.uncarried import Held, changed, take_down

ADAM = Optimizer(optimizer="AdamW", learning_rate=0.01)


class Keeper(TinyTask):
    """A task with something of its own."""

    def __init__(self, own: Any) -> None:
        super().__init__(MOMENTUM)
        self.own = own

    def step(self, model: nn.Module, batch: Points) -> StepOutput:
        if model.training:
            self.own = touched(self.own)
        return super().step(model, batch)


def touched(own: Any) -> Any:
    """Change `own` as training would."""
    match own:
        case int():
            return own + 1
        case dict():
            own["seen"] = len(own)
        case list():
            own.append(1)
        case itertools.count():
            next(own)
        case torch.Generator():
            torch.rand(1, generator=own)
        case np.random.RandomState():
            own.rand()
        case _:
            own.random()
    return own


def held_by(folder: Path, own: Any) -> tuple[Held, ...]:
    held = rehearse(make_loop(folder / "run", task=Keeper(own)), at_most=4).held
    return tuple(one for one in held if one.name != "PointSplit.reads")


@pytest.mark.parametrize(
    "own",
    [
        0,
        {},
        [],
        itertools.count(),
        torch.Generator(),
        np.random.default_rng(1),
        np.random.RandomState(1),
        random.Random(1),
    ],
    ids=lambda own: type(own).__qualname__,
)
def test_what_changes_in_a_task_is_found(tmp_path: Path, own: Any) -> None:
    """Counters, tables and generators of any kind: the attribute is named, with the line that changes it."""
    (held,) = held_by(tmp_path, own)

    assert held.name == "Keeper.own"
    assert Path(held.path).name == "test_rehearsal.py"
    assert "self.own = touched(self.own)" in Path(held.path).read_text().splitlines()[held.line - 1]


def test_what_stays_is_not_told(tmp_path: Path) -> None:
    """Settings, data and weights are no state of the task."""
    loop = make_loop(tmp_path / "run")
    before = take_down(loop.learner)
    loop.learner.step([loop.task.splits().train.read(np.arange(5), 1)], 0, 1)

    names = {held.name for held in changed(before, take_down(loop.learner))}
    assert names == {"PointSplit.reads"}
    assert "weighted" in {place.name for place in before}


def resumed(folder: Path, optimizer: Optimizer) -> Rehearsed:
    """Take up the copy of a rehearsal where its checkpoint stands."""
    loop = make_loop(folder / CHECKPOINT_COPY, task=TinyTask(optimizer))
    loop.go_on(strict=True)
    return rehearse(loop, at_most=6)


@pytest.mark.parametrize("optimizer", [MOMENTUM, ADAM], ids=["SGD", "AdamW"])
def test_the_copy_goes_on_to_the_same_bits(tmp_path: Path, optimizer: Optimizer) -> None:
    """Weights and the state of the optimizer agree after each step, although its tables were sorted anew."""
    whole = rehearse(make_loop(tmp_path / "run", task=TinyTask(optimizer)), at_most=6)
    rest = resumed(tmp_path, optimizer)

    assert (whole.steps, sorted(whole.seen.states)) == (6, [1, 2, 3, 4, 5, 6])
    assert rest.seen.states == {step: whole.seen.states[step] for step in (4, 5, 6)}


def test_an_epoch_is_the_most(tmp_path: Path) -> None:
    """Eight steps are in an epoch, so more are not taken, and nothing is validated after them."""
    loop = make_loop(tmp_path / "run")
    rehearsed = rehearse(loop, at_most=1000)

    assert (rehearsed.steps, loop.position.steps) == (8, 8)
    assert loop.position.epoch == 1


def test_one_step_goes_on_from_the_beginning(tmp_path: Path) -> None:
    """Half of one step is none: the checkpoint is that before training."""
    whole = rehearse(make_loop(tmp_path / "run"), at_most=1)
    loop = make_loop(tmp_path / CHECKPOINT_COPY)
    loop.go_on(strict=True)

    assert rehearse(loop, at_most=1).seen.states == whole.seen.states


def test_a_part_of_the_val_split_is_enough(tmp_path: Path) -> None:
    """As many samples are validated as are trained on, whatever the split holds."""
    task = TinyTask(MOMENTUM)
    rehearse(make_loop(tmp_path / "run", task=task), at_most=2)

    assert sorted({index for read in task.parts.val.reads for index in read}) == list(range(20))


def test_shaking_moves_generators_and_addresses() -> None:
    """Another number, other draws of all three, and another order of objects; the same number, the same."""

    def state(number: int) -> tuple[float, ...]:
        held = shake(number)
        drawn = (random.random(), float(np.random.rand()), float(torch.rand(())))  # noqa: NPY002
        del held
        return drawn

    def order(number: int) -> list[int]:
        held = shake(number)
        things = [object() for _ in range(20)]
        del held
        return sorted(range(20), key=lambda n: id(things[n]))

    assert state(1) == state(1)
    assert not set(state(1)) & set(state(2))
    assert order(1) != order(2)
