"""Laws of going from one text to another in steps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.experiment.cause.hunks import LARGEST, apply_hunks, hunks_between, is_text

TEXTS = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"\n", b"d", b"\r"]), max_size=12).map(b"".join)


@given(TEXTS, TEXTS)
def test_none_is_the_old_and_all_is_the_new_text(a: bytes, b: bytes) -> None:
    """Byte for byte, whatever ends the lines, and the last one."""
    hunks = list(hunks_between(a, b))

    assert apply_hunks(a, []) == a
    assert apply_hunks(a, hunks) == b
    assert bool(hunks) == (a != b)


@given(TEXTS, TEXTS, st.data())
def test_any_of_them_can_be_taken(a: bytes, b: bytes, data: st.DataObject) -> None:
    """Each hunk replaces its own lines, whichever others are taken, in any order."""
    hunks = list(hunks_between(a, b))
    taken = [hunk for hunk in hunks if data.draw(st.booleans())]
    lines = a.splitlines(keepends=True)
    wanted, place = b"", 0
    for hunk in taken:
        wanted += b"".join(lines[place : hunk.first]) + b"".join(hunk.new)
        assert tuple(lines[hunk.first : hunk.first + len(hunk.old)]) == hunk.old
        place = hunk.first + len(hunk.old)

    assert apply_hunks(a, data.draw(st.permutations(taken))) == wanted + b"".join(lines[place:])


def test_what_has_no_lines_is_no_text() -> None:
    """Zero bytes, other encodings and long files are changed as a whole."""
    assert is_text("é\n".encode())
    assert not is_text(b"a\0b")
    assert not is_text("é".encode("latin-1"))
    assert not is_text(b"a" * (LARGEST + 1))
