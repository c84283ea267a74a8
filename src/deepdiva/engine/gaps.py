"""How far two tensors are apart, told for people: in how many numbers, and by how many last places."""

from __future__ import annotations

import torch
from torch import Tensor


def compare(a: Tensor, b: Tensor) -> str:
    """Say in how many numbers two tensors differ, and in the first of them by how much.

    Example:
        >>> compare(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.5])).partition("; ")[2]
        'the first, at [1], is 2.0 in A, 2.5 in B'
    """
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.dtype} of shape {list(a.shape)} in A, {b.dtype} of shape {list(b.shape)} in B"
    other = (a != b) & ~((a != a) & (b != b))
    count = int(other.sum())
    if not count:
        return "equal numbers with other bits, such as 0 and -0"
    places = other.nonzero()
    place = tuple(int(index) for index in places[0])
    verb = "number differs" if a.numel() == 1 else "numbers differs" if count == 1 else "numbers differ"
    gap = f", by at most {units}" if (units := _units(a[other], b[other])) else ""
    first = f"the first, at {list(place)}, is {a[place].item()!r} in A, {b[place].item()!r} in B"
    return f"{count} of {a.numel()} {verb}{gap}; {first}"


def _units(a: Tensor, b: Tensor) -> str | None:
    """Return the largest gap in units in the last place; None where they have none."""
    if a.dtype != torch.float32:
        return None
    ranks = [_rank(tensor) for tensor in (a, b)]
    gap = int((ranks[0] - ranks[1]).abs().max())
    return f"{gap:,} unit{'s' if gap > 1 else ''} in the last place"


def _rank(values: Tensor) -> Tensor:
    """Return integers that are in the order of the float32 numbers, without gaps."""
    bits = values.contiguous().view(torch.int32).to(torch.int64)
    return torch.where(bits < 0, -(bits & 0x7FFFFFFF), bits)
