"""Files that are either whole or not there, and what the operating system says when it cannot.

A writer may be killed at any moment: what it was writing then has a temporary name in the
target folder, and the file of the real name is the old one, complete.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from deepdiva.errors import ResourceError

TEMPORARY_PREFIX = ".deepdiva-"
"""How names of unfinished files and folders begin; what a kill leaves behind can be deleted."""

STALE_AFTER = 60.0
"""Seconds; a younger folder may belong to a process that has not locked it yet."""

_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CODES: dict[int, tuple[str, str]] = {
    **dict.fromkeys(_FULL, ("RES-001", "free space there, or write somewhere else")),
    errno.EROFS: ("RES-002", "choose a folder on a file system that can be written"),
    errno.EACCES: ("RES-003", "change the permissions, or choose another folder"),
    errno.EPERM: ("RES-003", "change the permissions, or choose another folder"),
    errno.EMFILE: ("RES-004", "raise the limit of open files (`ulimit -n`)"),
    errno.ENFILE: ("RES-004", "close other programs: the machine has too many open files"),
    errno.ENAMETOOLONG: ("RES-005", "choose a shorter name or folder"),
    errno.EIO: ("RES-006", "look at the disk or the network share; nothing written there counts"),
}


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a stream whose bytes become `path` at the end, durably; on any error `path` stays as it was.

    Raises:
        ResourceError: the disk is full (RES-001), read-only, or refuses for another reason.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            sync(stream.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise resource_error(error, path) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes) -> None:
    """Make `data` the content of `path`: after a crash it is the old content or the new, never half.

    Raises:
        ResourceError: see `atomic_file`.
    """
    with atomic_file(path) as stream:
        stream.write(data)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a new folder that becomes `path` at the end; on any error it is removed.

    Where `path` is there already it stays as it is, and the new folder is dropped.  What a
    killed process left half filled beside it is removed.

    Raises:
        ResourceError: see `atomic_file`.
    """
    staging = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}")
    try:
        staging.mkdir(parents=True)
        with _locked(staging, needed=False):
            _remove_stale(path.parent)
            yield staging
            if not os.path.lexists(path):
                staging.rename(path)
                sync_folder(path.parent)
    except OSError as error:
        raise resource_error(error, path) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _locked(folder: Path, *, needed: bool) -> Iterator[None]:
    """Hold a lock that ends with this process: whoever gets it knows that the folder is abandoned.

    Some network shares have no such locks; there the folder is used without, and never removed.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with nullcontext() if needed else suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _remove_stale(parent: Path) -> None:
    for folder in parent.glob(f"{TEMPORARY_PREFIX}{'[0-9a-f]' * 16}/"):
        with suppress(OSError):  # somebody works there, or it is gone already
            if time.time() - folder.stat().st_mtime > STALE_AFTER:
                with _locked(folder, needed=True):
                    shutil.rmtree(folder, ignore_errors=True)


def make_folder(path: Path) -> None:
    """Make `path` and what is missing above it.

    Raises:
        ResourceError: see `atomic_file`; also where a file is in the way.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise resource_error(error, path) from error


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def sync(descriptor: int) -> None:
    """Make what was written durable, where the file system can: some network shares cannot say so.

    Raises:
        OSError: it could, and failed; what was written there does not count.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise


def resource_error(error: OSError, path: Path) -> ResourceError:
    """Return the error of ours that tells what `error` means for `path`, with the space left there."""
    code, remedy = _CODES.get(error.errno or 0, ("RES-007", "look at the path and at what else uses it"))
    free = f"; {free_bytes(path) / 2**20:,.1f} MiB are free" if error.errno in _FULL else ""
    return ResourceError(
        f"{path}: {error.strerror or error}{free}",
        expected="a place that can be read and written",
        remedy=remedy,
        code=code,
    )


def free_bytes(path: Path) -> int:
    """Return the bytes free to this user where `path` lies or will lie."""
    existing = next((place for place in (path, *path.absolute().parents) if place.exists()), Path("/"))
    return shutil.disk_usage(existing).free
