"""Every kind of cause is put into one step of a small run, and has to be named."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.engine.tiny import MOMENTUM, Points, PointSplit, TinyTask, facts, make_loop
from torch import Tensor, nn
from torch.nn import functional as F

from deepdiva.data import Splits
from deepdiva.engine import Loop, Machine, Optimizer, Schedule, StepOutput
from deepdiva.engine.blame import Blame, find_blame
from deepdiva.engine.gaps import compare
from deepdiva.engine.replay import Replayed, Span, replay
from deepdiva.engine.trace import digest_of
from deepdiva.engine.trace_files import load_replayed, save_replayed

STEP = 11
"""The third step of the second epoch, of eight steps each."""


class Nudged(TinyTask):
    """Does something in one training step, before the model sees the batch."""

    def __init__(self, nudge: Callable[[Any], object], optimizer: Optimizer = MOMENTUM) -> None:
        super().__init__(optimizer)
        self.nudge, self.steps = nudge, 0

    def step(self, model: nn.Module, batch: Points) -> StepOutput:
        self.steps += model.training
        if model.training and self.steps == STEP:
            self.nudge(model)
        return super().step(model, batch)


def watched(folder: Path, task: TinyTask | None = None, **settings: Any) -> Replayed:
    """Return what is seen of a run up to and in `STEP`."""
    loop = make_loop(folder, task=task or TinyTask(MOMENTUM), **settings)
    with loop.writer:
        return replay(loop, Span(digest_from=1, trace_at=STEP, stop_at=STEP))


@pytest.fixture
def usual(tmp_path: Path) -> Replayed:
    """Return what is seen of the run to which nobody did anything."""
    return watched(tmp_path / "usual")


def blamed(a: Replayed, b: Replayed) -> Blame:
    assert a.trace is not None
    assert b.trace is not None
    found = find_blame(a.trace, b.trace)
    assert found is not None
    return found


@torch.no_grad()
def one_ulp(weights: Tensor) -> None:
    weights[1] = torch.nextafter(weights[1], torch.full_like(weights[1], torch.inf))


# -- To look changes nothing -----------------------------------------------------------


def test_the_same_run_twice_has_nothing_to_blame(usual: Replayed, tmp_path: Path) -> None:
    """Equal runs leave equal traces: no address, time or order of a set gets into a digest."""
    again = watched(tmp_path / "again")

    assert usual.trace is not None
    assert again.trace is not None
    assert usual.trace.marks
    assert find_blame(usual.trace, again.trace) is None
    assert usual.states == again.states


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_looking_moves_no_bit(tmp_path: Path, optimizer: str) -> None:
    """A run of which every step is digested and one traced writes the chain of one that nobody watched."""
    task = Optimizer(optimizer=optimizer, learning_rate=0.01)
    watched(tmp_path / "watched", TinyTask(task))
    loop = make_loop(tmp_path / "alone", task=TinyTask(task))
    with loop.writer:
        loop.fit()
    chain, _ = facts(tmp_path / "watched")
    whole, _ = facts(tmp_path / "alone")

    assert chain
    assert whole.startswith(chain)


def test_nothing_stays_attached(tmp_path: Path) -> None:
    """After the step no hook is left on any layer, and the learner scores as before."""
    loop = make_loop(tmp_path)
    with loop.writer:
        replay(loop, Span(digest_from=1, trace_at=2, stop_at=3))
    layers = list(loop.learner.model.modules())

    assert all(not layer._forward_hooks and not layer._forward_pre_hooks for layer in layers)
    assert not loop.learner.optimizer._optimizer_step_pre_hooks
    assert "traced" not in repr(loop.learner.score)


def test_the_replay_ends_where_it_is_told(tmp_path: Path) -> None:
    """The record holds the steps up to the last one asked for, and no more."""
    loop = make_loop(tmp_path)
    with loop.writer:
        seen = replay(loop, Span(digest_from=4, stop_at=5))

    assert sorted(seen.states) == [4, 5]
    assert '"step":5,' in facts(tmp_path)[0]
    assert '"step":6,' not in facts(tmp_path)[0]


def test_a_trace_survives_the_disk(usual: Replayed, tmp_path: Path) -> None:
    """What one process wrote, another reads: marks, samples and numbers."""
    save_replayed(usual, tmp_path)
    read = load_replayed(tmp_path)

    assert usual.trace is not None
    assert read.trace is not None
    assert (read.states, read.trace.marks) == (usual.states, usual.trace.marks)
    assert (read.trace.identities, read.trace.rows) == (usual.trace.identities, usual.trace.rows)
    assert all(torch.equal(read.trace.values[key], value) for key, value in usual.trace.values.items())


# -- The batch -------------------------------------------------------------------------


class OddSplit(PointSplit):
    """Gives the two samples at rows 3 and 7 in each other's place."""

    def read(self, indices: np.ndarray, epoch: int) -> Points:
        points, labels = super().read(indices, epoch)
        order = torch.arange(len(points))
        if epoch == 2:
            order[[3, 7]] = order[[7, 3]]
        return Points(points[order], labels[order])


