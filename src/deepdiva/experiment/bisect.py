"""Find the first step at which two runs part, and what in it.

Narrow over the digests that both wrote down; replay both with the state digested at every
step of what is left; replay once more and trace the one step; compare the traces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepdiva.engine import Progress, Silence
from deepdiva.engine.blame import Blame, find_blame
from deepdiva.engine.replay import Span
from deepdiva.engine.trace import StepTrace
from deepdiva.errors import Inconclusive
from deepdiva.experiment.samples import name_samples
from deepdiva.experiment.side import Side, opened
from deepdiva.provenance.footprint import load
from deepdiva.record.parting import Chain, Parting, find_parting, read_chain


@dataclass(frozen=True, kw_only=True)
class Bisection:
    """What was found."""

    parting: Parting
    """What the records alone tell."""
    step: int | None = None
    """First step at which the runs part; 0 is before training; None where they do not part."""
    blame: Blame | None = None
    samples: tuple[Mapping[str, Any], ...] = ()
    """Of a batch that differs: position, and the file that A and B have there."""

    def as_json(self) -> dict[str, Any]:
        """Return it in plain values; `parts` says whether the runs part at all."""
        told: dict[str, Any] = {"parts": self.step is not None, "step": self.step}
        for key in ("place", "layer", "operation", "what", "numbers"):
            told[key] = None if self.blame is None else getattr(self.blame, key)
        steps = {"a": self.parting.steps[0], "b": self.parting.steps[1]}
        return told | {"samples": [dict(sample) for sample in self.samples], "steps": steps}


def bisect(a: Path, b: Path, *, data: Sequence[Path] = (), progress: Progress | None = None) -> Bisection:
    """Find where the runs in the folders `a` and `b` part.

    Args:
        data: Folders in and below which the data is looked for; else where it was.

    Raises:
        DataError: a chain cannot be read.
        Inconclusive: something that a replay needs is missing (BIS-001 to BIS-003), or a run
            does not repeat itself (BIS-004).
    """
    progress = progress or Silence()
    parting = find_parting(read_chain(a), read_chain(b))
    if parting.at is None:
        return Bisection(parting=parting)
    first = 0 if parting.at == 0 else (parting.agreed or 0) + 1
    progress.note(f"by their records, the runs part {_between(first, parting.at)}")
    with ExitStack() as stack:
        sides = [stack.enter_context(opened(letter, run, data=data)) for letter, run in (("A", a), ("B", b))]
        for side in sides:
            for note in side.place.notes:
                progress.note(f"{side.letter}: {note}")
        step = parting.at if first == parting.at else _narrow(sides, first, parting.at, progress)
        step, blame = _trace(sides, step, progress)
        if blame.before and blame.place == "optimizer" and step > 1:
            # What it remembers may part long before any weight does.
            step, blame = _trace(sides, _narrow(sides, 1, step - 1, progress), progress)
        prints = [load(side.run / "data" / "footprint.json") for side in sides]
        samples = tuple(name_samples(blame, prints))
    return Bisection(parting=parting, step=step, blame=blame, samples=samples)


def _between(first: int, last: int) -> str:
    return f"at step {last}" if first == last else f"between steps {first} and {last}"


def _narrow(sides: Sequence[Side], first: int, last: int, progress: Progress) -> int:
    """Return the first step of those from `first` to `last` after which the state differs."""
    seen = []
    for side in sides:
        progress.note(f"replaying {side.letter} up to step {last}, with a digest after every step")
        seen.append(side.replay(Span(digest_from=first, stop_at=last)))
    states = [step for step in range(first, last) if seen[0].states.get(step) != seen[1].states.get(step)]
    lines = _first_line([side.chain for side in sides])
    return min([*states, last, *([lines] if lines else [])])


def _first_line(chains: Sequence[Chain]) -> int | None:
    line = find_parting(*chains).line
    return line[0].step if line else None


def _trace(sides: Sequence[Side], step: int, progress: Progress) -> tuple[int, Blame]:
    """Return the step to blame and what in it: the next one, where a change came between the two."""
    for place in (step, step + 1):
        traces = [_trace_one(side, place, progress) for side in sides]
        blame = find_blame(*traces)
        if blame is not None:
            return place, _with_seeds(blame, sides) if place == 0 else blame
    raise Inconclusive(
        f"the runs part at step {step}, but nothing that was traced in it differs",
        expected="a batch, a layer, a gradient or an update that differs",
        remedy="`deepdiva diff` tells in what the runs differ",
        code="BIS-005",
    )


def _trace_one(side: Side, step: int, progress: Progress) -> StepTrace:
    progress.note(f"replaying {side.letter} up to step {step}, and tracing it")
    return side.replay(Span(digest_from=step + 1, trace_at=step, stop_at=step)).trace or StepTrace()


def _with_seeds(blame: Blame, sides: Sequence[Side]) -> Blame:
    """Name the seeds as the cause of other weights before training, where they differ."""
    a, b = (side.stamp["seed"] for side in sides)
    if a == b or blame.place != "weights":
        return blame
    what = f"{blame.what}: the seeds are {a} and {b}, so the stream `weights` gives other numbers"
    return replace(blame, place="random stream", what=what)
