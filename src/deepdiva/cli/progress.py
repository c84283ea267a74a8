"""A run to look at while it lives: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from deepdiva.engine import Pace


class Lines:
    """Plain lines on standard error, one an epoch."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._epochs, self._steps, self._done = 0, 1, 0
        self._began = time.monotonic()
        self._pace: Pace | None = None
        self._train = ""

    def note(self, text: str) -> None:
        self._say(text)

    def opened(self, folder: Path) -> None:
        self.folder = folder
        self._say(f"run {folder}")

    def begin(self, *, epochs: int, steps_per_epoch: int, steps_done: int) -> None:
        self._epochs, self._steps, self._done = epochs, epochs * steps_per_epoch, steps_done
        self._began = time.monotonic()

    def pace(self, pace: Pace) -> None:
        self._pace = pace

    def scored(self, split: str, epoch: int, scores: Mapping[str, float | None]) -> None:
        text = " ".join([split, *(f"{name} {_number(value)}" for name, value in scores.items())])
        if split == "train":
            self._train = text
            return
        place = "" if split == "test" else f"epoch {epoch}/{self._epochs}"
        self._say("  ".join(part for part in (place, self._train, text, self._speed(split)) if part))
        self._train = ""

    def _speed(self, split: str) -> str:
        if self._pace is None or split == "test":
            return ""
        taken = self._pace.step - self._done
        left = (time.monotonic() - self._began) / max(taken, 1) * (self._steps - self._pace.step)
        return f"{self._pace.samples_per_second:,.0f} samples/s  {timedelta(seconds=round(left))} left"

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class Bar(Lines):
    """The same lines above a bar that moves with the steps."""

    def __init__(self, bar: Progress) -> None:
        super().__init__()
        self._bar = bar
        self._task: TaskID | None = None

    def begin(self, *, epochs: int, steps_per_epoch: int, steps_done: int) -> None:
        super().begin(epochs=epochs, steps_per_epoch=steps_per_epoch, steps_done=steps_done)
        self._task = self._bar.add_task(f"epoch 0/{epochs}", total=self._steps, completed=steps_done, told="")

    def _speed(self, split: str) -> str:  # noqa: ARG002 - the bar tells it
        return ""

    def pace(self, pace: Pace) -> None:
        super().pace(pace)
        if self._task is not None:
            told = f"loss {pace.loss:.4f}  {pace.samples_per_second:,.0f} samples/s"
            where = f"epoch {pace.epoch}/{self._epochs}"
            self._bar.update(self._task, completed=pace.step, description=where, told=told)

    def _say(self, text: str) -> None:
        self._bar.console.print(escape(text), highlight=False)


@contextmanager
def progress_on() -> Iterator[Lines]:
    """Give the watcher that suits standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("step"),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        yield Bar(bar)


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
