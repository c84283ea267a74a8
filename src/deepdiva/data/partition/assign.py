"""Give every unit of samples a split: close to the quotas, the same on every machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from deepdiva.data.partition.shares import Quota, Shares
from deepdiva.data.partition.units import Unit
from deepdiva.data.splits import SPLIT_NAMES, SplitName

WHOLE = 0.1
"""Weight of a sample that the whole misses, beside one that its class misses."""


def by_class(
    units: Sequence[Unit],
    strata: Sequence[str],
    draws: Sequence[float],
    quotas: Mapping[str, Quota],
    shares: Shares,
) -> list[SplitName]:
    """Return the split of every sample, filling the quota of every class as well as units allow.

    The largest units choose first, equal ones in the order of their draws; each goes where its
    classes and the whole miss most.  Where every unit is one sample, quotas are met exactly.

    Args:
        units: Samples that stay together.
        strata: The class of every sample.
        draws: A number drawn for every sample.
        quotas: How many samples of a class each split should get.
        shares: Says which splits there are.
    """
    need = _Need(quotas, shares.splits)
    chosen: dict[Unit, SplitName] = {}
    for unit in sorted(units, key=lambda unit: (-len(unit), min(draws[place] for place in unit), unit[0])):
        held = Counter(strata[place] for place in unit)
        chosen[unit] = need.most_missing(held)
        need.take(held, chosen[unit])
    if len(units) < len(strata):
        _fill_empty(chosen, shares)
    splits: dict[int, SplitName] = {place: split for unit, split in chosen.items() for place in unit}
    return [splits[place] for place in range(len(strata))]


class _Need:
    """How many samples of each class each split still misses."""

    def __init__(self, quotas: Mapping[str, Quota], splits: Sequence[SplitName]) -> None:
        self._splits = splits
        self._classes = {label: dict(quota) for label, quota in quotas.items()}
        self._sizes = {label: sum(quota.values()) for label, quota in quotas.items()}
        self._all = {split: sum(quota[split] for quota in quotas.values()) for split in SPLIT_NAMES}
        self._mean = sum(self._sizes.values()) / len(self._sizes)

    def most_missing(self, held: Mapping[str, int]) -> SplitName:
        """Return the split whose squared distance from what it should have shrinks most."""
        if len(held) == 1 and sum(held.values()) == 1:
            missing = self._classes[next(iter(held))]
            return max(self._splits, key=lambda split: missing[split])
        return max(self._splits, key=lambda split: self._gain(held, split))

    def _gain(self, held: Mapping[str, int], split: SplitName) -> float:
        of_classes = sum(self._classes[label][split] * n / self._sizes[label] for label, n in held.items())
        return of_classes + WHOLE * self._all[split] * sum(held.values()) / self._mean

    def take(self, held: Mapping[str, int], split: SplitName) -> None:
        """Count samples that went to a split."""
        for label, count in held.items():
            self._classes[label][split] -= count
            self._all[split] -= count


def _fill_empty(chosen: dict[Unit, SplitName], shares: Shares) -> None:
    """Give a split that got nothing the smallest unit of the split that has most of them."""
    for split in shares.splits:
        counts = Counter(chosen.values())
        richest = max(shares.splits, key=lambda other: counts[other])
        if not counts[split] and counts[richest] > 1:
            chosen[min((u for u, s in chosen.items() if s == richest), key=lambda u: (len(u), u))] = split


def by_order(units: Sequence[Unit], ranks: Sequence[tuple[float, float]], quota: Quota) -> list[SplitName]:
    """Return the split of every sample where the first go to train and the last to test.

    Args:
        units: Samples that stay together, where the first of them stands.
        ranks: What the samples are ordered by.
        quota: How many samples each split should get.
    """
    chosen: list[SplitName] = ["train"] * len(ranks)
    done = 0
    for unit in sorted(units, key=lambda unit: (min(ranks[place] for place in unit), unit[0])):
        in_train, in_val = done < quota["train"], done < quota["train"] + quota["val"]
        split: SplitName = "train" if in_train else "val" if in_val else "test"
        for place in unit:
            chosen[place] = split
        done += len(unit)
    return chosen