class ShakenSplit(PointSplit):
    """Changes one sample of a batch by one unit in the last place."""

    def read(self, indices: np.ndarray, epoch: int) -> Points:
        points, labels = super().read(indices, epoch)
        one_ulp(points)
        return Points(points, labels)


def with_train(split: PointSplit) -> TinyTask:
    task = TinyTask(MOMENTUM)
    task.parts = Splits(train=split, val=task.parts.val, test=task.parts.test)
    return task


def test_two_swapped_samples_blame_the_batch(tmp_path: Path) -> None:
    """Contents in another order are the data's affair, whatever the layers made of them."""
    step = 9
    seen = []
    for name, split in (("a", PointSplit(75, 0)), ("b", OddSplit(75, 0))):
        loop = make_loop(tmp_path / name, task=with_train(split))
        with loop.writer:
            seen.append(replay(loop, Span(digest_from=1, trace_at=step, stop_at=step)))
    found = blamed(*seen)

    assert seen[0].states[step - 1] == seen[1].states[step - 1]
    assert (found.place, found.positions, found.layer) == ("batch", (3, 7), None)
    assert "contents come in another order" in found.what
    assert seen[0].trace is not None
    assert found.samples[0] == tuple(seen[0].trace.identities[n] for n in (3, 7))


def test_swapped_names_blame_the_batch(usual: Replayed, tmp_path: Path) -> None:
    """The same samples in another order are told from other samples."""
    other = watched(tmp_path / "other")
    assert other.trace is not None
    names = other.trace.identities
    names[0], names[4] = names[4], names[0]
    found = blamed(usual, other)

    assert (found.place, found.positions) == ("batch", (0, 4))
    assert found.what == "the same samples come in another order"
    assert found.samples[0] == found.samples[1][::-1]


def test_another_seed_gives_other_samples(usual: Replayed, tmp_path: Path) -> None:
    """Another order of the epoch brings other samples into the batch."""
    found = blamed(usual, watched(tmp_path / "other", seed=2))

    assert (found.place, found.what) == ("batch", "other samples come")


def test_changed_contents_name_field_and_row(usual: Replayed, tmp_path: Path) -> None:
    """One number of one sample is enough, and its field is named."""
    found = blamed(usual, watched(tmp_path / "other", with_train(ShakenSplit(75, 0))))

    assert (found.place, found.positions) == ("batch", (1,))
    assert "with other contents (points)" in found.what


# -- The layers ------------------------------------------------------------------------


def test_one_ulp_of_one_weight_names_the_layer(usual: Replayed, tmp_path: Path) -> None:
    """The layer that used it, the parameter, how many numbers and by how much."""
    other = watched(tmp_path / "other", Nudged(lambda model: one_ulp(model[1].bias)))
    found = blamed(usual, other)

    assert usual.states[STEP - 1] == other.states[STEP - 1]
    assert usual.states[STEP] != other.states[STEP]
    assert (found.place, found.layer, found.operation) == ("forward", "1", "Linear")
    assert "its bias was changed within the step" in found.what
    assert "1 of 3 numbers differs, by at most 1 unit in the last place" in str(found.numbers)


def test_another_operation_of_a_layer_is_named(usual: Replayed, tmp_path: Path) -> None:
    """Equal inputs and weights, other outputs: the layer itself computes otherwise."""

    def swap(model: Any) -> None:
        model[0][1].forward = lambda points: points * 2

    found = blamed(usual, watched(tmp_path / "other", Nudged(swap)))

    assert (found.place, found.layer, found.operation) == ("forward", "0.1", "BatchNorm1d")
    assert "other numbers for equal inputs and equal weights" in found.what


