from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.report.sparkline import COLUMNS, LONGEST, sparkline


@given(st.lists(st.none() | st.floats()))
def test_any_curve_fits_in_a_line(values: list[float | None]) -> None:
    """NaN, infinities, gaps, no values at all: a letter for each, and never more than fit."""
    assert len(sparkline(values)) == min(len(values), LONGEST)
    assert set(sparkline(values)) <= {*COLUMNS, " "}


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=LONGEST))
def test_higher_values_are_never_lower(values: list[float]) -> None:
    """The letters keep the order of the values."""
    letters = sparkline(values)
    ordered = sorted(zip(values, letters, strict=True))

    assert [letter for _, letter in ordered] == sorted(letters)


def test_what_is_undefined_is_a_gap() -> None:
    """A metric without a value is no zero."""
    assert sparkline([1.0, math.nan, None, 2.0]) == "▁  █"
