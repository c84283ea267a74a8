"""Laws of delta debugging, for any culprits and any test."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.experiment.cause.ddmin import Outcome, ddmin, split


@given(st.integers(1, 60), st.data())
def test_the_culprits_are_found(count: int, data: st.DataObject) -> None:
    """Where a set moves if it holds all culprits, exactly they are left, after at most n**2 + 3 n tests."""
    culprits = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=count))
    asked = []

    def test(some: Sequence[int]) -> Outcome:
        asked.append(some)
        return "moved" if culprits <= set(some) else "same"

    assert set(ddmin(range(count), test)) == culprits
    assert len(asked) <= count**2 + 3 * count
    assert all(asked)


@given(st.integers(1, 10_000), st.data())
def test_one_of_many_takes_few_tests(count: int, data: st.DataObject) -> None:
    """A single culprit is found by halves."""
    culprit = data.draw(st.integers(0, count - 1))
    asked = []

    def test(some: Sequence[int]) -> Outcome:
        asked.append(some)
        return "moved" if culprit in some else "same"

    assert ddmin(range(count), test) == (culprit,)
    assert len(asked) <= 2 * count.bit_length()


@given(st.integers(1, 8), st.randoms(use_true_random=False))
def test_no_item_can_be_left_out(count: int, chance: object) -> None:
    """For any test, unresolved answers among its own: the answer moves, and does not without any one item."""
    outcomes: dict[frozenset[int], Outcome] = {frozenset(range(count)): "moved", frozenset(): "same"}

    def test(some: Sequence[int]) -> Outcome:
        answers: list[Outcome] = ["same", "moved", "unresolved"]
        return outcomes.setdefault(frozenset(some), chance.choice(answers))  # type: ignore[attr-defined]

    left = ddmin(range(count), test)
    assert test(left) == "moved"
    assert all(test([i for i in left if i != item]) != "moved" for item in left if len(left) > 1)


@given(st.integers(2, 30), st.data())
def test_what_does_not_start_without_its_partner_is_kept_with_it(count: int, data: st.DataObject) -> None:
    """A culprit that cannot run alone is found together with what it needs."""
    culprit, partner = data.draw(st.permutations(range(count)))[:2]

    def test(some: Sequence[int]) -> Outcome:
        if culprit in some and partner not in some:
            return "unresolved"
        return "moved" if culprit in some else "same"

    assert set(ddmin(range(count), test)) == {culprit, partner}


@given(st.lists(st.integers()), st.integers(1, 20))
def test_pieces_are_the_whole(items: list[int], pieces: int) -> None:
    """Nothing is lost, doubled or moved, and pieces are of one size, give or take one."""
    parts = list(split(items, pieces))

    assert [item for part in parts for item in part] == items
    assert len(parts) == pieces
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