def test_code_between_layers_is_named(usual: Replayed, tmp_path: Path) -> None:
    """What no layer does is told by the layers around it."""

    def swap(model: Any) -> None:
        model.forward = lambda points: model[1](model[0](points) * 2)

    found = blamed(usual, watched(tmp_path / "other", Nudged(swap)))

    assert (found.place, found.layer) == ("forward", "0")
    assert "between it and 1" in found.what


def test_what_comes_before_the_model_is_named(tmp_path: Path) -> None:
    """The batch is the same, but the task hands something else to the model."""

    class Scaled(TinyTask):
        def step(self, model: nn.Module, batch: Points) -> StepOutput:
            return super().step(model, Points(batch.points * (2 if model.training else 1), batch.labels))

    traces = []
    for name, task in (("a", TinyTask(MOMENTUM)), ("b", Scaled(MOMENTUM))):
        loop = make_loop(tmp_path / name, task=task)
        with loop.writer:
            traces.append(replay(loop, Span(digest_from=1, trace_at=1, stop_at=1)))
    found = blamed(*traces)

    assert (found.place, found.operation) == ("forward", "the task's step")


def test_moved_generators_name_the_random_stream(usual: Replayed, tmp_path: Path) -> None:
    """A draw that nobody expected is blamed on the stream, at the layer that drew next."""
    found = blamed(usual, watched(tmp_path / "other", Nudged(lambda _: torch.rand(1))))

    assert (found.place, found.layer, found.operation) == ("random stream", "0.3", "Dropout")


def test_draws_that_move_nothing_are_not_blamed(usual: Replayed, tmp_path: Path) -> None:
    """A generator that no layer uses may stand where it likes."""
    other = watched(tmp_path / "other", Nudged(lambda _: random.seed(3)))

    assert usual.trace is not None
    assert other.trace is not None
    assert usual.states == other.states


def test_the_loss_is_named(usual: Replayed, tmp_path: Path) -> None:
    """Equal outputs of the model, another loss."""

    class Smoothed(Nudged):
        def step(self, model: nn.Module, batch: Points) -> StepOutput:
            output = super().step(model, batch)
            if not model.training or self.steps != STEP:
                return output
            losses = F.cross_entropy(output.outputs, batch.labels, reduction="none", label_smoothing=0.1)
            return StepOutput(losses, outputs=output.outputs, targets=batch.labels)

    found = blamed(usual, watched(tmp_path / "other", Smoothed(lambda _: None)))

    assert (found.place, found.layer, found.operation) == ("loss", None, "the task's step")


# -- Backward and update ---------------------------------------------------------------


def test_a_gradient_names_the_layer_backward(usual: Replayed, tmp_path: Path) -> None:
    """A parameter's gradient that alone differs is the backward pass of its layer."""

    def bend(model: Any) -> None:
        model[0][0].weight.register_hook(lambda gradient: gradient * 2)

    found = blamed(usual, watched(tmp_path / "other", Nudged(bend)))

    assert (found.place, found.layer, found.operation) == ("backward", "0.0", "Linear")


def test_settings_of_the_optimizer_are_named(usual: Replayed, tmp_path: Path) -> None:
    """Another learning rate is told by both values, not by the weights that came of it."""

    class Faster(Nudged):
        def build_optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
            self.built = super().build_optimizer(model)
            return self.built

    task = Faster(lambda _: task.built.param_groups[0].__setitem__("lr", 0.25))
    found = blamed(usual, watched(tmp_path / "other", task))

    assert (found.place, found.operation) == ("optimizer", "settings")
    assert found.what.startswith("setting lr is 0.0")
    assert found.what.endswith(", 0.25 in B")


def test_clipping_is_named(tmp_path: Path) -> None:
    """Gradients that are equal until they are clipped."""
    schedules = [
        Schedule(epochs=3, batch_size=10),
        Schedule(epochs=3, batch_size=10, clip_gradient_norm=1e-3),
    ]
    traces = []
    for number, schedule in enumerate(schedules):
        loop = make_loop(tmp_path / str(number), schedule=schedule)
        with loop.writer:
            traces.append(replay(loop, Span(digest_from=1, trace_at=1, stop_at=1)))
    found = blamed(*traces)

    assert (found.place, found.operation) == ("optimizer", "scaling or clipping")


