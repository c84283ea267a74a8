"""Work spread over processes that are begun afresh, so that no thread of this one can trouble them.

They import what their work needs and nothing else, leave Ctrl-C to the process that began them,
and end when it is gone.
"""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from typing import Any, Generic, TypeVar

from deepdiva.errors import DeepDivaError, ResourceError

PATIENCE = 1.0
"""Seconds a process gets to end by itself."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class _Failure:
    """What went wrong, on its way from a process: errors of ours as their parts, others as they are."""

    kind: type[DeepDivaError] | None
    parts: tuple[str, ...]

    def error(self) -> Exception:
        if self.kind is None:
            return RuntimeError(self.parts[0])
        found, expected, remedy, code = self.parts
        return self.kind(found, expected=expected, remedy=remedy, code=code)


def spread(work: Callable[[T], R], tasks: Iterable[T], *, processes: int) -> Iterator[R]:
    """Yield `work(task)` for all `tasks`, in the order in which they are done.

    Args:
        work: A function of a module; tasks and answers are sent by pipes.
        tasks: Taken as they are needed.
        processes: With one, this process does the work itself.

    Raises:
        DeepDivaError: what `work` raises.
        ResourceError: a process ended in the middle of its work (RES-011).
    """
    if processes == 1:
        yield from map(work, tasks)
        return
    waiting = iter(tasks)
    workers = [_Worker(work) for _ in range(processes)]
    try:
        for worker in workers:
            worker.ask(waiting)
        while busy := {worker.pipe: worker for worker in workers if worker.busy}:
            for pipe in connection.wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]  # typeshed: what `wait` returns was given to it
                answer = worker.answer()
                worker.ask(waiting)
                yield answer
    finally:
        for worker in workers:
            worker.close()


class _Worker(Generic[T, R]):
    """One process and the pipe to it."""

    def __init__(self, work: Callable[[T], R]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.busy = False
        """Whether an answer is still to come.  Never two: a process that waits to hand over an answer
        takes no task, and both sides would wait for ever."""
        self._process = context.Process(target=_serve, args=(work, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, waiting: Iterator[T]) -> None:
        """Send the next task, if there is one."""
        for task in waiting:
            self.busy = True
            with suppress(OSError):  # it may be gone; `answer` finds out how
                self.pipe.send(task)
            return

    def answer(self) -> R:
        """Return the next answer."""
        try:
            answer: Any = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join(PATIENCE)
            raise ResourceError(
                f"a process ended with status {self._process.exitcode} in the middle of its work",
                expected="processes that answer",
                remedy="look whether memory ran out; --processes 1 shows at which file it ends",
                code="RES-011",
            ) from None
        if isinstance(answer, _Failure):
            raise answer.error()
        self.busy = False
        done: R = answer
        return done

    def close(self) -> None:
        """End it; where it does not listen, kill it."""
        self.pipe.close()
        self._process.join(0 if self.busy else PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


# -- In the process --------------------------------------------------------------------


def _serve(work: Callable[[Any], Any], pipe: connection.Connection[Any, Any]) -> None:
    """Answer until the pipe is closed or the process that began this one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    with suppress(EOFError, OSError):
        while parent is not None and pipe in connection.wait([pipe, parent.sentinel]):
            pipe.send(_answer(work, pipe.recv()))


def _answer(work: Callable[[Any], Any], task: Any) -> Any:
    try:
        return work(task)
    except DeepDivaError as error:
        return _Failure(type(error), (error.found, error.expected, error.remedy, error.code))
    except Exception:  # noqa: BLE001 - it is raised again where the work was asked for
        return _Failure(None, (traceback.format_exc(),))
