"""The settings of the loop: how long, how often, on what."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from deepdiva.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Settings of the loop itself, the same for every task."""

    epochs: int = 10
    """Passes over the train split."""
    batch_size: int = 64
    """Samples per batch."""
    accumulate: int = 1
    """Batches whose gradients are added up before the optimizer steps."""
    drop_last: bool = False
    """Leave out the last batch of an epoch where it is smaller than the others."""
    learning_rate_schedule: Literal["constant", "cosine", "linear", "step"] = "constant"
    """How the learning rate goes on after the warm-up: constant, to zero along a cosine or a
    line over the whole run, or times `learning_rate_factor` every `learning_rate_every` epochs."""
    warmup_epochs: float = 0.0
    """Epochs over which the learning rate rises from zero."""
    learning_rate_every: int = 10
    """Epochs between two drops of the step schedule."""
    learning_rate_factor: float = 0.1
    """Factor of each drop of the step schedule."""
    clip_gradient_norm: float | None = None
    """Largest norm of the gradient; longer ones are shortened to it."""
    patience: int | None = None
    """Stop early after this many epochs without a better value of the goal."""
    checkpoint_every_steps: int | None = None
    """Also save a checkpoint every so many steps, besides every epoch."""
    checkpoint_every_seconds: float | None = None
    """Also save a checkpoint when so many seconds have passed."""
    log_every_steps: int = 1
    """Record the measurements of every so many-th step."""
    chain_every_steps: int | None = None
    """Also record a digest of the weights every so many steps, besides every epoch."""
    no_test: bool = False
    """Leave the test split alone at the end."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "accumulate", "learning_rate_every", "log_every_steps"):
            self._check(name, low=1)
        for name in ("patience", "checkpoint_every_steps", "chain_every_steps"):
            self._check(name, low=1)
        for name in ("warmup_epochs", "learning_rate_factor", "checkpoint_every_seconds"):
            self._check(name, low=0)
        self._check("clip_gradient_norm", low=0)

    def _check(self, name: str, *, low: float) -> None:
        value = getattr(self, name)
        if value is not None and not (low <= value < 2**40 and math.isfinite(value)):
            raise ConfigError(
                f"{name} = {value}",
                expected=f"a number of at least {low}",
                remedy=f"choose another --{name.replace('_', '-')}",
                code="CFG-003",
            )
