"""Pictures and their masks."""

from pathlib import Path

import pytest
from tests.data.layouts.laying import found, lay

from deepdiva.data.layouts import Sample
from deepdiva.errors import DataError


def test_pairs_are_made_by_name_without_suffix(tmp_path: Path) -> None:
    """Folders below data and gt count, dots inside names too; the picture names the sample."""
    lay(tmp_path, "train/data/b/p.1.jpg", "train/gt/b/p.1.png", "train/data/p.2.jpg", "train/gt/p.2.png")
    assert found(tmp_path).samples == (
        Sample("train/data/b/p.1.jpg", "train", ("train/data/b/p.1.jpg", "train/gt/b/p.1.png")),
        Sample("train/data/p.2.jpg", "train", ("train/data/p.2.jpg", "train/gt/p.2.png")),
    )


def test_unmatched_files_are_named_both_ways(tmp_path: Path) -> None:
    """A missing mask never shifts the other pairs: it is an error that names the lonely (faults, row 22)."""
    lay(tmp_path, "data/1.jpg", "data/2.jpg", "data/3.jpg", "gt/1.png", "gt/3.png", "gt/4.png")
    with pytest.raises(DataError, match="DATA-022") as caught:
        found(tmp_path)
    assert "  data/2.jpg\n  gt/4.png" in caught.value.found
    assert "data/3.jpg" not in caught.value.found


def test_two_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    """Nobody can tell which of them the mask belongs to."""
    with pytest.raises(DataError, match="DATA-022.*\n  data/1.png"):
        found(lay(tmp_path, "data/1.jpg", "data/1.png", "gt/1.png"))
