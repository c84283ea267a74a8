"""Rules of reading: no byte is handed out that the footprint does not describe."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deepdiva.errors import DataError
from deepdiva.provenance.contents import Contents
from deepdiva.provenance.hashing import hash_files
from deepdiva.provenance.tree import look_at
from deepdiva.provenance.verify import verify


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a/1", "a/2", "b/1", "top"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"content of {name}")
    return tmp_path


def test_gives_the_bytes_of_a_file(root: Path) -> None:
    """In any order of folders."""
    contents = Contents(verify(root))

    assert [contents.read(name) for name in ("top", "b/1", "a/2", "a/1")] == [
        b"content of top",
        b"content of b/1",
        b"content of a/2",
        b"content of a/1",
    ]


@pytest.mark.parametrize("content", ["CONTENT of a/1", "", "content of a/1 and more"])
def test_a_file_that_changed_since_is_refused(root: Path, content: str) -> None:
    """Verified once is not verified for ever: DATA-042, with both digests."""
    contents = Contents(verify(root))
    (root / "a" / "1").write_text(content)

    with pytest.raises(DataError, match="DATA-042: a/1 changed after it was verified"):
        contents.read("a/1")


def test_a_file_swapped_for_a_link_is_refused(root: Path) -> None:
    """Not even a link to the same content is followed."""
    contents = Contents(verify(root))
    (root / "a" / "1").rename(root / "a" / "moved")
    (root / "a" / "1").symlink_to("moved")

    with pytest.raises(DataError, match="DATA-044: a/1"):
        contents.read("a/1")


def test_a_file_that_is_gone_is_named(root: Path) -> None:
    """DATA-044, with the reason of the system."""
    contents = Contents(verify(root))
    (root / "a" / "1").unlink()

    with pytest.raises(DataError, match="a/1 cannot be read: No such file"):
        contents.read("a/1")


def test_can_be_sent_to_another_process(root: Path) -> None:
    """Descriptors stay behind; a copy, made as for another process, opens the folder for itself."""
    contents = Contents(verify(root))
    contents.read("a/1")

    assert copy.deepcopy(contents).read("a/1") == b"content of a/1"


def test_threads_do_not_disturb_each_other(root: Path) -> None:
    """Each has its own place in the tree."""
    contents = Contents(verify(root))
    names = ["a/1", "b/1", "top", "a/2"] * 50
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(contents.read, names))

    assert found == [f"content of {name}".encode() for name in names]


def test_a_file_that_changes_between_scan_and_hash_is_refused(root: Path) -> None:
    """A footprint never mixes two states of a file: DATA-042."""
    tree = look_at(root)
    (root / "a" / "1").write_text("another size")

    with pytest.raises(DataError, match="DATA-042: a/1 changed while"):
        hash_files(root, tree.files)


def test_workers_come_to_the_same_digests(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many processes read decides about time only; files come in order whoever read them."""
    tree = look_at(root)
    alone = hash_files(root, tree.files)
    monkeypatch.setattr("deepdiva.provenance.hashing.ALONE", (0, 0))
    monkeypatch.setattr("deepdiva.provenance.hashing.FILES", 1)
    monkeypatch.setattr("deepdiva.provenance.hash_workers.usable_processors", lambda: {0, 1, 2})

    assert hash_files(root, tree.files).as_dict() == alone.as_dict()


def test_a_part_reads_its_own_files_alone(root: Path) -> None:
    """A part holds what it was made of, in another process as well, and nothing besides."""
    part = copy.deepcopy(Contents(verify(root)).part(["a/1"]))

    assert part.read("a/1") == b"content of a/1"
    with pytest.raises(KeyError):
        part.read("a/2")
