"""The original's analytics.csv: its exact form, and what is said where one lies in a data set."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from tests.data.drawing import draw_class_folders, encoded
from tests.data.layouts.laying import lay

from deepdiva.data.analysis import analyze
from deepdiva.data.analysis.analytics_csv import compare_analytics, write_analytics
from deepdiva.errors import DataError
from deepdiva.provenance.verify import verify


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "state"))


def test_the_form_is_that_of_the_original(tmp_path: Path) -> None:
    """No head, three named rows of equal length, weights that sum to one, numbers in full."""
    root = draw_class_folders(tmp_path / "data", classes=("a", "b", "c", "d"), counts=(3, 1, 1))
    (root / "train" / "b" / "0.png").unlink()
    found = analyze(verify(root))
    lines = write_analytics(found).decode().splitlines()
    assert found.mean is not None
    mean = repr(found.mean[0])
    assert lines[0] == f"mean[RGB],{mean},{mean},{mean},"
    weights = np.array([1 / 3, 1 / 2, 1 / 3, 1 / 3]) / 1.5
    assert lines[2].startswith("class_frequencies_weights[num_classes],0.2")
    assert [float(cell) for cell in lines[2].split(",")[1:]] == pytest.approx(weights.tolist(), abs=1e-15)
    assert [row[0] for row in csv.reader(io.StringIO("\n".join(lines)))] == [
        "mean[RGB]",
        "std[RGB]",
        "class_frequencies_weights[num_classes]",
    ]


def test_masks_have_encodings(tmp_path: Path) -> None:
    """Of masks the blue values are told, and weights go by pixels."""
    colored = np.zeros((4, 4, 3), np.uint8)
    colored[..., 2] = 1
    colored[0, :, 2] = 8
    for split in ("train", "val", "test"):
        for side, pixels in (("data", np.full((4, 4, 3), 51, np.uint8)), ("gt", colored)):
            (tmp_path / "data" / split / side).mkdir(parents=True)
            (tmp_path / "data" / split / side / "1.png").write_bytes(encoded(pixels))
    lines = write_analytics(analyze(verify(tmp_path / "data"))).decode().splitlines()
    assert lines[2:] == ["class_frequencies_weights[num_classes],0.25,0.75,", "class_encodings,1.0,8.0,"]


def test_without_train_pictures_there_is_none(tmp_path: Path) -> None:
    """Data without pictures, or without a train split, have no analytics.csv (DATA-083)."""
    tables = {f"{split}.csv": "text,label\nx,a\ny,b\n" for split in ("train", "val", "test")}
    with pytest.raises(DataError, match="DATA-083"):
        write_analytics(analyze(verify(lay(tmp_path / "data", **tables))))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return draw_class_folders(tmp_path / "data")


def compared(root: Path) -> str | None:
    (root / "footprint.json").unlink(missing_ok=True)
    files = verify(root)
    return compare_analytics(files, analyze(files))


def test_a_file_that_lies_there_is_compared(root: Path) -> None:
    """One that agrees is said to; after the data changed it is said to be stale; none is ever used."""
    assert compared(root) is None
    (root / "analytics.csv").write_bytes(write_analytics(analyze(verify(root))))
    assert "agrees" in str(compared(root))
    (root / "train" / "cat" / "white.png").write_bytes(encoded(np.full((8, 8), 255, np.uint8)))
    assert "it is stale, or was made of other data" in str(compared(root))


def test_a_mean_of_means_is_explained(root: Path) -> None:
    """Where pictures differ in size, the original's mean is another by its making, and that is said."""
    (root / "analytics.csv").write_text("mean[RGB],0.4,0.4,0.4\nstd[RGB],0.2,0.2,0.2\n")
    (root / "train" / "cat" / "large.png").write_bytes(encoded(np.zeros((60, 60), np.uint8)))
    assert "mean of the pictures' means" in str(compared(root))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "mean[RGB],1\n",
        "mean[RGB],a,b,c\nstd[RGB],1,1,1\n",
        "mean[RGB],nan,0,0\nstd[RGB],1,1,1\n",
        "\x00,\n",
    ],
)
def test_a_strange_file_stops_nothing(root: Path, content: str) -> None:
    """What is no analytics.csv of the original is said to be none, and the analysis is there."""
    (root / "analytics.csv").write_text(content)
    assert "not in the form of the original" in str(compared(root))
