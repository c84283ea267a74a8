"""Rules for reading what is compared: quick where a footprint is current, and nothing is written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance.data_sides import read_sides
from deepdiva.provenance.footprint import save, take_footprint
from deepdiva.provenance.moves import Content


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty state folder."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a data folder of two files."""
    folder = tmp_path / "set"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1").write_text("one")
    (folder / "2").write_text("two")
    return folder


def sha256(text: str) -> Content:
    """Return a content as this program writes it down."""
    return Content(hashlib.sha256(text.encode()).hexdigest(), len(text))


def original_footprint(root: Path, place: Path) -> Path:
    """Write the footprint that the original DeepDIVA would have written."""

    def node(folder: str, path: str) -> dict[str, object]:
        digest = hashlib.sha1((root / path).read_bytes()).hexdigest()
        return {"files": [{"file_name": f"old/{path}", "file_hash": digest}], "folders": [], "path": folder}

    place.write_text(json.dumps(node("old", "2") | {"folders": [node("old/a", "a/1")]}))
    return place


def test_a_folder_without_footprint_is_read_and_left_alone(root: Path, home: Path) -> None:
    """Nothing new lies in it, nor in the state folder."""
    before = sorted(root.rglob("*"))

    a, b = read_sides(root, root)

    assert a.files == b.files == {"2": sha256("two"), "a/1": sha256("one")}
    assert sorted(root.rglob("*")) == before
    assert not home.exists()


def test_only_files_that_look_different_are_read(root: Path) -> None:
    """A byte changed under the old size and time is found with `deep` alone."""
    save(take_footprint(root), root)
    facts = (root / "2").stat()
    (root / "2").write_text("TWO")
    os.utime(root / "2", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    (root / "a" / "1").write_text("other")

    quick, _ = read_sides(root, root)
    deep, _ = read_sides(root, root, deep=True)

    assert quick.files == {"2": sha256("two"), "a/1": sha256("other")}
    assert deep.files == {"2": sha256("TWO"), "a/1": sha256("other")}
    assert quick.how == "by its footprint; 1 of other size or time were read"


def test_a_footprint_tells_of_data_that_is_gone(root: Path, tmp_path: Path) -> None:
    """Also when it lies elsewhere."""
    place = save(take_footprint(root), root).rename(tmp_path / "kept.json")
    (root / "2").unlink()

    a, b = read_sides(place, root)

    assert (sorted(a.files), sorted(b.files)) == (["2", "a/1"], ["a/1"])


def test_a_folder_is_read_by_the_algorithm_of_the_other_side(root: Path, tmp_path: Path) -> None:
    """An original footprint knows SHA-1 alone; what the original wrote by itself does not count."""
    place = original_footprint(root, tmp_path / "old.json")
    save(take_footprint(root), root)
    (root / "analytics.csv").write_text("")

    for a, b in (read_sides(place, root), tuple(reversed(read_sides(root, place)))):
        assert a.algorithm == b.algorithm == "sha1"
        assert {path: content.digest for path, content in a.files.items()} == {
            path: content.digest for path, content in b.files.items()
        }


def test_of_two_folders_the_first_footprint_decides(root: Path, tmp_path: Path) -> None:
    """A side without a footprint of its own follows, whichever it is."""
    shutil.copytree(root, tmp_path / "bare")
    save(take_footprint(root, algorithm="blake3"), root)

    for a, b in (read_sides(root, tmp_path / "bare"), read_sides(tmp_path / "bare", root)):
        assert a.algorithm == b.algorithm == "blake3"
        assert a.files == b.files


def test_footprints_of_two_algorithms_are_refused(root: Path, tmp_path: Path) -> None:
    """No digest of one tells that of the other; naming a folder is the way out."""
    old = original_footprint(root, tmp_path / "old.json")
    new = save(take_footprint(root), root)

    with pytest.raises(ConfigError, match=r"CFG-038: .* by sha1, .* by sha256") as caught:
        read_sides(old, new)
    assert "name the data folder" in caught.value.remedy


def test_a_run_stands_for_its_data(root: Path, tmp_path: Path) -> None:
    """Its own footprint is meant; a run without one is refused."""
    run = tmp_path / "run"
    (run / "data").mkdir(parents=True)
    (run / "run.json").write_text("{}")
    with pytest.raises(DataError, match="DATA-074"):
        read_sides(run, root)
    save(take_footprint(root), root).rename(run / "data" / "footprint.json")

    a, b = read_sides(run, root)

    assert a.files == b.files


@pytest.mark.parametrize("content", ["hello", "{}", '{"a": 1}'])
def test_another_file_is_no_side(root: Path, tmp_path: Path, content: str) -> None:
    """And the user is not told to delete it."""
    (tmp_path / "file").write_text(content)

    with pytest.raises(DataError, match="DATA-075") as caught:
        read_sides(tmp_path / "file", root)
    assert "delete" not in str(caught.value)


def test_a_damaged_footprint_is_no_side(root: Path) -> None:
    """Where it lies beside the data, too; `deep` needs none."""
    place = save(take_footprint(root), root)
    place.write_text(place.read_text().replace('"size": 3', '"size": 4'))

    for a in (place, root):
        with pytest.raises(DataError, match="DATA-060"):
            read_sides(a, a)
    assert read_sides(root, root, deep=True)[0].files["2"] == sha256("two")


def test_a_pipe_is_not_waited_for(root: Path, tmp_path: Path) -> None:
    """It is no folder, and no file either."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match="DATA-046"):
        read_sides(root, tmp_path / "pipe")
