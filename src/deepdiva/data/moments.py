"""Mean and standard deviation of pixels from whole numbers, exact until the last rounding."""

from __future__ import annotations

import math


def moments_of(count: int, total: int, squares: int) -> tuple[float, float]:
    """Return mean and standard deviation of values of 0 to 255, on the scale from 0 to 1.

    Args:
        count: How many values there are, at least one.
        total: Their sum.
        squares: The sum of their squares.

    Example:
        >>> moments_of(2, 255, 255**2)
        (0.5, 0.5)
    """
    spread = count * squares - total * total
    return total / (count * 255), math.sqrt(spread / (count * 255) ** 2)
