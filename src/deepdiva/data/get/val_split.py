"""Draw a validation split out of an official train split: stratified and seeded."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int64

from deepdiva.errors import ConfigError
from deepdiva.randomness import SeedPlan, keyed_order

VAL = 0.1
"""The share that is drawn where nobody says another one."""


def draw_val(
    labels: Int64[np.ndarray, " samples"], classes: tuple[str, ...], *, val: float, seed: int
) -> Bool[np.ndarray, " samples"]:
    """Return which samples of the official train split are for validation.

    Of the n samples of each class, round(n val) are drawn (halves to the even number), in an
    order of the class's own stream; at least one where there are two or more.

    Raises:
        ConfigError: `val` is not between 0 and 1 (CFG-003).
    """
    refuse_odd_share(val)
    plan = SeedPlan(seed)
    drawn = np.zeros(len(labels), np.bool_)
    for number, name in enumerate(classes):
        members = np.flatnonzero(labels == number)
        count = min(max(round(len(members) * val), 1), max(len(members) - 1, 0))
        order = keyed_order(plan.seed(f"val {name}"), 0, len(members))
        drawn[members[order[:count]]] = True
    return drawn


def refuse_odd_share(val: float) -> None:
    """Refuse a share outside (0, 1) (CFG-003)."""
    if not 0 < val < 1:
        raise ConfigError(
            f"val = {val}",
            expected="a share of the train split between 0 and 1",
            remedy=f"choose another --val, such as {VAL}",
            code="CFG-003",
        )
