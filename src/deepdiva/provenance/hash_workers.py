"""Processes that read and hash files, each led by a thread that hands it the next ones."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deepdiva.errors import DataError, ResourceError
from deepdiva.provenance import reading
from deepdiva.provenance.cores import usable_processors
from deepdiva.provenance.reading import ANSWER, ORDER, FileChangedError
from deepdiva.provenance.tree import Listing, printable

MOST = 16
"""Workers; more would wait for the disk."""

Keep = Callable[[Listing, bytes], object]
"""Is given files with their digests, one after the other, as soon as they are known."""


@dataclass
class Order:
    """Files that one worker reads, and what came of it."""

    files: Listing
    digests: bytes = b""


def start_workers(
    root: Path,
    algorithm: str,
    orders: queue.SimpleQueue[Order | None],
    tell: Callable[[int], object],
    keep: Keep | None,
) -> list[Worker]:
    """Start a worker for each processor; none where one would be alone, or where they do not start."""
    count = min(len(usable_processors()), MOST)
    workers = []
    with suppress(OSError):
        for _ in range(count if count > 1 else 0):
            workers.append(Worker(_start(root, algorithm), orders, tell, keep))  # noqa: PERF401 - keeps those that start
    for worker in workers:
        worker.start()
    return workers


def _start(root: Path, algorithm: str) -> subprocess.Popen[bytes]:
    """Start a bare interpreter: it sees no setting of the user's, and none of Ctrl-C's signals."""
    words = [sys.executable, "-I", "-S", reading.__file__, str(root), algorithm, *_places(algorithm)]
    return subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def _places(algorithm: str) -> list[str]:
    """Return where a bare interpreter finds what hashes."""
    if algorithm != "blake3":
        return []
    import blake3

    return [str(Path(blake3.__file__).parent.parent)]


class Worker(threading.Thread):
    """Leads one process until there are no more orders, or something went wrong."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        orders: queue.SimpleQueue[Order | None],
        tell: Callable[[int], object],
        keep: Keep | None,
    ) -> None:
        super().__init__(daemon=True)
        self._process, self._orders, self._tell, self._keep = process, orders, tell, keep
        self.fault: BaseException | None = None

    def run(self) -> None:
        """Hand over order after order; a fault is kept for whoever waits."""
        try:
            while (order := self._orders.get()) is not None:
                self._lead(order)
        except BaseException as error:  # noqa: BLE001 - it is raised again where somebody waits
            self.fault = error
            while self._orders.get() is not None:  # nobody begins anything more
                pass

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                _open(pipe).close()
        self._process.wait()

    def _lead(self, order: Order) -> None:
        try:
            self._send(order.files)
            order.digests = self._answer(order.files)
        except (OSError, EOFError) as error:
            raise ResourceError(
                f"a process that read files ended before it was done, with {self._process.poll()}",
                expected="processes that live as long as there are files to read",
                remedy="look at the memory of the machine, then start again: what was read is kept",
                code="RES-011",
            ) from error
        if self._keep is not None:
            self._keep(order.files, order.digests)

    def _send(self, files: Listing) -> None:
        paths, pipe = files.paths.joined, _open(self._process.stdin)
        columns = (files.sizes, files.mtimes, files.ctimes, files.inodes)
        pipe.write(b"".join((ORDER.pack(len(files), len(paths)), paths, *map(bytes, columns))))
        pipe.flush()

    def _answer(self, files: Listing) -> bytes:
        while True:
            kind, number, more = ANSWER.unpack(self._read(ANSWER.size))
            if kind == reading.CHANGED:
                raise fault_of(files.paths[number], FileChangedError())
            if kind == reading.UNREADABLE:
                raise fault_of(files.paths[number], OSError(more, os.strerror(more)))
            self._tell(more)
            if kind == reading.DONE:
                return self._read(number)

    def _read(self, size: int) -> bytes:
        content = _open(self._process.stdout).read(size)
        if len(content) < size:
            raise EOFError
        return content


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("no pipe")
    return pipe


def fault_of(path: str, error: FileChangedError | OSError) -> DataError:
    """Return the error for a file that was not read as it was seen (DATA-042), or not at all (DATA-044)."""
    if isinstance(error, OSError):
        return unreadable(path, error)
    return DataError(
        f"{printable(path)} changed while the data set was being read",
        expected="data that nobody writes to during a check or a run",
        remedy="wait until whatever writes there is done, then start again",
        code="DATA-042",
    )


def unreadable(path: str, error: OSError) -> DataError:
    """Return the error for a file of a data set that the system does not give out (DATA-044)."""
    return DataError(
        f"{printable(path)} cannot be read: {error.strerror}",
        expected="a file that is there and that you may read",
        remedy="change its permissions, or look at the disk",
        code="DATA-044",
    )
