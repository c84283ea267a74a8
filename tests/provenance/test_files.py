"""Rules of writing: a file is whole or not there, and a refusal says why."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from deepdiva.errors import ResourceError
from deepdiva.provenance.files import (
    atomic_file,
    atomic_folder,
    free_bytes,
    make_folder,
    resource_error,
    write_atomically,
)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_content_is_what_was_given(tmp_path: Path) -> None:
    """Old content is gone, new content is complete, nothing else is left."""
    for content in (b"first", b"second, longer", b""):
        write_atomically(tmp_path / "file", content)
        assert (tmp_path / "file").read_bytes() == content
    assert names(tmp_path) == ["file"]


def test_an_error_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    """Half of a new file is never seen under the real name."""
    write_atomically(tmp_path / "file", b"old")
    with suppress(KeyError), atomic_file(tmp_path / "file") as stream:
        stream.write(b"half of the n")
        raise KeyError

    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("step", ["write", "fsync", "replace", "open"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS])
def test_a_fault_at_any_step_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    """Whatever the disk refuses, and when: the old file is whole and no temporary one stays."""
    write_atomically(tmp_path / "file", b"old")

    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    match step:
        case "open":
            monkeypatch.setattr(os, "open", refuse)
        case "fsync" | "write":
            monkeypatch.setattr(os, "fsync", refuse)
        case "replace":
            monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ResourceError, match=r"RES-00\d: .*file: "):
        write_atomically(tmp_path / "file", b"new")
    monkeypatch.undo()

    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_share_that_cannot_sync_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Some network file systems refuse fsync of a folder, or of anything; that is no failed write."""

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    write_atomically(tmp_path / "file", b"new")
    with atomic_folder(tmp_path / "folder") as staging:
        (staging / "1").write_text("one")

    assert (tmp_path / "file").read_bytes() == b"new"
    assert names(tmp_path) == ["file", "folder"]


def test_a_failed_sync_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EIO ends the write: a second fsync would say that all is well although pages are lost."""
    asked: list[int] = []

    def fail(descriptor: int) -> None:
        asked.append(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ResourceError, match="RES-006"):
        write_atomically(tmp_path / "file", b"new")

    assert len(asked) == 1
    assert names(tmp_path) == []


def test_a_full_disk_is_named_with_the_space_left(tmp_path: Path) -> None:
    """RES-001 tells path and free space; a limit of file size stands for the full disk."""
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from deepdiva.provenance.files import write_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_atomically(Path(sys.argv[1]), bytes(5000))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "file")], capture_output=True, text=True, check=False
    )

    assert "RES-001" in done.stderr
    assert "MiB are free" in done.stderr
    assert names(tmp_path) == []


def test_a_kill_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """SIGKILL between the first byte and the rename: the old content is there, complete."""
    write_atomically(tmp_path / "file", b"old")
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from deepdiva.provenance.files import atomic_file\n"
        "with atomic_file(Path(sys.argv[1])) as stream:\n"
        "    stream.write(b'half'); stream.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "file")], check=False)

    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "file").read_bytes() == b"old"


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    """A temporary file's own narrow mode would hide results from colleagues."""
    before = os.umask(0o022)
    try:
        write_atomically(tmp_path / "file", b"1")
    finally:
        os.umask(before)

    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    """Each writer has a temporary file of its own."""
    contents = [bytes([number]) * 10_000 for number in range(8)]
    threads = [
        threading.Thread(target=write_atomically, args=(tmp_path / "file", content)) for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (tmp_path / "file").read_bytes() in contents
    assert names(tmp_path) == ["file"]


def test_a_folder_appears_complete(tmp_path: Path) -> None:
    """Nobody sees a folder that is being filled under its real name."""
    with atomic_folder(tmp_path / "new") as staging:
        (staging / "1").write_text("one")
        assert not (tmp_path / "new").exists()
    assert names(tmp_path) == ["new"]
    assert (tmp_path / "new" / "1").read_text() == "one"


def test_an_error_removes_a_half_filled_folder(tmp_path: Path) -> None:
    """The target stays absent, the staging folder goes."""
    with suppress(KeyError), atomic_folder(tmp_path / "new") as staging:
        (staging / "1").write_text("one")
        raise KeyError

    assert names(tmp_path) == []


def test_a_folder_that_is_there_stays(tmp_path: Path) -> None:
    """What somebody else made first is not replaced."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "old").write_text("old")
    with atomic_folder(tmp_path / "new") as staging:
        (staging / "1").write_text("one")
    assert names(tmp_path / "new") == ["old"]


def test_what_a_kill_left_is_removed_by_the_next_writer(tmp_path: Path) -> None:
    """A half filled folder takes space and is no use; one that is being filled is left alone."""
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from deepdiva.provenance.files import atomic_folder\n"
        "with atomic_folder(Path(sys.argv[1])) as staging:\n"
        "    (staging / '1').write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "killed")], check=False)
    (left,) = tmp_path.iterdir()
    with atomic_folder(tmp_path / "busy") as busy:
        for folder in (left, busy):
            os.utime(folder, (0, 0))
        with atomic_folder(tmp_path / "new"):
            assert not left.exists()
            assert busy.exists()
    assert names(tmp_path) == ["busy", "new"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "RES-001"),
        (errno.EDQUOT, "RES-001"),
        (errno.EFBIG, "RES-001"),
        (errno.EROFS, "RES-002"),
        (errno.EACCES, "RES-003"),
        (errno.EMFILE, "RES-004"),
        (errno.ENAMETOOLONG, "RES-005"),
        (errno.EIO, "RES-006"),
        (errno.EBUSY, "RES-007"),
    ],
)
def test_each_refusal_has_its_code(tmp_path: Path, number: int, code: str) -> None:
    """Codes are stable: scripts and the docs know them."""
    error = resource_error(OSError(number, os.strerror(number)), tmp_path)

    assert error.code == code
    assert str(tmp_path) in error.found


def test_too_many_open_files_are_named(tmp_path: Path) -> None:
    """EMFILE is answered with the limit to raise, not with a trace."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = os.open(tmp_path, os.O_RDONLY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (held, hard))
    try:
        with pytest.raises(ResourceError, match="ulimit -n"):
            write_atomically(tmp_path / "file", b"1")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(held)


def test_a_name_too_long_is_named(tmp_path: Path) -> None:
    """ENAMETOOLONG is answered with RES-005."""
    with pytest.raises(ResourceError, match="RES-005"):
        write_atomically(tmp_path / ("n" * 300), b"1")


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path) -> None:
    """A folder cannot be made below a file."""
    (tmp_path / "file").write_text("1")
    with pytest.raises(ResourceError, match="RES-007"):
        make_folder(tmp_path / "file" / "below")


def test_free_space_is_known_before_a_folder_is_there(tmp_path: Path) -> None:
    """The nearest folder above answers."""
    assert free_bytes(tmp_path / "not" / "yet") > 0
