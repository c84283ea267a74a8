"""The settings of the loop: how long, how often, on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
