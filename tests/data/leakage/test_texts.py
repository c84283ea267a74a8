"""Equal and nearly equal texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.data.layouts import Sample
from deepdiva.data.leakage.exact import pairs_across
from deepdiva.data.leakage.texts import by_text, near_texts

LONG = " ".join(f"word{number}" for number in range(60))


def row(name: str, split: str, text: str) -> Sample:
    return Sample(name, "train" if split == "train" else "test", (), (), {"text": text})


def test_case_and_white_space_make_no_other_text() -> None:
    """Texts are compared as they read."""
    contents = by_text([row("1", "train", "To  be\nor not"), row("2", "test", "to be or NOT ")])

    assert [(pair.a, pair.b) for pair in pairs_across(contents, "same text")] == [("1", "2")]


def test_one_changed_word_of_sixty_is_nearly_the_same() -> None:
    """Jaccard of shingles: 55 of 61 are shared at most; below 0.9 nothing is told."""
    at_the_end, many = LONG.rsplit(" ", 1)[0] + " other", LONG.replace("5", "6")
    contents = by_text([row("1", "train", LONG), row("2", "test", at_the_end), row("3", "test", many)])

    assert [(pair.a, pair.b) for pair in near_texts(contents)] == [("1", "2")]


@given(st.lists(st.sampled_from("abcdefghij"), min_size=30, max_size=60), st.integers(0, 1))
def test_near_texts_are_found_whichever_side_they_are_on(words: list[str], side: int) -> None:
    """The earlier split is named first, whatever the order of the rows."""
    text = " ".join(f"{word}{place}" for place, word in enumerate(words))
    rows = [row("1", "train", text), row("2", "test", f"{text} more")]
    (pair,) = near_texts(by_text(rows[::-1] if side else rows))

    assert (pair.a, pair.b, pair.splits) == ("1", "2", ("train", "test"))
