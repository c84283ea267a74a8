"""Rules for long first looks: a kill costs seconds, and nothing old is taken for new."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deepdiva.provenance import footprint, journal
from deepdiva.provenance.footprint import take_footprint
from deepdiva.provenance.hashing import Digests, hash_files
from deepdiva.provenance.journal import HashJournal
from deepdiva.provenance.tree import Seen, look_at


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}").write_text(f"content {number}")
    return folder


@pytest.fixture
def stopped(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Leave the journal of a look that was killed after four files; list what is read afterwards."""
    monkeypatch.setattr(journal, "BETWEEN", 0.0)
    files = look_at(root).files
    hash_files(root, {path: files[path] for path in "0123"}, keep=HashJournal(root).add)
    read: list[str] = []

    def watched(place: Path, rest: Mapping[str, Seen], **how: Any) -> Digests:
        read.extend(sorted(rest))
        return hash_files(place, rest, **how)

    monkeypatch.setattr(footprint, "hash_files", watched)
    return read


def test_a_look_goes_on_where_it_was_killed(root: Path, stopped: list[str]) -> None:
    """Only what is left is read, and the footprint is that of a look without a break."""
    found = take_footprint(root)

    assert stopped == ["4", "5"]
    assert found.contents == hash_files(root, look_at(root).files)


def test_a_file_that_changed_meanwhile_is_read_again(root: Path, stopped: list[str]) -> None:
    """Even with size and time put back: the system's own time of change cannot be."""
    facts = (root / "1").stat()
    (root / "1").write_text("CONTENT 1")
    os.utime(root / "1", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    take_footprint(root)

    assert stopped == ["1", "4", "5"]


@pytest.mark.usefixtures("stopped")
def test_a_complete_look_leaves_no_journal(root: Path) -> None:
    """The next one reads everything."""
    assert HashJournal(root).begun()
    take_footprint(root)

    assert not HashJournal(root).begun()


@pytest.mark.parametrize("algorithm", ["blake3", "sha1"])
def test_a_journal_of_another_algorithm_is_not_used(root: Path, stopped: list[str], algorithm: str) -> None:
    """Digests of two kinds never come into one footprint."""
    found = take_footprint(root, algorithm=algorithm)

    assert stopped == []
    assert found.contents == hash_files(root, look_at(root).files, algorithm=algorithm)
    assert HashJournal(root).begun()
    HashJournal(root).remove()


@pytest.mark.parametrize("tail", ['["4", [1, 2', "\n\n", "[]\n", '"text"\n', '["4", 5, 6]\n', "\x00\xff\n"])
def test_a_torn_journal_is_read_as_far_as_it_goes(
    root: Path, stopped: list[str], home: Path, tail: str
) -> None:
    """A kill in the middle of a line loses that line."""
    (place,) = (home / "hashing").glob("set-*")
    place.write_text(place.read_text() + tail)
    take_footprint(root)

    assert stopped == ["4", "5"]


def test_short_looks_leave_nothing(root: Path, home: Path) -> None:
    """A journal of a second is not worth a file."""
    hash_files(root, look_at(root).files, keep=HashJournal(root).add)

    assert not list((home / "hashing").glob("*"))
