"""Signals ask; the loop answers at its next step boundary."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from deepdiva.errors import ConfigError

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name))


class StopSignal:
    """Remembers that a signal came, while it is open.

    The first one asks the loop to save and stop; a second SIGINT ends the process at once,
    for those who cannot wait.  Outside the main thread, where Python handles no signals,
    nothing is changed.

    Args:
        after_steps: Also asks when so many steps are done.

    Raises:
        ConfigError: `after_steps` is less than 1 (CFG-003).
    """

    def __init__(self, after_steps: int | None = None) -> None:
        if after_steps is not None and after_steps < 1:
            raise ConfigError(
                f"stop_after_steps = {after_steps}",
                expected="1 or more",
                remedy="choose another --stop-after-steps, or leave it out",
                code="CFG-003",
            )
        self.received: str | None = None
        self._after_steps = after_steps
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopSignal:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def count(self, steps: int) -> None:
        """Take note that so many steps are done."""
        if self._after_steps is not None and steps >= self._after_steps:
            self.received = self.received or f"stopped after {self._after_steps} steps, as asked,"

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.received is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = signal.Signals(number).name


class StopRequested(Exception):
    """Leaves the loop for its keeper, which saves and ends the run."""
