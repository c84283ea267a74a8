"""A curve in one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

COLUMNS = "▁▂▃▄▅▆▇█"
LONGEST = 40


def sparkline(values: Sequence[float | None]) -> str:
    """Return a letter for each value, higher for higher ones; a gap where there is none.

    Of more than `LONGEST` values, as many are shown, evenly spaced, the first and last among them.

    Example:
        >>> sparkline([0.0, 0.5, None, 1.0])
        '▁▅ █'
    """
    if len(values) > LONGEST:
        values = [values[round(i * (len(values) - 1) / (LONGEST - 1))] for i in range(LONGEST)]
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return "".join(_column(value, low, high) for value in values)


def _column(value: float | None, low: float, high: float) -> str:
    if value is None or not math.isfinite(value):
        return " "
    share = (value - low) / (high - low) if high > low else 0.0
    return COLUMNS[round(share * (len(COLUMNS) - 1))]
