"""Processes that read batches ahead, and what is said when one of them fails.

Batch k is read by worker k modulo their number and handed over in order: small ones by a
pipe, large ones through shared memory.  Workers leave signals to the main process, which
decides when to stop; they end when it tells them, and also when it is gone.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from typing import Any

import numpy as np
import torch
import torch.multiprocessing  # teaches pipes to hand tensors over through shared memory
from jaxtyping import Int64

from deepdiva.data.splits import Split
from deepdiva.errors import DeepDivaError, ResourceError
from deepdiva.provenance.listening import is_listening, listen
from deepdiva.provenance.reads import NOTEBOOK, Notes

TIMEOUT = 120.0
"""Seconds that a batch may take before its worker counts as hanging."""
AHEAD = 2
"""Batches that each worker reads ahead."""
SMALL = 2**20
"""Bytes of a batch up to which it is copied through a pipe; larger ones share memory."""
PATIENCE = 1.0
"""Seconds a worker gets to end by itself."""

Indices = Int64[np.ndarray, "_"]


@dataclass(frozen=True)
class _Begun:
    """A worker's note that it begins to read a batch."""

    number: int


@dataclass(frozen=True)
class _Noticed:
    """What a worker saw training code read, for the notes of the main process."""

    notes: Notes


@dataclass(frozen=True)
class _ByValue:
    """A small batch on its way from a worker: copying it is faster than sharing its memory."""

    kind: type[Any]
    arrays: tuple[np.ndarray, ...]

    def batch(self) -> Any:
        return self.kind(*map(torch.from_numpy, self.arrays))


@dataclass(frozen=True)
class _Failure:
    """An error of ours on its way from a worker."""

    kind: type[DeepDivaError]
    found: str
    expected: str
    remedy: str
    code: str

    def error(self) -> DeepDivaError:
        return self.kind(self.found, expected=self.expected, remedy=self.remedy, code=self.code)


def read_ahead(
    split: Split,
    batches: Sequence[Indices],
    epoch: int,
    workers: int,
    *,
    timeout: float = TIMEOUT,
    start_method: str | None = None,
) -> Iterator[Any]:
    """Yield `split.read(indices, epoch)` for each of `batches`, read by `workers` processes.

    Args:
        split: Where samples are read; it can be pickled where processes are not forked.
        batches: Indices of the samples of each batch.
        epoch: Passed on.
        workers: Number of processes.
        timeout: Seconds to wait for a batch.
        start_method: `fork`, `spawn` or `forkserver`; None forks where the platform does so well.

    Raises:
        ResourceError: a worker died (RES-010, RES-011), hangs (RES-012) or failed (RES-013).
        DeepDivaError: what the split raises.
    """
    pool = _Pool(split, batches, epoch, min(workers, len(batches)), start_method)
    try:
        for number in range(AHEAD * workers):
            pool.ask(number)
        for number in range(len(batches)):
            yield pool.answer(number, timeout)
            pool.ask(number + AHEAD * workers)
    finally:
        pool.close()


