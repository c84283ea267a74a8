from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.report.legible import legible


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    """No control sequence, line break or change of direction comes through."""
    assert not [letter for letter in legible(text) if unicodedata.category(letter)[0] == "C"]


@given(st.text(), st.integers(3, 40))
def test_it_is_never_longer_than_asked(text: str, longest: int) -> None:
    """A name of three hundred letters takes no more room than others."""
    assert len(legible(text, longest)) <= longest


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=20))
def test_what_can_be_seen_stays(text: str) -> None:
    """Letters of any script, digits, signs: unchanged, markup and formulas included."""
    assert legible(text, 20) == text


def test_surrogates_are_told() -> None:
    """A file name that is no UTF-8 can be printed anywhere."""
    assert legible("caf\udce9").encode("utf-8") == b"caf\\udce9"
