"""The file `analytics.csv` of the original DeepDIVA: written on demand, and compared where it lies.

    mean[RGB],0.1,0.2,0.3
    std[RGB],...
    class_frequencies_weights[num_classes],...        sums to one
    class_encodings,1.0,2.0                           of masks only: values of the blue channel

Rows are as long as the longest.  The original's mean is a mean of the means of the pictures,
and its file was never made anew when the data changed; ours is over all pixels.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from itertools import zip_longest

from deepdiva.data.analysis.facts import Analysis
from deepdiva.errors import DataError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents

NAME = "analytics.csv"
MEAN, STD, WEIGHTS, ENCODINGS = (
    "mean[RGB]",
    "std[RGB]",
    "class_frequencies_weights[num_classes]",
    "class_encodings",
)
NEAR = 1e-6
"""Numbers that differ by no more agree."""
LARGEST = 2**20
"""Bytes; longer files are none of the original's."""


def write_analytics(analysis: Analysis) -> bytes:
    """Return `analytics.csv` as the original lays it out.

    Raises:
        DataError: the train split has no pictures, or its masks are in colors that differ in
            more than blue (DATA-083).
    """
    mean, std = _of_three(analysis)
    weights, encodings = _weights(analysis)
    rows: list[list[str]] = [[MEAN, *map(repr, mean)], [STD, *map(repr, std)]]
    rows += [[WEIGHTS, *map(repr, weights)]] if weights else []
    rows += [[ENCODINGS, *map(repr, encodings)]] if encodings else []
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(zip(*zip_longest(*rows, fillvalue=""), strict=True))
    return stream.getvalue().encode()


def _of_three(analysis: Analysis) -> tuple[list[float], list[float]]:
    train = analysis.splits.get("train")
    if train is None or train["pixels"] is None:
        raise _unfit(
            f"the layout {analysis.layout} has no pictures in a train split", "pictures in a train split"
        )
    pixels = train["pixels"]
    return pixels["mean"] * (3 // pixels["channels"]), pixels["std"] * (3 // pixels["channels"])


def _weights(analysis: Analysis) -> tuple[list[float], list[float]]:
    """Return inverse frequencies that sum to one, and of masks the blue value of each."""
    train = analysis.splits["train"]
    counts, encodings = train["classes"], {}
    if train["mask_values"]:
        encodings = {_blue(value): 0 for value in train["mask_values"]}
        for value, pixels in train["mask_values"].items():
            encodings[_blue(value)] += pixels
        counts = encodings
    inverse = [1 / count for count in counts.values() if count]
    return [weight / math.fsum(inverse) for weight in inverse], sorted(encodings)


def _blue(value: str) -> float:
    if not value.startswith("#"):
        return float(value)
    return float(int(value[5:], 16))


def _unfit(found: str, expected: str) -> DataError:
    return DataError(
        f"no {NAME} can be written: {found}",
        expected=expected,
        remedy="leave out --analytics-csv; --json has all numbers",
        code="DATA-083",
    )


def compare_analytics(files: VerifiedData, analysis: Analysis) -> str | None:
    """Say how an `analytics.csv` at the top compares with what was counted; None where none lies there."""
    entry = files.footprint.files.get(NAME)
    if entry is None:
        return None
    rows = _read(Contents(files).read(NAME)) if entry.size <= LARGEST else None
    if rows is None:
        return f"{NAME} lies here, but not in the form of the original DeepDIVA; it is not used"
    try:
        ours = _of_three(analysis)
    except DataError:
        return f"{NAME} lies here, but there are no train pictures to compare it with; it is not used"
    gap = max(
        abs(a - b) for our, their in zip(ours, rows, strict=True) for a, b in zip(our, their, strict=True)
    )
    if gap <= NEAR:
        return f"{NAME} agrees with mean and deviation of the train split within {NEAR:g}; it is not used"
    return f"{NAME} differs in mean or deviation by up to {gap:.3g}: {_cause(analysis)}; it is not used"


def _cause(analysis: Analysis) -> str:
    if analysis.splits["train"]["sizes"]["different"] == 1:
        return "it is stale, or was made of other data"
    return "it is stale, or holds the mean of the pictures' means, as the original computes it"


def _read(content: bytes) -> tuple[Sequence[float], Sequence[float]] | None:
    """Return mean and deviation of three channels; None where the file is none of the original's."""
    try:
        rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(content.decode())) if row}
        mean, std = ([float(cell) for cell in rows[name] if cell] for name in (MEAN, STD))
    except (ValueError, KeyError, csv.Error):
        return None
    good = len(mean) == len(std) == 3 and all(map(math.isfinite, [*mean, *std]))
    return (mean, std) if good else None
