from __future__ import annotations

import pytest

from deepdiva.engine import StopSignal
from deepdiva.errors import ConfigError


def test_it_asks_when_the_steps_are_done() -> None:
    """Not before the last of them, and then as a signal would; the first reason stays."""
    stop = StopSignal(after_steps=3)
    stop.count(2)
    before = stop.received
    stop.count(3)
    stop.received, first = "SIGTERM", stop.received
    stop.count(4)

    assert before is None
    assert first is not None
    assert "3 steps" in first
    assert stop.received == "SIGTERM"


def test_without_a_number_it_never_asks() -> None:
    """A run goes to its end unless somebody says otherwise."""
    stop = StopSignal()
    stop.count(10**9)

    assert stop.received is None


@pytest.mark.parametrize("steps", [0, -1])
def test_no_steps_are_refused(steps: int) -> None:
    """A run that stops before its first step is a mistake."""
    with pytest.raises(ConfigError, match="CFG-003"):
        StopSignal(after_steps=steps)
