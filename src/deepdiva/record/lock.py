"""One writer per run: an advisory lock that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from deepdiva.errors import ResourceError
from deepdiva.provenance.files import resource_error

FILE_NAME = "run.lock"
PATIENCE = 0.5
"""Seconds before a held lock counts as held: `is_held` holds one for an instant."""

_held: set[int] = set()


class RunLock:
    """The right to write into a run folder; the file says who has it.

    A worker that is forked gives its copy of the lock away at once, so that only the
    process that took the lock can keep it.

    Raises:
        ResourceError: another process writes into this run (RES-009).
    """

    def __init__(self, folder: Path) -> None:
        path = folder / FILE_NAME
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise resource_error(error, path) from error
        try:
            is_ours = _try_for(self._descriptor, PATIENCE)
            holder = os.pread(self._descriptor, 4096, 0)
        except OSError as error:
            os.close(self._descriptor)
            raise resource_error(error, path) from error
        if not is_ours:
            os.close(self._descriptor)
            raise _held_by(holder, folder)
        _held.add(self._descriptor)
        with suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, _who_am_i(), 0)

    def release(self) -> None:
        """Give the right away; to call it twice is no harm."""
        if self._descriptor in _held:
            _held.discard(self._descriptor)
            os.close(self._descriptor)
        self._descriptor = -1


def is_held(folder: Path) -> bool:
    """Tell whether a living process writes into the run of `folder`."""
    try:
        descriptor = os.open(folder / FILE_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _try_for(descriptor, 0.0, fcntl.LOCK_SH)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _try_for(descriptor: int, seconds: float, kind: int = fcntl.LOCK_EX) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)


def _who_am_i() -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}).encode() + b"\n"


def _held_by(holder: bytes, folder: Path) -> ResourceError:
    try:
        facts = json.loads(holder)
        who = f"process {facts['pid']} on {facts['host']} has been writing into it since {facts['since']}"
    except (ValueError, KeyError, TypeError):
        who = "another process is writing into it"
    return ResourceError(
        f"{folder}: {who}",
        expected="one writer per run",
        remedy="wait until it ends, or end that process",
        code="RES-009",
    )


def _let_go_after_fork() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go_after_fork)