class _Pool:
    """The workers of one pass, and the pipes to them."""

    def __init__(
        self, split: Split, batches: Sequence[Indices], epoch: int, count: int, start_method: str | None
    ) -> None:
        method = start_method or ("fork" if sys.platform == "linux" else "spawn")
        context: Any = torch.multiprocessing.get_context(method)
        self._split, self._batches, self._epoch = split, batches, epoch
        self._pipes: list[connection.Connection[Any, Any]] = []
        self._processes: list[Any] = []
        atexit.register(self.close)
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(split, epoch, theirs, is_listening()), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def ask(self, number: int) -> None:
        """Let the worker whose turn it is read a batch, if there is one of this number."""
        if number >= len(self._batches):
            return
        with suppress(OSError):  # it may be gone; `answer` finds out how
            self._pipes[number % len(self._pipes)].send((number, self._batches[number]))

    def answer(self, number: int, timeout: float) -> Any:
        """Return the batch that was asked for under this number; numbers come in order."""
        pipe = self._pipes[number % len(self._pipes)]
        end = time.monotonic() + timeout
        try:
            while pipe.poll(max(0.0, end - time.monotonic())):
                message = pipe.recv()
                if isinstance(message, _Failure):
                    raise message.error()
                if isinstance(message, _ByValue):
                    return message.batch()
                if isinstance(message, _Noticed):
                    NOTEBOOK.take(message.notes)
                elif not isinstance(message, _Begun):
                    return message
        except (EOFError, OSError):
            pass  # the worker is gone, or what it had sent went with it
        raise self._broken(number, timeout)

    def close(self) -> None:
        """End all workers; one that does not listen is killed."""
        atexit.unregister(self.close)
        for pipe in self._pipes:
            with suppress(OSError):  # it may be gone
                pipe.send(None)
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            process.join(PATIENCE)
            pipe.close()
            if process.is_alive():
                process.kill()
                process.join()

    def _broken(self, number: int, timeout: float) -> ResourceError:
        """Return the error for the worker that does not answer to `number`."""
        process = self._processes[number % len(self._pipes)]
        process.join(0.5)
        where = (
            f"at epoch {self._epoch}, batch of {_keys(self._split, self._batches[self._last_begun(number)])}"
        )
        if process.exitcode is None:
            os.kill(process.pid, signal.SIGUSR2)  # its stack goes to standard error
            process.join(0.5)
            return _error(f"a worker hangs for {timeout:g} seconds {where}", "RES-012")
        if process.exitcode == -signal.SIGBUS:
            return _error(f"a worker ran out of shared memory {where}", "RES-010")
        end = f"signal {-process.exitcode}" if process.exitcode < 0 else f"status {process.exitcode}"
        return _error(f"a worker ended with {end} {where}", "RES-011")

    def _last_begun(self, number: int) -> int:
        """Return the last batch that the worker of `number` said it begins to read."""
        pipe = self._pipes[number % len(self._pipes)]
        with suppress(EOFError, OSError):
            while pipe.poll():
                with suppress(ConnectionError, FileNotFoundError):  # a batch that went with its worker
                    message = pipe.recv()
                    number = message.number if isinstance(message, _Begun) else number
        return number


def _error(found: str, code: str) -> ResourceError:
    remedies = {
        "RES-010": "read without workers (--workers 0), or give the machine a larger /dev/shm",
        "RES-011": "look whether memory ran out; resume the run with fewer workers, or with --workers 0",
        "RES-012": "look at the stack above and at the disk; resume the run, if need be with --workers 0",
        "RES-013": "look at the trace; with --workers 0 it can be followed in a debugger",
    }
    return ResourceError(found, expected="workers that read their batches", remedy=remedies[code], code=code)


def _keys(split: Split, indices: Indices) -> str:
    """Name the first samples of a batch, so that one can look at them."""
    names: Sequence[str] | None = getattr(split, "names", None)
    keys = [names[index] if names else f"sample {index}" for index in indices[:5].tolist()]
    return ", ".join(keys) + (f" and {len(indices) - 5} more" if len(indices) > 5 else "")


# -- In the worker ---------------------------------------------------------------------


def _work(split: Split, epoch: int, pipe: connection.Connection[Any, Any], listens: bool) -> None:
    """Answer requests until the pipe is closed or the main process is gone."""
    NOTEBOOK.begin_worker()
    if listens:
        listen()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(name, signal.SIG_IGN)
    faulthandler.register(signal.SIGUSR2, file=2)
    torch.set_num_threads(1)
    while _is_asked(pipe):
        try:
            asked = pipe.recv()
            if asked is None:
                return
            number, indices = asked
            pipe.send(_Begun(number))
            batch = _as_sent(_read(split, indices, epoch))
            if notes := NOTEBOOK.news():
                pipe.send(_Noticed(notes))
            pipe.send(batch)
        except (EOFError, OSError):
            return


def _is_asked(pipe: connection.Connection[Any, Any]) -> bool:
    """Wait for a request; false where the main process is gone."""
    parent = parent_process()
    return parent is not None and pipe in connection.wait([pipe, parent.sentinel])


def _as_sent(batch: Any) -> Any:
    """Return `batch` in the form in which it travels fastest."""
    if not isinstance(batch, tuple) or not all(isinstance(part, torch.Tensor) for part in batch):
        return batch
    if not hasattr(batch, "_fields") or sum(part.nbytes for part in batch) > SMALL:
        return batch
    return _ByValue(type(batch), tuple(part.numpy() for part in batch))


def _read(split: Split, indices: Indices, epoch: int) -> Any:
    try:
        return split.read(indices, epoch)
    except DeepDivaError as error:
        return _Failure(type(error), error.found, error.expected, error.remedy, error.code)
    except (Exception, SystemExit):  # noqa: BLE001 - a split may be anybody's code
        failure = _error(
            f"a worker failed on the batch of {_keys(split, indices)}:\n{traceback.format_exc()}", "RES-013"
        )
        return _Failure(type(failure), failure.found, failure.expected, failure.remedy, failure.code)