def test_weights_changed_between_steps_are_named(tmp_path: Path) -> None:
    """What somebody does to the weights while validating is seen before the next step begins."""

    class Meddling(TinyTask):
        def step(self, model: Any, batch: Points) -> StepOutput:
            if not model.training and self.parts.val.reads:
                one_ulp(model[1].bias)
            return super().step(model, batch)

    traces = []
    for name, task in (("a", TinyTask(MOMENTUM)), ("b", Meddling(MOMENTUM))):
        loop = make_loop(tmp_path / name, task=task)
        with loop.writer:
            traces.append(replay(loop, Span(digest_from=1, trace_at=1, stop_at=1)))
    found = blamed(*traces)

    assert (found.place, found.layer) == ("weights", "1")
    assert "before the step begins" in found.what


def test_other_first_weights_are_named(tmp_path: Path) -> None:
    """Step 0 tells the weights before training, and how many of them differ."""
    traces = []
    for seed in (1, 2):
        loop = make_loop(tmp_path / str(seed), seed=seed)
        with loop.writer:
            traces.append(replay(loop, Span(digest_from=1, trace_at=0, stop_at=0)))
    found = blamed(*traces)

    assert (found.place, found.layer) == ("weights", "0.0")
    assert "so do 3 others" in found.what


def test_other_ways_are_named(tmp_path: Path, usual: Replayed) -> None:
    """Where one of the two goes to another layer, both places are told."""

    def skip(model: Any) -> None:
        model[0].forward = lambda points: model[0][3](model[0][1](model[0][0](points)))

    found = blamed(usual, watched(tmp_path / "other", Nudged(skip)))

    assert found.place == "code"
    assert "0.2" in found.what
    assert "0.3" in found.what


def test_accumulated_batches_are_one_step(tmp_path: Path) -> None:
    """All batches of a step are looked at, in their order."""
    loop = make_loop(tmp_path, schedule=Schedule(epochs=1, batch_size=10, accumulate=2))
    with loop.writer:
        seen = replay(loop, Span(digest_from=1, trace_at=2, stop_at=2))

    assert seen.trace is not None
    assert len(seen.trace.rows) == len(seen.trace.identities) == 20


def test_a_compiled_model_is_still_told_batch_and_update(tmp_path: Path) -> None:
    """Its layers cannot be watched without changing its bits, so they are left alone."""
    loop: Loop = make_loop(tmp_path, machine=Machine(threads=1))
    object.__setattr__(loop.learner.plan.machine, "compile", True)
    with loop.writer:
        seen = replay(loop, Span(digest_from=1, trace_at=1, stop_at=1))

    assert seen.trace is not None
    assert {mark.part for mark in seen.trace.marks} == {"before", "loss", "backward", "optimizer", "after"}


# -- Digests and numbers ---------------------------------------------------------------


def test_digests_keep_order() -> None:
    """Two parts in another order are another thing, in tensors and around them."""
    one, two = torch.tensor([1.0, 2.0]), torch.tensor([2.0, 1.0])

    assert digest_of(one) != digest_of(two)
    assert digest_of((one, two)) != digest_of((two, one))
    assert digest_of([one]) != digest_of([[one]])


def test_the_layout_in_memory_is_no_difference() -> None:
    """The same numbers in another order of memory have the same digest."""
    one = torch.arange(24.0).reshape(1, 2, 3, 4)

    assert digest_of(one) == digest_of(one.contiguous(memory_format=torch.channels_last))


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ([1.0], [1.0000001], "1 of 1 number differs, by at most 1 unit in the last place"),
        ([0.0, 1.0], [-1e-45, 1.0], "1 of 2 numbers differs, by at most 1 unit in the last place"),
        ([0.0], [-0.0], "equal numbers with other bits"),
        ([1.0, 2.0], [1.5, 3.0], "2 of 2 numbers differ, by at most 4,194,304 units in the last place"),
    ],
)
def test_gaps_are_told_in_units_in_the_last_place(a: list[float], b: list[float], told: str) -> None:
    """A unit is the step to the next float32, across zero too."""
    assert compare(torch.tensor(a), torch.tensor(b)).startswith(told)


def test_other_shapes_are_told() -> None:
    """Tensors that cannot be compared say what they are."""
    assert "shape [2] in A" in compare(torch.zeros(2), torch.zeros(3))
