"""How many samples each split gets."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.data.partition.shares import quotas, shares_of
from deepdiva.data.splits import SPLIT_NAMES
from deepdiva.errors import ConfigError

COUNTS = st.dictionaries(st.text(max_size=3), st.integers(1, 200), min_size=1, max_size=12)
PERCENT = st.integers(0, 49).map(lambda percent: percent / 100)


@given(COUNTS, PERCENT, PERCENT, st.booleans())
def test_every_class_is_met_within_one_and_so_is_the_whole(
    counts: dict[str, int], val: float, test: float, train_first: bool
) -> None:
    """All samples go somewhere; a class is less than one away from its exact share, and never below 0."""
    shares = shares_of(val, test)
    found = quotas(counts, shares, train_first=train_first)
    for label, count in counts.items():
        assert sum(found[label].values()) == count
        assert all(abs(found[label][split] - shares[split] * count) < 1 for split in SPLIT_NAMES)
        assert found[label]["train"] > 0 or not train_first
    if not train_first:
        total = sum(counts.values())
        got = {split: sum(quota[split] for quota in found.values()) for split in SPLIT_NAMES}
        assert all(abs(got[split] - shares[split] * total) < 2 for split in SPLIT_NAMES)


def test_shares_are_exact() -> None:
    """One tenth of 30 is 3, whatever binary fractions make of it; train gets the rest."""
    assert quotas({"a": 30}, shares_of(0.1, 0.2), train_first=True) == {
        "a": {"train": 21, "val": 3, "test": 6}
    }
    assert shares_of(0.1, 0.2).train == Fraction(7, 10)


@pytest.mark.parametrize(("val", "test"), [(-0.1, 0.2), (0.2, 1.0), (0.5, 0.5), (float("nan"), 0.2)])
def test_shares_that_leave_nothing_for_train_are_refused(val: float, test: float) -> None:
    """Whatever is no share is told as such."""
    with pytest.raises(ConfigError, match="CFG-003"):
        shares_of(val, test)
