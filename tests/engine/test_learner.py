"""One optimizer step."""

from dataclasses import replace

import pytest
import torch
from tests.engine.tiny import MOMENTUM, TinyTask
from torch import nn

from deepdiva.engine import Learner, Machine, Optimizer, Plan, Schedule
from deepdiva.randomness import SeedPlan

PLAN = Plan(Schedule(epochs=1, batch_size=10), Machine(threads=1), SeedPlan(1), torch.device("cpu"))


class Flat(TinyTask):
    """The same task with a linear model."""

    def build_model(self) -> nn.Module:
        return nn.Linear(2, 3)


def learner_of(optimizer: Optimizer = MOMENTUM, plan: Plan = PLAN) -> Learner:
    return Learner(Flat(optimizer), plan)


def test_step_is_that_of_a_bare_loop() -> None:
    """One step here and the same written by hand: equal bits."""
    learner, other = learner_of(), learner_of()
    batch = learner.task.splits().train.read(torch.arange(10).numpy(), epoch=1)
    learner.step([batch], number=0, steps_per_epoch=1)

    loss = nn.functional.cross_entropy(other.model(batch.points), batch.labels, reduction="none").mean()
    loss.backward()
    torch.optim.SGD(other.model.parameters(), lr=0.1, momentum=0.9).step()
    assert torch.equal(learner.model.weight, other.model.weight)  # type: ignore[arg-type]


def test_clipping_shortens_the_gradient() -> None:
    """The recorded norm is the one before clipping, the step that of the shortened gradient."""
    plan = replace(PLAN, schedule=Schedule(epochs=1, batch_size=10, clip_gradient_norm=1e-3))
    learner = learner_of(Optimizer(learning_rate=1.0), plan)
    before = nn.utils.parameters_to_vector(learner.model.parameters()).detach().clone()
    batch = learner.task.splits().train.read(torch.arange(10).numpy(), epoch=1)
    result = learner.step([batch], number=0, steps_per_epoch=1)

    moved = nn.utils.parameters_to_vector(learner.model.parameters()).detach() - before
    assert float(result.gradient_norm) > 0.01
    assert float(moved.norm()) == pytest.approx(1e-3, rel=1e-2)


def test_lbfgs_asks_more_than_once() -> None:
    """The optimizer that evaluates the loss several times a step gets what it asks for."""
    learner = learner_of(Optimizer(optimizer="LBFGS", learning_rate=0.5))
    batch = learner.task.splits().train.read(torch.arange(75).numpy(), epoch=0)
    first = float(learner.score(batch).losses.detach().mean())
    result = learner.step([batch], number=0, steps_per_epoch=1)

    assert float(result.loss) < 0.7 * first


def test_weights_do_not_depend_on_what_was_drawn_before() -> None:
    """The stream `weights` alone sets the first weights."""
    torch.rand(3)
    first = learner_of()
    torch.rand(5)

    assert torch.equal(first.model.weight, learner_of().model.weight)  # type: ignore[arg-type]


def test_kernels_lie_channels_last() -> None:
    """Convolutions are laid out as the pictures come."""

    class Pictures(TinyTask):
        def build_model(self) -> nn.Module:
            return nn.Conv2d(3, 4, 3)

    kernel = Learner(Pictures(MOMENTUM), PLAN).model.weight
    assert isinstance(kernel, torch.Tensor)
    assert kernel.is_contiguous(memory_format=torch.channels_last)
