"""Run a loop again up to a step, digest the state after each, and trace one of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from deepdiva.engine.learner import StepResult
from deepdiva.engine.loop import Loop
from deepdiva.engine.measure import Taken
from deepdiva.engine.trace import StepTrace, Tracer, state_digests
from deepdiva.errors import Interrupted, NumericError


@dataclass(frozen=True, kw_only=True)
class Span:
    """What is looked at; steps are counted from 1, and step 0 is before training."""

    digest_from: int
    """First step after which the state is digested."""
    trace_at: int | None = None
    """The step that is traced; 0 takes down the weights before training."""
    stop_at: int
    """Last step that is taken."""


@dataclass
class Replayed:
    """What was seen."""

    states: dict[int, dict[str, str]] = field(default_factory=dict)
    """By step, the digests of weights and optimizer after it."""
    trace: StepTrace | None = None


def replay(loop: Loop, span: Span) -> Replayed:
    """Train as `loop` would, as far as `span.stop_at`.

    The loop ends as a signal would end it, so its record is complete up to that step.
    """
    watched = _Watched(loop, span)
    if span.trace_at == 0:
        watched.trace_beginning()
    if span.stop_at > 0:
        watched.attach()
        with suppress(Interrupted, NumericError):  # by us, at the last step; or where the run itself ended
            loop.fit()
        loop.writer.flush()
    return watched.seen


class _Watched:
    """A loop whose steps pass through here."""

    def __init__(self, loop: Loop, span: Span) -> None:
        self.loop, self.span, self.seen = loop, span, Replayed()
        self._step, self._take = loop.learner.step, loop.log.take

    def trace_beginning(self) -> None:
        tracer = Tracer(self.loop.learner)
        tracer.note_state("before")
        self.seen.trace = tracer.trace

    def attach(self) -> None:
        """Put ourselves between the loop and its learner, and between the loop and its log."""
        self.loop.learner.step = self.step  # type: ignore[method-assign]
        self.loop.log.take = self.take  # type: ignore[method-assign]

    def step(self, batches: Sequence[Any], number: int, steps_per_epoch: int) -> StepResult:
        step = number + 1
        if step == self.span.trace_at:
            with Tracer(self.loop.learner).watching(batches) as self.seen.trace:
                result = self._step(batches, number, steps_per_epoch)
        else:
            result = self._step(batches, number, steps_per_epoch)
        if step >= self.span.digest_from:
            self.seen.states[step] = state_digests(self.loop.learner)
        if step == self.span.stop_at:
            self.loop.stop.received = "the end of the replay"
        return result

    def take(self, taken: Taken) -> None:
        if taken.number == self.span.trace_at and self.seen.trace is not None:
            self.seen.trace.identities = taken.identities.tolist()
        self._take(taken)
