"""The picture of a confusion matrix: which classes are taken for which.

Every place is known before anything is drawn, cells and colors are painted as pixels, and
Matplotlib writes the letters alone, without axes: three times faster than to let it find a
layout, and the matrix stays in place from epoch to epoch.
"""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from deepdiva.report.legible import legible

DOTS_PER_INCH = 110
LONGEST_NAME = 28
"""Letters of a class name that are shown."""
MANY_CLASSES, LEAST_SHARE = 30, 0.02
"""With more classes than that, counts below that share of their row are left to the color alone."""
SMALLEST_LETTERS = 4.5
"""Points; counts that would have to be smaller are not written."""
INK, GREY, DARK_BLUE, LINE = "0.15", "0.4", "#08306b", 209


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
        page = _Page.plan([legible(name, LONGEST_NAME) for name in classes])
        figure = Figure(figsize=(page.width, page.height), dpi=DOTS_PER_INCH)
        shares = row_shares(counts)
        _paint_matrix(figure, page, shares)
        _paint_scale(figure, page)
        _write_names(figure, page)
        _write_counts(figure, page, counts, shares)
        note = (
            f"; counts below {LEAST_SHARE:.0%} of their row are not written" if _least_share(counts) else ""
        )
        _write_title(figure, page, title, accuracy_line(counts) + note)
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

    def write(self, figure: Any, right: float, up: float, text: str, **style: Any) -> None:
        """Write `text` so many inches from the lower left corner of the matrix."""
        place = (self.left + right) / self.width, (self.bottom + up) / self.height
        figure.text(*place, text, **({"ha": "center", "va": "center"} | style))

    def middle(self, index: int) -> float:
        """Return the inches from the beginning of the matrix to the middle of a row or column."""
        return (index + 0.5) * self.side / len(self.names)


def _longest_inches(names: list[str], letters: float) -> float:
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont("DejaVu Sans"))
    font.set_size(letters, 72)
    widths = []
    for name in names:
        font.set_text(name)
        widths.append(font.get_width_height()[0] / 64 / 72)
    return float(max(widths))


def _paint_matrix(figure: Any, page: _Page, shares: np.ndarray) -> None:
    """Paint the cells, with a line of one pixel around each; around all, where cells are small."""
    import matplotlib

    pixels = round(page.side * DOTS_PER_INCH)
    borders = np.linspace(0, pixels, len(shares) + 1).round().astype(int)
    cell = np.repeat(np.arange(len(shares)), np.diff(borders))
    painted = matplotlib.colormaps["Blues"](shares, bytes=True)[cell][:, cell]
    lines = np.minimum(borders if page.cell > 8 else borders[[0, -1]], pixels - 1)
    painted[lines, :, :3] = painted[:, lines, :3] = LINE
    _paint(figure, painted, page.left, page.bottom)


def _paint_scale(figure: Any, page: _Page) -> None:
    """Paint the colors beside the matrix, from nothing to the whole row."""
    import matplotlib

    height, right, up = 0.7 * page.side, page.side + 0.25, 0.15 * page.side
    shares = np.linspace(1, 0, round(height * DOTS_PER_INCH))[:, None].repeat(14, axis=1)
    colors = matplotlib.colormaps["Blues"](shares, bytes=True)
    _paint(figure, colors, page.left + right, page.bottom + up)
    for share in (0.0, 0.5, 1.0):
        text = f"{share:.0%}"
        page.write(figure, right + 0.2, up + share * height, text, ha="left", fontsize=8, color=GREY)
    label: dict[str, Any] = {"rotation": 90, "fontsize": 8, "color": GREY}
    page.write(figure, right + 0.75, page.side / 2, "share of the true class", **label)


def _paint(figure: Any, pixels: np.ndarray, left: float, bottom: float) -> None:
    place = round(left * DOTS_PER_INCH), round(bottom * DOTS_PER_INCH)
    figure.figimage(pixels, *place, origin="upper")


def _write_names(figure: Any, page: _Page) -> None:
    """Write the names beside rows and columns, and leave some out where they would overlap."""
    style: dict[str, Any] = {"fontsize": page.letters, "color": INK, "rotation_mode": "anchor"}
    aligned = {0: ("center", "top"), 45: ("right", "top"), 90: ("right", "center")}[page.turn]
    for index in range(0, len(page.names), max(1, math.ceil(1.15 * page.letters / page.cell))):
        name, middle = page.names[index], page.middle(index)
        page.write(figure, -0.085, page.side - middle, name, ha="right", va="center_baseline", **style)
        turned = {"ha": aligned[0], "va": aligned[1], "rotation": page.turn}
        page.write(figure, middle, -0.085, name, **turned, **style)
    label: dict[str, Any] = {"fontsize": 10, "color": GREY}
    page.write(figure, 0.18 - page.left, page.side / 2, "true class", rotation=90, **label)
    page.write(figure, page.side / 2, 0.2 - page.bottom, "predicted class", **label)


def _write_counts(figure: Any, page: _Page, counts: np.ndarray, shares: np.ndarray) -> None:
    size = min(11.0, 0.55 * page.cell, 1.4 * page.cell / len(str(counts.max())))
    if size < SMALLEST_LETTERS:
        return
    for row, column in np.argwhere((counts > 0) & (shares >= _least_share(counts))).tolist():
        color = "white" if shares[row, column] > 0.5 else DARK_BLUE
        style: dict[str, Any] = {"va": "center_baseline", "fontsize": size, "color": color}
        page.write(
            figure, page.middle(column), page.side - page.middle(row), str(counts[row, column]), **style
        )


def _least_share(counts: np.ndarray) -> float:
    return LEAST_SHARE if len(counts) > MANY_CLASSES else 0.0


def _write_title(figure: Any, page: _Page, title: str, accuracy: str) -> None:
    page.write(figure, page.side / 2, page.side + 0.45, title, fontsize=12, color=INK)
    page.write(figure, page.side / 2, page.side + 0.2, accuracy, fontsize=10, color=GREY)


def _as_png(canvas: Any) -> Picture:
    content = io.BytesIO()
    canvas.print_png(content, metadata={"Software": None}, pil_kwargs={"compress_level": 4})
    return Picture(content.getvalue(), *canvas.get_width_height())
