from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deepdiva.errors import ResourceError
from deepdiva.record.lock import FILE_NAME, RunLock, is_held

HOLD = """
import sys, time
from pathlib import Path
from deepdiva.record.lock import RunLock
lock = RunLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a process that holds the lock of `folder`; ended, if need be, at the end."""
    words = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """Two processes never write into one run: the second learns who was first, where and since when."""
    with holder(tmp_path) as process, pytest.raises(ResourceError) as caught:
        RunLock(tmp_path)

    assert f"process {process.pid} on {socket.gethostname()}" in str(caught.value)
    assert "since 20" in str(caught.value)
    assert caught.value.code == "RES-009"


def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    """A run that was killed can be resumed at once, though its lock file still names it."""
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()

    lock = RunLock(tmp_path)

    assert json.loads((tmp_path / FILE_NAME).read_text())["pid"] == os.getpid()
    lock.release()


def test_a_forked_worker_does_not_keep_the_lock(tmp_path: Path) -> None:
    """A worker that outlives its parent for a while must not stand in the way of a resume."""
    lock = RunLock(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads; the child only sleeps
        child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    time.sleep(0.2)
    lock.release()
    try:
        assert not is_held(tmp_path)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_moment_of_looking_does_not_refuse(tmp_path: Path) -> None:
    """`list` may look at a run in the very moment in which `resume` opens it."""
    import fcntl

    with (tmp_path / FILE_NAME).open("w") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        words = [sys.executable, "-c", HOLD, str(tmp_path)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            time.sleep(0.1)
            fcntl.flock(looking, fcntl.LOCK_UN)
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            process.kill()


def test_whether_a_run_lives_can_be_asked(tmp_path: Path) -> None:
    """A run is held from opening to release, and one without a lock file never was."""
    assert not is_held(tmp_path)
    lock = RunLock(tmp_path)
    assert is_held(tmp_path)
    lock.release()
    assert not is_held(tmp_path)


def test_a_lock_file_with_nonsense_still_refuses(tmp_path: Path) -> None:
    """Who holds it may be unknown; that it is held is not."""
    lock = RunLock(tmp_path)
    (tmp_path / FILE_NAME).write_text("nonsense")

    with pytest.raises(ResourceError, match="another process is writing into it"):
        RunLock(tmp_path)
    lock.release()
