"""How many samples of each class each split gets: exact shares, whole samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.errors import ConfigError

Quota = dict[SplitName, int]
"""Samples of a class for each split."""


@dataclass(frozen=True)
class Shares:
    """The share of every split, as exact fractions that add up to one."""

    train: Fraction
    val: Fraction
    test: Fraction

    def __getitem__(self, split: SplitName) -> Fraction:
        share: Fraction = getattr(self, split)
        return share

    @property
    def splits(self) -> tuple[SplitName, ...]:
        """The splits that get anything."""
        return tuple(split for split in SPLIT_NAMES if self[split])


def shares_of(val: float, test: float) -> Shares:
    """Return the shares where val and test get so much and train the rest; 0.2 means one fifth.

    Raises:
        ConfigError: one is not in [0, 1), or nothing is left for train (CFG-003).
    """
    if not (0 <= val < 1 and 0 <= test < 1):
        raise _odd(val, test)
    exact_val, exact_test = Fraction(str(val)), Fraction(str(test))
    if exact_val + exact_test >= 1:
        raise _odd(val, test)
    return Shares(1 - exact_val - exact_test, exact_val, exact_test)


def _odd(val: float, test: float) -> ConfigError:
    return ConfigError(
        f"--val {val} and --test {test}",
        expected="shares from 0 to below 1 that leave something for train",
        remedy="choose them so, such as --val 0.2 --test 0.2",
        code="CFG-003",
    )


def quotas(counts: Mapping[str, int], shares: Shares, *, train_first: bool) -> dict[str, Quota]:
    """Return how many samples of each class go to each split.

    By largest remainder (Hamilton's method), class by class; what a split was owed by the
    classes before counts too, so that totals stay close as well.  Every number is less than
    one away from its exact share.

    Args:
        counts: Samples of each class.
        shares: Of the splits.
        train_first: Whether train gets the only sample of a class, so that it knows every class.
    """
    owed = dict.fromkeys(SPLIT_NAMES, Fraction(0))
    found: dict[str, Quota] = {}
    for label in sorted(counts):
        exact = {split: shares[split] * counts[label] for split in SPLIT_NAMES}
        quota = {split: int(exact[split]) for split in SPLIT_NAMES}
        rest = {split: exact[split] - quota[split] for split in SPLIT_NAMES if exact[split] > quota[split]}
        if rest and not quota["train"] and train_first:
            quota["train"] = 1
            rest.pop("train", None)
        order = sorted(rest, key=lambda split: -rest[split] - owed[split])
        for split in order[: counts[label] - sum(quota.values())]:
            quota[split] += 1
        for split in SPLIT_NAMES:
            owed[split] += exact[split] - quota[split]
        found[label] = quota
    return found
