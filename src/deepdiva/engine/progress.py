"""Who watches a run; the command line draws bars, a script may stay silent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from deepdiva.engine.measure import Pace


@runtime_checkable
class Progress(Protocol):
    """Told of a run while it lives, a few times a second at most."""

    def note(self, text: str) -> None:
        """Something the user should know."""

    def opened(self, folder: Path) -> None:
        """The run folder is there, and its record with it."""

    def begin(self, *, epochs: int, steps_per_epoch: int, steps_done: int) -> None:
        """Training starts, or goes on."""

    def pace(self, pace: Pace) -> None:
        """Steps were taken."""

    def scored(self, split: str, epoch: int, scores: Mapping[str, float | None]) -> None:
        """A split was scored."""


class Silence:
    """Watches without a word."""

    def note(self, text: str) -> None:
        pass

    def opened(self, folder: Path) -> None:
        pass

    def begin(self, *, epochs: int, steps_per_epoch: int, steps_done: int) -> None:
        pass

    def pace(self, pace: Pace) -> None:
        pass

    def scored(self, split: str, epoch: int, scores: Mapping[str, float | None]) -> None:
        pass
