"""The steps from one text to another, each of which can be taken alone."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LARGEST = 2**20
"""Bytes; longer files are one change as a whole."""
MOST_LINES = 20_000


@dataclass(frozen=True, kw_only=True)
class Hunk:
    """Lines of one text that are others in the other."""

    first: int
    """Lines of the old text before it."""
    old: tuple[bytes, ...]
    """The lines that go, with their ends."""
    new: tuple[bytes, ...]
    """The lines that come."""


def hunks_between(a: bytes, b: bytes) -> Iterator[Hunk]:
    """Give the hunks that lead from `a` to `b`, in order; none of them touches another."""
    ours, theirs = a.splitlines(keepends=True), b.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind != "equal":
            yield Hunk(first=first, old=tuple(ours[first:last]), new=tuple(theirs[new_first:new_last]))


def apply_hunks(text: bytes, hunks: Iterable[Hunk]) -> bytes:
    r"""Return `text` after some of its hunks.

    None of them gives the old text, all of them the new one, byte for byte.

    Example:
        >>> apply_hunks(b"a\nb\n", hunks_between(b"a\nb\n", b"a\nc\n"))
        b'a\nc\n'
    """
    lines = text.splitlines(keepends=True)
    for hunk in sorted(hunks, key=lambda hunk: hunk.first, reverse=True):
        lines[hunk.first : hunk.first + len(hunk.old)] = hunk.new
    return b"".join(lines)


def is_text(content: bytes) -> bool:
    """Tell whether `content` has lines that can be compared."""
    if b"\0" in content or len(content) > LARGEST or content.count(b"\n") > MOST_LINES:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
