"""Least, median and greatest of many numbers, from how often each occurs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

MOST_SIZES = 1000
"""Sizes told with their counts."""


def span_of(counts: Mapping[Any, int]) -> dict[str, Any]:
    """Return the least, the lower median and the greatest of numbers counted by value.

    Example:
        >>> span_of({3: 2, 9: 1, 4: 1})
        {'min': 3, 'median': 3, 'max': 9}
    """
    values = sorted(value for value, count in counts.items() if count)
    middle, below = (sum(counts.values()) + 1) // 2, 0
    for value in values:
        below += counts[value]
        if below >= middle:
            return {"min": values[0], "median": value, "max": values[-1]}
    raise ValueError("nothing was counted")


def sizes_of(sizes: Counter[tuple[int, int]]) -> dict[str, Any] | None:
    """Return what is to be told of pictures counted by (height, width); None where there are none."""
    if not sizes:
        return None
    heights: Counter[int] = Counter()
    widths: Counter[int] = Counter()
    for (height, width), count in sizes.items():
        heights[height] += count
        widths[width] += count
    most = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:MOST_SIZES]
    return {
        "height": span_of(heights),
        "width": span_of(widths),
        "different": len(sizes),
        "most": [[height, width, count] for (height, width), count in most],
    }


def clips_of(clips: Counter[tuple[int, float]]) -> dict[str, Any] | None:
    """Return what is to be told of clips counted by (frames, frames a second)."""
    if not clips:
        return None
    frames: Counter[int] = Counter()
    rates: Counter[float] = Counter()
    for (length, rate), count in clips.items():
        frames[length] += count
        rates[rate] += count
    total = sum(length * count for length, count in frames.items())
    return {"frames": span_of(frames) | {"total": total}, "rate": span_of(rates)}


def texts_of(texts: Iterable[str]) -> dict[str, Any] | None:
    """Return the lengths of texts in characters and in words, which white space parts."""
    characters: Counter[int] = Counter()
    words: Counter[int] = Counter()
    for text in texts:
        characters[len(text)] += 1
        words[len(text.split())] += 1
    if not characters:
        return None
    return {"characters": _lengths(characters), "words": _lengths(words)}


def _lengths(counts: Counter[int]) -> dict[str, Any]:
    total = sum(length * count for length, count in counts.items())
    return span_of(counts) | {"total": total, "mean": total / counts.total(), "histogram": bars_of(counts)}


def numbers_of(columns: Mapping[str, list[float]]) -> dict[str, Any] | None:
    """Return mean, standard deviation and range of each column; sums are rounded once, at their end."""
    found = {}
    for name, values in columns.items():
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
        found[name] = {"mean": mean, "std": math.sqrt(variance), "min": min(values), "max": max(values)}
    return found or None


def bars_of(counts: Mapping[int, int], bars: int = 40) -> dict[str, Any]:
    """Return counts gathered into at most so many bars of equal width, from the least number on.

    Example:
        >>> bars_of({1: 3, 2: 1, 9: 5}, bars=5)
        {'first': 1, 'width': 2, 'counts': [4, 0, 0, 0, 5]}
    """
    first = min(counts)
    width = max(1, math.ceil((max(counts) - first + 1) / bars))
    heights = [0] * ((max(counts) - first) // width + 1)
    for value, count in counts.items():
        heights[(value - first) // width] += count
    return {"first": first, "width": width, "counts": heights}
