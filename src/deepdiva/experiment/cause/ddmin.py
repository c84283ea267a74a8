"""Find a smallest set of changes that still makes a test fail; pure, it runs nothing itself.

The algorithm is ddmin of Zeller & Hildebrandt, "Simplifying and Isolating Failure-Inducing
Input", IEEE Transactions on Software Engineering 28 (2), 2002.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, TypeVar

T = TypeVar("T")

Outcome = Literal["same", "moved", "unresolved"]
"""What a test says: the paper's pass, fail and unresolved."""


def ddmin(items: Sequence[T], test: Callable[[Sequence[T]], Outcome]) -> tuple[T, ...]:
    """Return a subset of `items` that moves, and no longer does without any one of its items.

    Only "moved" makes the set smaller: "unresolved" counts as little as "same", and finer
    pieces are tried.  A single culprit takes at most 2 log2(n) tests, n items never more
    than n**2 + 3 n.

    Args:
        items: A set that moves; this is not tested.  Neighbors stay together for long.
        test: Says what some of them do, in their order; it is never asked for none.

    Example:
        >>> ddmin(range(8), lambda some: "moved" if {2, 5} <= set(some) else "same")
        (2, 5)
    """
    left, pieces = tuple(items), 2
    while len(left) > 1:
        parts = list(split(left, pieces))
        part = next((part for part in parts if test(part) == "moved"), None)
        if part is not None:
            left, pieces = part, 2
            continue
        others = _complements(parts) if pieces > 2 else ()  # of two parts, each is the other's complement
        other = next((other for other in others if test(other) == "moved"), None)
        if other is not None:
            left, pieces = other, max(pieces - 1, 2)
        elif pieces >= len(left):
            break
        else:
            pieces = min(2 * pieces, len(left))
    return left


def split(items: Sequence[T], pieces: int) -> Iterator[tuple[T, ...]]:
    """Give `items` in so many pieces of about one size; no piece is empty if there are enough items.

    Example:
        >>> list(split("abcde", 2))
        [('a', 'b'), ('c', 'd', 'e')]
    """
    ends = [len(items) * number // pieces for number in range(pieces + 1)]
    for first, last in pairwise(ends):
        yield tuple(items[first:last])


def _complements(parts: Sequence[tuple[T, ...]]) -> Iterator[tuple[T, ...]]:
    for left_out in range(len(parts)):
        yield tuple(item for number, part in enumerate(parts) if number != left_out for item in part)
