"""Small charts as SVG inside a page: text alone, so that a page needs no script and no other file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from deepdiva.report.legible import legible

WIDTH, HEIGHT = 360, 130
"""Of a chart, in its own units."""
LEFT, BELOW = 46, 20
"""Room for the numbers at its axes."""
COLORS = ("#3b7dd8", "#e08a1e", "#3a9d5d")
"""One for each split; told apart by people who see few colors, too."""
CHANNELS = {1: ("#888888",), 3: ("#d33f3f", "#2f9e44", "#3b6fd8")}
LONGEST_NAME = 24
"""Letters of a class name that are shown."""


def shown(value: object, longest: int | None = None) -> str:
    """Return `value` so that a page shows it letter by letter."""
    return escape(legible(value, longest))


def bars(heights: Sequence[int], first: float, last: float, color: str = COLORS[0]) -> str:
    """Return a histogram whose bars reach from `first` to `last`."""
    tallest = max(1, *heights)
    wide = WIDTH / len(heights)
    parts = []
    for place, height in enumerate(heights):
        if height:
            tall = max(0.7, HEIGHT * height / tallest)
            parts.append(
                f'<rect x="{LEFT + place * wide:.2f}" y="{HEIGHT - tall:.2f}" '
                f'width="{max(0.5, wide - 0.6):.2f}" height="{tall:.2f}"/>'
            )
    return _framed(f'<g fill="{color}">{"".join(parts)}</g>', (first, last), (0, tallest))


def steps(channels: Sequence[Sequence[int]]) -> str:
    """Return the histograms of the channels of pictures, as steps over the scale from 0 to 1.

    Heights grow with the square root of the counts: white paper would hide all else.
    """
    tallest = max(1, *(height for heights in channels for height in heights))
    parts = []
    for heights, color in zip(channels, CHANNELS[len(channels)], strict=True):
        step = WIDTH / len(heights)
        tops = [HEIGHT * (1 - math.sqrt(height / tallest)) for height in heights]
        line = " ".join(
            f"{LEFT + place * step:.1f},{top:.1f} {LEFT + (place + 1) * step:.1f},{top:.1f}"
            for place, top in enumerate(tops)
        )
        area = f"{LEFT},{HEIGHT} {line} {LEFT + WIDTH},{HEIGHT}"
        parts.append(f'<polygon points="{area}" fill="{color}" fill-opacity=".15"/>')
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="1.3"/>')
    return _framed("".join(parts), (0, 1), (0, tallest))


def scatter(sizes: Sequence[Sequence[int]]) -> str:
    """Return a point for each [height, width, count]; its area grows with the count."""
    tallest, widest = max(size[0] for size in sizes), max(size[1] for size in sizes)
    most = max(size[2] for size in sizes)
    high = 2 * HEIGHT
    parts = [
        f'<circle cx="{LEFT + WIDTH * width / widest / 1.05:.1f}" '
        f'cy="{high * (1 - height / tallest / 1.05):.1f}" '
        f'r="{max(1.5, 12 * math.sqrt(count / most)):.1f}">'
        f"<title>{width}x{height}: {count:,}</title></circle>"
        for height, width, count in sizes
    ]
    points = f'<g fill="{COLORS[0]}" fill-opacity=".45" stroke="{COLORS[0]}">{"".join(parts)}</g>'
    return _framed(points, (0, round(1.05 * widest)), (0, round(1.05 * tallest)), high)


def table_of_bars(counts: Mapping[str, Mapping[str, int]], notes: Mapping[str, str]) -> str:
    """Return a row for each name with a bar for each split.

    Args:
        counts: For each split the counts by name; all splits have the same names.
        notes: What stands at the end of a row.
    """
    names = list(dict.fromkeys(name for of_split in counts.values() for name in of_split))
    most = {split: max([1, *of_split.values()]) for split, of_split in counts.items()}
    head = "".join(f"<th>{shown(split)}</th>" for split in counts)
    rows = [
        f'<tr><td class="name" title="{shown(name)}">{shown(name, LONGEST_NAME)}</td>'
        + "".join(
            _bar(of_split.get(name, 0), most[split], color)
            for (split, of_split), color in zip(counts.items(), COLORS, strict=False)
        )
        + f"<td>{shown(notes.get(name, ''))}</td></tr>"
        for name in names
    ]
    return f'<table class="bars"><tr><th></th>{head}<th>weight</th></tr>{"".join(rows)}</table>'


def _bar(count: int, most: int, color: str) -> str:
    return (
        f'<td><svg width="150" height="12" role="img" aria-label="{count}">'
        f'<rect width="{150 * count / most:.1f}" height="12" fill="{color}"/></svg> {count:,}</td>'
    )


def _framed(inside: str, across: tuple[float, float], up: tuple[float, float], high: int = HEIGHT) -> str:
    """Put axes with the first and last number around a drawing."""
    bottom = high + BELOW - 5
    return (
        f'<svg viewBox="0 -8 {LEFT + WIDTH + 12} {high + BELOW + 8}" role="img">{inside}'
        f'<path d="M{LEFT} 0V{high}H{LEFT + WIDTH}" fill="none" stroke="currentColor" stroke-opacity=".4"/>'
        f'<g class="axis"><text x="{LEFT}" y="{bottom}">{across[0]:,}</text>'
        f'<text x="{LEFT + WIDTH}" y="{bottom}" text-anchor="end">{across[1]:,}</text>'
        f'<text x="{LEFT - 4}" y="{high}" text-anchor="end">{up[0]:,}</text>'
        f'<text x="{LEFT - 4}" y="7" text-anchor="end">{_short(up[1])}</text></g></svg>'
    )


def _short(count: float) -> str:
    """Return a large count in few letters.

    Example:
        >>> _short(950), _short(12_345), _short(7_800_000)
        ('950', '12k', '7.8M')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.2g}{letter}" if count < 100 * size else f"{count / size:.0f}{letter}"
    return f"{count:g}"
