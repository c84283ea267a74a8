"""Mean and deviation from whole numbers."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.data.moments import moments_of


@given(st.lists(st.integers(0, 255), min_size=1, max_size=300))
def test_moments_are_those_of_exact_fractions(values: list[int]) -> None:
    """Mean and deviation are the true ones, rounded at the end: within a few units of the last place."""
    mean, std = moments_of(len(values), sum(values), sum(value * value for value in values))
    exact = Fraction(sum(values), 255 * len(values))
    variance = sum((Fraction(value, 255) - exact) ** 2 for value in values) / len(values)
    assert mean == float(exact)
    assert abs(std - float(variance) ** 0.5) <= 4e-16


def test_a_single_gray_has_no_deviation() -> None:
    """Equal pixels deviate by exactly nothing, however many there are."""
    assert moments_of(10**12, 77 * 10**12, 77 * 77 * 10**12) == (77 / 255, 0.0)
