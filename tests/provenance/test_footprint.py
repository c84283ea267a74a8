"""Rules of footprints: what identifies a data set, and how a footprint is kept."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.errors import DataError
from deepdiva.provenance import original
from deepdiva.provenance.file_table import FileEntry
from deepdiva.provenance.footprint import (
    Footprint,
    find_footprint,
    load,
    save,
    take_footprint,
)

DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/"), min_size=1
)
PATHS = st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3).map("/".join)
ENTRIES = st.builds(FileEntry, st.integers(0, 2**60), st.integers(-(2**60), 2**60), DIGESTS)
FOOTPRINTS = st.dictionaries(PATHS, ENTRIES, min_size=1, max_size=6).map(
    lambda f: Footprint(dict(sorted(f.items())))
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    for name, content in {"b/2": b"two", "a/1": b"one", "notes.txt": b"read me"}.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


def test_lists_every_file_by_path_size_and_content(root: Path) -> None:
    """Files of no layout count too; paths are relative, with slashes, in sorted order."""
    footprint = take_footprint(root)

    assert list(footprint.files) == ["a/1", "b/2", "notes.txt"]
    assert footprint.files["a/1"].size == 3
    assert footprint.files["a/1"].digest == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"


def test_digest_follows_the_published_rule() -> None:
    """SHA-256 over sorted lines of path, NUL, size, NUL, digest: anyone can compute it without us."""
    files = {"a/1": FileEntry(3, 5, "1" * 64), "b": FileEntry(0, 6, "2" * 64)}
    lines = f"a/1\x003\x00{'1' * 64}\nb\x000\x00{'2' * 64}\n"

    assert Footprint(files).digest == hashlib.sha256(lines.encode()).hexdigest()


def test_digest_is_the_same_for_a_copy_elsewhere(root: Path, tmp_path: Path) -> None:
    """Neither the place nor the times of files belong to the identity."""
    shutil.copytree(root, tmp_path / "else" / "where", copy_function=shutil.copyfile)

    assert take_footprint(tmp_path / "else" / "where").digest == take_footprint(root).digest


def test_digest_does_not_depend_on_the_order_on_disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Directory entries may come in any order."""
    before = take_footprint(root)
    listed = os.scandir

    class Reversed:
        def __init__(self, place: int) -> None:
            self.entries = listed(place)

        def __enter__(self) -> list[os.DirEntry[str]]:
            return list(self.entries)[::-1]

        def __exit__(self, *_: object) -> None:
            self.entries.close()

    monkeypatch.setattr(os, "scandir", Reversed)

    assert take_footprint(root) == before


def test_digest_changes_with_a_name(root: Path) -> None:
    """A picture moved to another class is another data set."""
    before = take_footprint(root).digest
    (root / "a" / "1").rename(root / "b" / "1")

    assert take_footprint(root).digest != before


@pytest.mark.parametrize("name", ["footprint.json", ".gitignore", ".DS_Store", "Thumbs.db", "a/._1"])
def test_leaves_out_what_is_never_data(root: Path, name: str) -> None:
    """Our own files and the litter of file managers do not change a data set."""
    before = take_footprint(root)
    (root / name).write_text("{}")

    assert take_footprint(root) == before


def test_counts_other_hidden_files(root: Path) -> None:
    """Only listed names are left out; any other hidden file is part of the data set."""
    (root / ".labels.csv").write_text("1,2")

    assert ".labels.csv" in take_footprint(root).files


@given(FOOTPRINTS)
def test_comes_back_as_it_was_kept(tmp_path_factory: pytest.TempPathFactory, footprint: Footprint) -> None:
    """Whatever the names: a footprint read is the footprint written."""
    folder = tmp_path_factory.mktemp("kept")

    assert load(save(footprint, folder)) == footprint


