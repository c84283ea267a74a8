from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deepdiva.errors import ResourceError
from deepdiva.record.append import AppendFile


@contextmanager
def full_disk(at: int) -> Iterator[None]:
    """Let no file grow beyond `at` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_lines_follow_what_is_there(tmp_path: Path) -> None:
    """To open a file again goes on behind its end."""
    for line in (b"one\n", b"two\n"):
        file = AppendFile(tmp_path / "file")
        file.append(line)
        file.close()

    assert (tmp_path / "file").read_bytes() == b"one\ntwo\n"


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """What does not fit is taken back: the file ends with a whole line, and the error names it."""
    file = AppendFile(tmp_path / "file")
    file.append(b"one\n")

    with full_disk(at=6), pytest.raises(ResourceError, match=r"(?s)RES-001.*file.*MiB are free"):
        file.append(b"two\n")

    assert (tmp_path / "file").read_bytes() == b"one\n"
    file.append(b"two\n")
    file.close()
    assert (tmp_path / "file").read_bytes() == b"one\ntwo\n"


def test_short_writes_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system call that writes a part only is no end of the line."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:3])))
    file = AppendFile(tmp_path / "file")
    file.append(b"a longer line\n")
    file.close()

    assert (tmp_path / "file").read_bytes() == b"a longer line\n"


def test_a_folder_that_refuses_is_told(tmp_path: Path) -> None:
    """A file that cannot be opened is an error of ours, with its path."""
    (tmp_path / "file").mkdir()

    with pytest.raises(ResourceError, match="file"):
        AppendFile(tmp_path / "file")


def test_a_cut_file_goes_on_behind_the_cut(tmp_path: Path) -> None:
    """What is cut away is returned once, and the next line takes its place."""
    file = AppendFile(tmp_path / "file")
    file.append(b"one\ntwo\n")

    assert file.cut(4) == b"two\n"
    file.append(b"new\n")
    file.close()
    assert (tmp_path / "file").read_bytes() == b"one\nnew\n"
