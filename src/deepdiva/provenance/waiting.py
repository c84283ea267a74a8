"""Tell the person at the terminal how far a long wait is; short ones pass in silence."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""

SILENT = 1.0
"""Seconds before anything is shown."""
BETWEEN_LINES = 10.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def shown(what: str, progress: Progress | None = None, *, in_bytes: bool = False) -> Iterator[Progress]:
    """Give `progress`; where it is None, one that draws on standard error.

    Args:
        what: What is being done, for the person who waits.
        progress: Who wants to be told instead.
        in_bytes: What is counted are bytes: how many and how fast is shown too.  A total of 0 is unknown.
    """
    if progress is not None:
        yield progress
        return
    bar = _Bar(what, in_bytes)
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    def __init__(self, what: str, in_bytes: bool) -> None:
        self._what, self._in_bytes, self._next = what, in_bytes, time.monotonic() + SILENT
        self._drawn: RichProgress | None = None

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() < self._next:
            return
        if not sys.stderr.isatty():
            far = f"{100 * done // max(1, total)} %" if total or not self._in_bytes else f"{done:,} bytes"
            sys.stderr.write(f"{self._what}: {far}\n")
            self._next = time.monotonic() + BETWEEN_LINES
            return
        self._next = time.monotonic() + 0.1
        self._draw(done, total)

    def _draw(self, done: int, total: int) -> None:
        if self._drawn is None:
            self._drawn = _rich_bar(self._in_bytes)
            self._drawn.add_task(self._what, completed=done, total=total or None)
            self._drawn.start()
        self._drawn.update(self._drawn.task_ids[0], completed=done, total=total or None)

    def close(self) -> None:
        if self._drawn is not None:
            self._drawn.stop()


def _rich_bar(in_bytes: bool) -> RichProgress:
    from rich import progress
    from rich.console import Console

    columns = progress.Progress.get_default_columns()
    if in_bytes:
        columns = (*columns, progress.DownloadColumn(), progress.TransferSpeedColumn())
    return progress.Progress(*columns, console=Console(stderr=True), transient=True)
