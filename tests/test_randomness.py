"""Streams and per-sample draws."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.randomness import LARGEST_SEED, SeedPlan, identity, keyed_order, keyed_uniform

roots = st.integers(0, LARGEST_SEED)


def test_first_numbers_never_change() -> None:
    """What these draws are is part of every recorded run: other numbers would be other runs."""
    draws = keyed_uniform(SeedPlan(1).seed("augment"), 3, np.array([identity("train/0/a.png")], np.uint64), 2)

    assert SeedPlan(1).seed("shuffle") == 5314989752396509129
    assert keyed_order(1, 1, 6).tolist() == [2, 1, 4, 3, 0, 5]
    assert draws.tolist() == [[0.6915217030554492, 0.11330454777750842]]


@given(roots, st.text(), st.text())
def test_streams_of_other_names_are_other_streams(root: int, first: str, second: str) -> None:
    """Two consumers share a stream only if they call it by the same name."""
    plan = SeedPlan(root)

    assert (plan.seed(first) == plan.seed(second)) == (first == second)


@given(roots, st.integers(0, 1000), st.permutations(range(8)))
def test_company_moves_no_draw(root: int, epoch: int, order: list[int]) -> None:
    """A sample draws the same, whatever batch it comes in and wherever it stands in it."""
    samples = np.array([identity(str(number)) for number in range(8)], np.uint64)
    together = keyed_uniform(root, epoch, samples, 3)

    assert (keyed_uniform(root, epoch, samples[order], 3) == together[order]).all()
    assert (keyed_uniform(root, epoch, samples[2:3], 3) == together[2:3]).all()


@given(roots, st.integers(0, 10), st.integers(1, 300))
def test_order_is_a_permutation(root: int, epoch: int, length: int) -> None:
    """An epoch sees every sample once."""
    assert sorted(keyed_order(root, epoch, length).tolist()) == list(range(length))


def test_epochs_have_orders_of_their_own() -> None:
    """The samples are shuffled anew for every epoch."""
    orders = {tuple(keyed_order(1, epoch, 20).tolist()) for epoch in range(50)}

    assert len(orders) == 50


def test_draws_are_uniform_and_independent() -> None:
    """Means, spread and correlations of a million draws are those of independent uniform numbers."""
    samples = np.arange(250_000, dtype=np.uint64)
    draws = keyed_uniform(7, 1, samples, 4)

    counts = np.histogram(draws, bins=100, range=(0, 1))[0]
    chi_square = float(((counts - 10_000.0) ** 2 / 10_000).sum())
    off_diagonal = np.corrcoef(draws, rowvar=False) - np.eye(4)
    assert chi_square < 148.2  # 99.9 % of chi-square with 99 degrees of freedom
    assert np.abs(off_diagonal).max() < 0.01
    assert draws.min() >= 0
    assert draws.max() < 1


def test_every_position_is_equally_likely() -> None:
    """No sample has a better chance to come first."""
    firsts = np.bincount([keyed_order(3, epoch, 5)[0] for epoch in range(5000)], minlength=5)

    assert np.abs(firsts - 1000).max() < 120  # four standard deviations
