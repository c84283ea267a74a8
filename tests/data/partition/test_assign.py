"""Which split a unit of samples goes to."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.data.partition.assign import by_class, by_order
from deepdiva.data.partition.shares import quotas, shares_of
from deepdiva.data.partition.units import alike, join
from deepdiva.data.splits import SPLIT_NAMES

SHARES = shares_of(0.2, 0.2)
SAMPLES = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), min_size=1, max_size=60)


@given(SAMPLES)
def test_samples_that_nothing_ties_meet_every_quota(samples: list[tuple[str, float]]) -> None:
    """Where every unit is one sample, counts are exact, class by class."""
    strata, draws = [label for label, _ in samples], [draw for _, draw in samples]
    wished = quotas(Counter(strata), SHARES, train_first=True)
    splits = by_class(join(len(samples)), strata, draws, wished, SHARES)
    have = Counter(zip(strata, splits, strict=True))
    assert all(have[label, split] == wished[label][split] for label in wished for split in SPLIT_NAMES)


@given(SAMPLES, st.data())
def test_units_are_never_parted(samples: list[tuple[str, float]], data: st.DataObject) -> None:
    """Whatever groups there are, each has one split."""
    groups = data.draw(st.lists(st.integers(0, 9), min_size=len(samples), max_size=len(samples)))
    strata, draws = [label for label, _ in samples], [draw for _, draw in samples]
    wished = quotas(Counter(strata), SHARES, train_first=True)
    units = join(len(samples), alike(groups))
    for splits in (
        by_class(units, strata, draws, wished, SHARES),
        by_order(units, [(draw, 0.0) for draw in draws], wished[strata[0]]),
    ):
        assert len({(group, split) for group, split in zip(groups, splits, strict=True)}) == len(set(groups))


def test_many_even_groups_meet_the_quotas() -> None:
    """Of 50 groups with 4 samples of each of 3 classes, 30, 10 and 10 go to the splits."""
    groups = [place // 12 for place in range(600)]
    strata = ["abc"[place % 3] for place in range(600)]
    draws = [(place * 37 % 600) / 600 for place in range(600)]
    wished = quotas(Counter(strata), SHARES, train_first=True)
    splits = by_class(join(600, alike(groups)), strata, draws, wished, SHARES)
    assert Counter(splits) == {"train": 360, "val": 120, "test": 120}
    assert set(Counter(zip(strata, splits, strict=True)).values()) == {120, 40}


def test_three_groups_are_enough_for_three_splits() -> None:
    """A split that the greedy choice leaves empty gets a unit, as long as another has two."""
    groups = [place // 20 for place in range(60)]
    wished = quotas({"a": 60}, SHARES, train_first=True)
    splits = by_class(join(60, alike(groups)), ["a"] * 60, [0.5] * 60, wished, SHARES)
    assert Counter(splits) == dict.fromkeys(SPLIT_NAMES, 20)


def test_by_order_the_first_go_to_train_and_the_last_to_test() -> None:
    """No sample of train is younger than one of val, none of val younger than one of test."""
    times = [(float(place * 7 % 10), 0.0) for place in range(10)]
    splits = by_order(join(10), times, {"train": 6, "val": 2, "test": 2})
    by_time = [split for _, split in sorted(zip(times, splits, strict=True))]
    assert by_time == ["train"] * 6 + ["val"] * 2 + ["test"] * 2


@given(st.lists(st.integers(0, 5), max_size=12), st.lists(st.integers(0, 5), max_size=12))
def test_units_are_the_finest_that_keep_all_ties(one: list[int], other: list[int]) -> None:
    """Two samples are in one unit exactly if a chain of equal keys leads from one to the other."""
    count = min(len(one), len(other))
    one, other = one[:count], other[:count]
    units = join(count, alike(one), alike(other))
    assert sorted(place for unit in units for place in unit) == list(range(count))
    unit_of = {place: unit for unit in units for place in unit}
    for place in range(count):
        reach, before = {place}, set[int]()
        while reach != before:
            before = set(reach)
            reach |= {p for p in range(count) for q in before if one[p] == one[q] or other[p] == other[q]}
        assert reach == set(unit_of[place])
