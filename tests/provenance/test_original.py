"""Rules for data sets that the original DeepDIVA left a footprint beside."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from deepdiva.errors import DataChanged, DataError
from deepdiva.provenance.original import load_original
from deepdiva.provenance.verify import verify


def node(folder: Path, typed: str) -> dict[str, Any]:
    """Return what the original wrote for `folder`, as its page of facts describes it."""
    files = [entry for entry in folder.iterdir() if entry.is_file() and entry.name != "footprint.json"]
    return {
        "files": [
            {"file_name": f"{typed}/{f.name}", "file_hash": hashlib.sha1(f.read_bytes()).hexdigest()}
            for f in files
        ],
        "folders": [node(entry, f"{typed}/{entry.name}") for entry in folder.iterdir() if entry.is_dir()],
        "path": typed,
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    for name in ("train/b/3.txt", "train/a/1.txt", "val/a/4.txt"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(name)
    facts = node(folder, "DATA/fp") | {"last_modified": "Sun Sep 13 12:28:20 2020"}
    (folder / "footprint.json").write_text(json.dumps(facts))
    return folder


def test_is_verified_kept_and_complemented(root: Path) -> None:
    """The old footprint proves the old data; ours lies beside it under another name."""
    old = (root / "footprint.json").read_bytes()

    notices = verify(root).notices

    assert "of the original DeepDIVA was verified" in notices[0]
    assert (root / "footprint.json").read_bytes() == old
    assert (root / "footprint.deepdiva.json").is_file()
    assert verify(root, deep=True).notices == ()


def test_knows_the_paths_below_the_root(root: Path) -> None:
    """Where the data lay then, and how the path was typed, does not matter."""
    assert sorted(load_original(root / "footprint.json")) == ["train/a/1.txt", "train/b/3.txt", "val/a/4.txt"]


@pytest.mark.parametrize("change", ["changed", "removed", "added"])
def test_refuses_data_that_changed_since(root: Path, change: str) -> None:
    """A difference from the old footprint refuses, and no footprint of ours covers it up."""
    match change:
        case "changed":
            (root / "train/a/1.txt").write_text("TRAIN/a/1.txt")
        case "removed":
            (root / "train/a/1.txt").unlink()
        case "added":
            (root / "train/a/new.txt").write_text("new")

    with pytest.raises(DataChanged, match=change):
        verify(root)
    assert not (root / "footprint.deepdiva.json").exists()


def test_files_that_the_original_made_itself_do_not_count(root: Path) -> None:
    """It wrote `analytics.csv` after its footprint and then refused its own file."""
    (root / "analytics.csv").write_text("mean,std")

    assert verify(root).footprint.files["analytics.csv"].size == 8


@pytest.mark.parametrize(
    "facts",
    [
        {"files": 5, "folders": [], "path": "x"},
        {"files": [{"file_name": "x/1"}], "folders": [], "path": "x"},
        {"files": [{"file_name": "y/../../1", "file_hash": "0"}], "folders": [], "path": "x"},
        {"files": [], "folders": [{}], "path": "x"},
    ],
)
def test_a_damaged_one_is_refused(root: Path, facts: dict[str, Any]) -> None:
    """Its keys say that it is one, its content cannot be read: DATA-060, nothing is overwritten."""
    (root / "footprint.json").write_text(json.dumps(facts))

    with pytest.raises(DataError, match="DATA-060"):
        verify(root)
    assert json.loads((root / "footprint.json").read_text()) == facts


def nested(depth: int) -> str:
    """Return an original whose folders lie so deep in each other."""
    begin = '{"files": [], "path": "x", "folders": ['
    return begin * depth + "]}" * depth


@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_a_deeply_nested_one_is_refused(root: Path, depth: int) -> None:
    """However deep, it ends with an error of ours: DATA-043 where it can be read, else DATA-060."""
    (root / "footprint.json").write_text(nested(depth))

    with pytest.raises(DataError, match="DATA-043" if depth == 300 else "DATA-060|DATA-043"):
        verify(root)
    assert (root / "footprint.json").read_text() == nested(depth)


def test_an_oversized_one_is_refused_unread(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file longer than any original is not taken into memory: DATA-060, and it stays."""
    monkeypatch.setattr("deepdiva.provenance.original.LARGEST_FILE", 100)
    old = (root / "footprint.json").read_bytes()

    assert len(old) > 100
    with pytest.raises(DataError, match="DATA-060"):
        verify(root)
    with pytest.raises(DataError, match="longer than 100 bytes"):
        load_original(root / "footprint.json")
    assert (root / "footprint.json").read_bytes() == old