def test_is_kept_beside_the_data_one_file_a_line(root: Path) -> None:
    """Two footprints can be compared line by line."""
    place = save(take_footprint(root), root)

    assert place == root / "footprint.json" == find_footprint(root)
    assert sum(line.startswith('"a/1": {"size": 3, ') for line in place.read_text().splitlines()) == 1


def test_holds_no_place(root: Path) -> None:
    """A footprint can be given away: it names no folder of the machine."""
    assert str(root) not in save(take_footprint(root), root).read_text()


def test_is_kept_away_where_the_data_cannot_be_written(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The footprint of a read-only data set lies in the state folder and is found there."""
    opened = os.open

    def refusing(path: str | Path, flags: int, *rest: int, **more: int) -> int:
        if flags & os.O_CREAT and Path(path).parent == root:
            raise OSError(30, "Read-only file system", str(path))
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refusing)
    place = save(take_footprint(root), root)

    assert place.is_relative_to(home)
    assert find_footprint(root) == place


DAMAGES: dict[str, Callable[[str], str]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda _: "",
    "a list": lambda _: "[]",
    "size": lambda content: content.replace('"size": 3', '"size": 4', 1),
    "time": lambda content: re.sub(r'"mtime_ns": \d', '"mtime_ns": 9', content, count=1),
    "digest": lambda content: re.sub(r'("mtime_ns": \d+, "digest": ")..', r"\1zz", content, count=1),
    "other digest": lambda content: re.sub(
        r'("mtime_ns": \d+, "digest": ")\w{64}', r"\1" + "0" * 64, content
    ),
    "name": lambda content: content.replace("a/1", "a/2"),
    "version": lambda content: content.replace("footprint 1", "footprint 99"),
    "algorithm": lambda content: content.replace("sha256", "md5"),
    "identity": lambda content: re.sub(r'^"digest": "\w{64}', f'"digest": "{"0" * 64}', content, flags=re.M),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_refuses_a_footprint_that_was_touched(root: Path, damage: str) -> None:
    """Truncated, edited or of another version: DATA-060, and the file stays as it is."""
    place = save(take_footprint(root), root)
    content = DAMAGES[damage](place.read_text())
    assert content != place.read_text()
    place.write_text(content)

    with pytest.raises(DataError, match="DATA-060"):
        load(place)
    assert place.read_text() == content


@pytest.mark.parametrize(
    "path", ["../out", "/etc/passwd", "a//b", "a/./b", "a/..", "", "a/", "x\ny", "\x1b[2J"]
)
def test_refuses_paths_that_lead_elsewhere(tmp_path: Path, path: str) -> None:
    """Even with a checksum that fits, a footprint cannot name a file outside of its folder."""
    place = save(Footprint({path: FileEntry(1, 2, "0" * 64)}), tmp_path)

    with pytest.raises(DataError, match="DATA-060"):
        load(place)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_footprint_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Whatever lies where a footprint should, nobody sees a traceback."""
    place = tmp_path_factory.mktemp("any") / "footprint.json"
    place.write_bytes(content)

    with pytest.raises(DataError, match="DATA-060"):
        load(place)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["files", "format", "algorithm", "digest", "checksum"]))
def test_any_json_in_any_field_is_refused(
    tmp_path_factory: pytest.TempPathFactory, value: object, key: str
) -> None:
    """A field of another type is damage, not a crash."""
    place = save(Footprint({"a": FileEntry(1, 2, "0" * 64)}), tmp_path_factory.mktemp("any"))
    facts = json.loads(place.read_text())
    if facts[key] == value:
        return
    place.write_text(json.dumps(facts | {key: value}))

    with pytest.raises(DataError, match="DATA-060"):
        load(place)


def test_original_footprint_is_told_by_its_keys(root: Path) -> None:
    """A footprint of ours is none of the original's, and the other way round."""
    place = save(take_footprint(root), root)
    assert not original.is_original(place)

    place.write_text('{"files": [], "folders": [], "path": "x", "last_modified": "now"}')
    assert original.is_original(place)
    assert find_footprint(root) is None
