"""Equal content, known by digests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.data.layouts import Sample
from deepdiva.data.leakage.exact import contradictions, inside, pairs_across
from deepdiva.data.splits import SPLIT_NAMES

MEMBERS = st.lists(
    st.tuples(st.sampled_from("abcdefg"), st.sampled_from(SPLIT_NAMES), st.sampled_from("xy")), max_size=30
)


def contents(members: list[tuple[str, str, str]]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for number, (content, split, label) in enumerate(members):
        chosen = next(name for name in SPLIT_NAMES if name == split)
        found.setdefault(content, []).append(Sample(f"{split}/{number}", chosen, (), (label,)))
    return found


@given(MEMBERS)
def test_every_sample_that_an_earlier_split_has_is_named_once(members: list[tuple[str, str, str]]) -> None:
    """A sample is named iff its content is in an earlier split, beside one of the earliest."""
    pairs = pairs_across(contents(members), "same")
    rank: dict[str, int] = {name: place for place, name in enumerate(SPLIT_NAMES)}
    earliest: dict[str, int] = {}
    for content, split, _ in members:
        earliest[content] = min(earliest.get(content, 9), rank[split])
    expected = {
        f"{split}/{number}"
        for number, (content, split, _) in enumerate(members)
        if rank[split] > earliest[content]
    }

    assert sorted(pair.b for pair in pairs) == sorted(expected)
    assert all(rank[pair.splits[0]] < rank[pair.splits[1]] for pair in pairs)


@given(MEMBERS)
def test_order_does_not_matter_for_counts(members: list[tuple[str, str, str]]) -> None:
    """Repeats inside a split, and what contradicts itself, depend on the samples alone."""
    turned = members[::-1]

    assert inside(contents(members)) == inside(contents(turned))
    assert len(contradictions(contents(members))) == len(contradictions(contents(turned)))
    assert len(pairs_across(contents(members), "")) == len(pairs_across(contents(turned), ""))


def test_equal_content_with_other_labels_contradicts_itself() -> None:
    """All names are told with their labels."""
    (found,) = contradictions(contents([("a", "train", "x"), ("a", "train", "y"), ("b", "test", "x")]))

    assert found.names == ("train/0", "train/1")
    assert found.labels == (("x",), ("y",))
