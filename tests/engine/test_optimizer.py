"""Optimizers by name, and the learning rate at every step."""

import pytest
import torch
from torch import nn

from deepdiva.engine import Optimizer, Schedule
from deepdiva.engine.optimizer import learning_rate_factor
from deepdiva.errors import ConfigError

NAMES = sorted(
    name
    for name, kind in vars(torch.optim).items()
    if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer) and name != "Optimizer"
)
OF_THEIR_OWN = {
    "LBFGS",  # asks for the loss several times a step; see test_learner
    "Muon",  # takes matrices alone
    "SparseAdam",  # takes sparse gradients alone
}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OF_THEIR_OWN])
def test_every_optimizer_of_torch_takes_a_step(name: str) -> None:
    """Whatever torch.optim offers is to be had by its name."""
    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    optimizer = Optimizer(optimizer=name, learning_rate=0.1).build(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()

    assert not torch.equal(model.weight, before)


def test_own_arguments_reach_the_optimizer() -> None:
    """Arguments are written as name=value, with numbers, truth values and lists as in TOML."""
    words = ("betas=[0.8, 0.9]", "weight_decay=1e-2", "amsgrad=true")
    group = (
        Optimizer(optimizer="AdamW", optimizer_arguments=words)
        .build(nn.Linear(1, 1).parameters())
        .param_groups[0]
    )

    assert (list(group["betas"]), group["weight_decay"], group["amsgrad"]) == ([0.8, 0.9], 0.01, True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Optimizer(optimizer="Sgd"), "did you mean 'SGD'"),
        (Optimizer(optimizer_arguments=("momentun=0.9",)), "did you mean 'momentum'"),
        (Optimizer(optimizer_arguments=("momentum=high",)), "CFG-002"),
        (Optimizer(optimizer_arguments=("momentum=-1",)), "CFG-003"),
        (Optimizer(optimizer_arguments=("lr=0.1",)), "CFG-001"),
        (Optimizer(learning_rate=0.0), "learning_rate = 0.0"),
        (Optimizer(learning_rate=float("nan")), "learning_rate = nan"),
    ],
)
def test_what_does_not_fit_is_refused(settings: Optimizer, message: str) -> None:
    """A misspelt name, a misspelt argument and a value out of range each name what would fit."""
    with pytest.raises(ConfigError, match=message):
        settings.build(nn.Linear(1, 1).parameters())


@pytest.mark.parametrize("kind", ["constant", "cosine", "linear", "step"])
def test_schedules_rise_and_end(kind: str) -> None:
    """The warm-up rises to the full rate, and nothing ever exceeds it or falls below zero."""
    schedule = Schedule(epochs=10, learning_rate_schedule=kind, warmup_epochs=2, learning_rate_every=4)  # type: ignore[arg-type]
    factors = [learning_rate_factor(schedule, step, 5) for step in range(50)]

    assert factors[:10] == sorted(factors[:10])
    assert factors[10] == 1.0
    assert all(0 <= factor <= 1 for factor in factors)
    assert factors[10:] == sorted(factors[10:], reverse=True)


def test_step_schedule_drops_at_the_epoch_it_names() -> None:
    """The drop comes with the first step of that epoch, not one epoch late."""
    schedule = Schedule(epochs=9, learning_rate_schedule="step", learning_rate_every=3)
    factors = [learning_rate_factor(schedule, epoch * 7, 7) for epoch in range(9)]

    assert factors == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01])


@pytest.mark.parametrize(
    "words",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"accumulate": -1},
        {"clip_gradient_norm": float("nan")},
        {"epochs": 2**60},
    ],
)
def test_schedules_out_of_range_are_refused(words: dict[str, int]) -> None:
    """No epoch, no sample, no number: named before anything starts."""
    with pytest.raises(ConfigError, match="CFG-003"):
        Schedule(**words)  # type: ignore[arg-type]
