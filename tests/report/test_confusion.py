from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from deepdiva.report.confusion import Picture, accuracy_line, draw_confusion, row_shares

HOSTILE = ["$\\frac{1", "[bold]", "<script>", "=cmd()", "\x1b[31m", "\u202ertl", "x" * 300, "字", "_^{", "%s"]


def matrix(classes: int) -> np.ndarray:
    return np.eye(classes, dtype=np.int64) * 40 + np.arange(classes**2).reshape(classes, classes) % 3


def pixels(picture: Picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))


@pytest.mark.parametrize("classes", [1, 2, 10, 52, 120])
def test_any_number_of_classes_gives_a_picture(classes: int) -> None:
    """A PNG of the size it tells, not larger than a screen shows, and not blank."""
    picture = draw_confusion(matrix(classes), [f"class {index}" for index in range(classes)], "val, epoch 1")
    drawn = pixels(picture)

    assert drawn.shape == (picture.height, picture.width, 3)
    assert max(drawn.shape) < 2400
    assert drawn.min() < 60
    assert drawn.max() == 255


def test_names_are_shown_and_never_obeyed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Formulas, markup, control sequences, unknown letters: no error, no warning, no TeX."""
    import matplotlib

    monkeypatch.setitem(matplotlib.rcParams, "text.usetex", True)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert draw_confusion(matrix(10), HOSTILE, "val, epoch $\\frac{1").png


def test_a_users_style_stays_and_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture looks the same on every machine, and drawing it changes no setting of Matplotlib."""
    import matplotlib

    names = ["a", "b"]
    plain = draw_confusion(matrix(2), names, "val")
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 30.0)
    monkeypatch.setitem(matplotlib.rcParams, "figure.facecolor", "red")

    assert draw_confusion(matrix(2), names, "val").png == plain.png
    assert matplotlib.rcParams["font.size"] == 30.0


def test_the_picture_stays_in_place_from_epoch_to_epoch() -> None:
    """Whoever moves through the epochs sees the numbers change and nothing else."""
    first = draw_confusion(matrix(3), ["a", "b", "c"], "val, epoch 1")
    second = draw_confusion(matrix(3) * 1000, ["a", "b", "c"], "val, epoch 100")

    assert (first.width, first.height) == (second.width, second.height)


@given(arrays(np.int64, st.integers(1, 8).map(lambda size: (size, size)), elements=st.integers(0, 10**6)))
def test_rows_are_shares(counts: np.ndarray) -> None:
    """Every class with samples sums to one, however rare it is; one without has no color."""
    sums, empty = row_shares(counts).sum(axis=1), counts.sum(axis=1) == 0

    np.testing.assert_allclose(sums[~empty], 1.0)
    assert (sums[empty] == 0).all()


def test_no_samples_are_told_as_such() -> None:
    """An empty split has no accuracy, which is not an accuracy of zero."""
    assert accuracy_line(np.zeros((2, 2), np.int64)) == "no samples"
    assert draw_confusion(np.zeros((2, 2), np.int64), ["a", "b"], "val").png
