"""The picture of a confusion matrix: which classes are taken for which.

Every size is known in inches before anything is drawn: that is three times faster than to
let Matplotlib find a layout, and the matrix stays in place from epoch to epoch.
"""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from deepdiva.report.printable import printable

DOTS_PER_INCH = 110
LONGEST_NAME = 28
"""Letters of a class name that are shown."""
MANY_CLASSES, LEAST_SHARE = 30, 0.05
"""With more classes than that, counts below that share of their row are left to the color alone."""
SMALLEST_LETTERS = 4.5
"""Points; counts that would have to be smaller are not written."""
INK, GREY, DARK_BLUE = "0.15", "0.4", "#08306b"


@dataclass(frozen=True)
class Picture:
    """A PNG and its size in pixels."""

    png: bytes
    width: int
    height: int


def draw_confusion(counts: Int64[np.ndarray, "classes classes"], classes: list[str], title: str) -> Picture:
    """Draw samples by true class (rows) and predicted class (columns).

    The color of a cell is its share of the row, so that rare classes show as well as frequent
    ones; the number in it is the count.  Empty cells stay empty.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph")
        matplotlib.rcdefaults()  # a user's own style must not run TeX over class names
        matplotlib.rcParams["text.parse_math"] = False
        page = _Page.plan([printable(name, LONGEST_NAME) for name in classes])
        figure = Figure(figsize=(page.width, page.height), dpi=DOTS_PER_INCH)
        shares = row_shares(counts)
        axes = _draw_matrix(figure, page, shares)
        _write_names(axes, page)
        _write_counts(axes, page, counts, shares)
        note = (
            f"; counts below {LEAST_SHARE:.0%} of their row are not written" if _least_share(counts) else ""
        )
        _write_title(axes, page, title, accuracy_line(counts) + note)
        _draw_scale(figure, page)
        return _as_png(FigureCanvasAgg(figure))


def row_shares(counts: Int64[np.ndarray, "classes classes"]) -> Float64[np.ndarray, "classes classes"]:
    """Return each row divided by its sum; a class without samples has zeros."""
    shares: np.ndarray = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def accuracy_line(counts: Int64[np.ndarray, "classes classes"]) -> str:
    """Return the accuracy in words.

    Example:
        >>> accuracy_line(np.array([[3, 1], [0, 4]]))
        'accuracy 0.8750 (7 of 8)'
    """
    right, total = int(np.trace(counts)), int(counts.sum())
    return f"accuracy {right / total:.4f} ({right:,} of {total:,})" if total else "no samples"


@dataclass(frozen=True)
class _Page:
    """Where everything stands: inches from the left and lower edge; letters in points."""

    names: list[str]
    side: float
    """Of the matrix."""
    letters: float
    """Size of the class names."""
    turn: int
    """Degrees by which the names of the columns are turned."""
    left: float
    bottom: float
    width: float
    height: float

    @staticmethod
    def plan(names: list[str]) -> _Page:
        side = min(13.0, 3.8 + 0.17 * len(names))
        cell = 72 * side / len(names)
        letters = min(10.0, max(5.5, 0.6 * cell))
        longest = _longest_inches(names, letters)
        turn = 0 if 72 * longest < 0.9 * cell else 45 if cell > 2.2 * letters else 90
        left = 0.55 + longest
        bottom = 0.5 + (0.16 if turn == 0 else longest if turn == 90 else 0.72 * longest + 0.1)
        return _Page(names, side, letters, turn, left, bottom, left + side + 1.15, bottom + side + 0.75)

    @property
    def cell(self) -> float:
        """Points from one row to the next."""
        return 72 * self.side / len(self.names)

    def box(self, left: float, bottom: float, width: float, height: float) -> tuple[float, ...]:
        """Return a place in inches as Matplotlib wants it, in parts of the page."""
        return left / self.width, bottom / self.height, width / self.width, height / self.height


def _longest_inches(names: list[str], letters: float) -> float:
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont("DejaVu Sans"))
    font.set_size(letters, 72)
    widths = []
    for name in names:
        font.set_text(name)
        widths.append(font.get_width_height()[0] / 64 / 72)
    return float(max(widths))


def _draw_matrix(figure: Any, page: _Page, shares: np.ndarray) -> Any:
    axes = figure.add_axes(page.box(page.left, page.bottom, page.side, page.side))
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, interpolation="nearest", aspect="auto")
    axes.set_axis_off()
    low, high = -0.5, len(shares) - 0.5
    borders = np.arange(len(shares) + 1) - 0.5
    line = {"color": "0.82", "linewidth": min(0.8, page.cell / 25), "clip_on": False}
    axes.hlines(borders, low, high, **line)
    axes.vlines(borders, low, high, **line)
    return axes


def _write_names(axes: Any, page: _Page) -> None:
    """Write the names beside rows and columns, and leave some out where they would overlap."""
    count, gap = len(page.names), 6 / page.cell
    style: dict[str, Any] = {"fontsize": page.letters, "color": INK, "rotation_mode": "anchor"}
    aligned = {0: ("center", "top"), 45: ("right", "top"), 90: ("right", "center")}[page.turn]
    for index in range(0, count, max(1, math.ceil(1.15 * page.letters / page.cell))):
        name = page.names[index]
        axes.text(-0.5 - gap, index, name, ha="right", va="center_baseline", **style)
        place = (index, count - 0.5 + gap)
        axes.text(*place, name, ha=aligned[0], va=aligned[1], rotation=page.turn, **style)
    far_left, far_below = (page.left - 0.18) * 72 / page.cell, (page.bottom - 0.2) * 72 / page.cell
    middle, note = (count - 1) / 2, {"fontsize": 10, "color": GREY, "ha": "center", "va": "center"}
    axes.text(-0.5 - far_left, middle, "true class", rotation=90, **note)
    axes.text(middle, count - 0.5 + far_below, "predicted class", **note)


def _write_counts(axes: Any, page: _Page, counts: np.ndarray, shares: np.ndarray) -> None:
    written = (counts > 0) & (shares >= _least_share(counts))
    size = min(11.0, 0.55 * page.cell, 1.4 * page.cell / len(str(counts.max())))
    if size < SMALLEST_LETTERS:
        return
    for row, column in np.argwhere(written):
        color = "white" if shares[row, column] > 0.5 else DARK_BLUE
        text = str(counts[row, column])
        axes.text(column, row, text, ha="center", va="center_baseline", fontsize=size, color=color)


def _least_share(counts: np.ndarray) -> float:
    return LEAST_SHARE if len(counts) > MANY_CLASSES else 0.0


def _write_title(axes: Any, page: _Page, title: str, accuracy: str) -> None:
    middle, inch = (len(page.names) - 1) / 2, 72 / page.cell
    axes.text(middle, -0.5 - 0.45 * inch, title, ha="center", va="center", fontsize=12, color=INK)
    axes.text(middle, -0.5 - 0.2 * inch, accuracy, ha="center", va="center", fontsize=10, color=GREY)


def _draw_scale(figure: Any, page: _Page) -> None:
    """Draw the colors beside the matrix, from nothing to the whole row."""
    height = 0.7 * page.side
    place = page.box(page.left + page.side + 0.25, page.bottom + 0.15 * page.side, 0.13, height)
    axes = figure.add_axes(place)
    axes.imshow(np.linspace(1, 0, 256)[:, None], cmap="Blues", aspect="auto", extent=(0, 1, 0, 1))
    axes.set_axis_off()
    for share in (0.0, 0.5, 1.0):
        axes.text(1.5, share, f"{share:.0%}", va="center", fontsize=8, color=GREY)
    axes.text(5.2, 0.5, "share of the true class", rotation=90, va="center", fontsize=8, color=GREY)


def _as_png(canvas: Any) -> Picture:
    content = io.BytesIO()
    canvas.print_png(content, metadata={"Software": None})
    return Picture(content.getvalue(), *canvas.get_width_height())
