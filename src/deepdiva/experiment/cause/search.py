"""Find which of the facts in which two runs differ moved the bits, by replaying one with some of them.

Delta debugging (see `ddmin`) over settings, hunks of code and files of data.  First A is
replayed with nothing changed, then with everything.  Then smallest sets of changes that move
A's bits are found and taken away, until what is left moves nothing; that is harmless.  Where
the movers alone do not give what all changes give, the smallest set that must join them is
found.  Changes are grouped at first, so that thousands of files take few replays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from deepdiva.engine import Progress, Silence
from deepdiva.errors import ConfigError, Inconclusive
from deepdiva.experiment.cause.answer import Cause, Moved
from deepdiva.experiment.cause.bench import Bench, NoReplay, Seen
from deepdiva.experiment.cause.changes import LEVELS, Change, changes_between, group
from deepdiva.experiment.cause.ddmin import Outcome, ddmin, split
from deepdiva.experiment.side import opened
from deepdiva.record.parting import Chain, Parting, find_parting, read_chain

MOST_REPLAYS = 40


def find_cause(
    a: Path,
    b: Path,
    *,
    steps: int | None = None,
    most_replays: int = MOST_REPLAYS,
    data: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Cause:
    """Find which changes make the run in folder `a` come out as the one in `b` did.

    Args:
        steps: Steps that each replay takes; else up to the end of the epoch in which they part.
        most_replays: What is not told apart by then is `unsettled`.
        data: Folders in and below which the data is looked for; else where it was.

    Raises:
        ConfigError: a limit that allows no answer (WHY-001).
        DataError: a chain cannot be read.
        Inconclusive: a replay needs what is missing (BIS-001 to BIS-003, another numeric class
            among them), A does not repeat itself (BIS-004), or cannot be run with all changes
            (WHY-002).
    """
    progress = progress or Silence()
    chains = read_chain(a), read_chain(b)
    parting = find_parting(*chains)
    length = _length(chains[0], parting, steps)
    if most_replays < 2:
        raise _refuse_limit(f"--most-replays {most_replays}", "2 or more: with no change, and with all")
    if parting.at is None:
        return Cause(steps=length, parts=False)
    with ExitStack() as stack:
        sides = [stack.enter_context(opened(letter, run, data=data)) for letter, run in (("A", a), ("B", b))]
        changes = changes_between(sides[0], sides[1])
        for side in sides:
            for note in side.place.notes:
                progress.note(f"{side.letter}: {note}")
        progress.note(f"{len(changes):,} changes; each replay takes {length} steps")
        return _Search(Bench(sides[0], sides[1], length), changes, most_replays, progress).run(chains[1])


def _length(a: Chain, parting: Parting, steps: int | None) -> int:
    """Return how many steps to replay: to the end of the epoch in which the runs part, if nobody says."""
    most = min(parting.steps)
    first = 1 if parting.at is None else max(parting.at, 1)
    if steps is not None:
        if steps < first:
            raise _refuse_limit(f"--steps {steps}", f"{first} or more, since the runs part at step {first}")
        return min(steps, most)
    ends = [moment.step for moment in a.weights if moment.step >= first]
    return most if parting.at is None else min([*ends, most])


def _refuse_limit(found: str, expected: str) -> ConfigError:
    return ConfigError(
        f"{found} allows no answer", expected=expected, remedy="give more, or leave it out", code="WHY-001"
    )


class _UsedUpError(Exception):
    """No replay is left."""


class _Search:
    """A search under way."""

    def __init__(self, bench: Bench, changes: tuple[Change, ...], most: int, progress: Progress) -> None:
        self.bench, self.changes, self.most, self.progress = bench, changes, most, progress
        self.cause = Cause(steps=bench.steps)
        self.seen: dict[frozenset[Change], Seen | NoReplay] = {}

    def run(self, b: Chain) -> Cause:
        self._say("nothing changed")
        self.base = self.bench.baseline()
        self.seen[frozenset()] = self.base
        self.goal = self._goal()
        self.cause.all_give_b = self._gives(b)
        try:
            self._settle(self.changes)
            self._join()
            self._prove()
        except _UsedUpError:
            settled = {*self.cause.movers, *self.cause.harmless, *self.cause.unresolved, *self.cause.together}
            self.cause.unsettled = tuple(change for change in self.changes if change not in settled)
        return self.cause

    def _gives(self, b: Chain) -> bool:
        """Tell whether A with every change is B as far as it was replayed."""
        steps = b.steps[: self.bench.steps]
        weights = {moment: digest for moment, digest in b.weights.items() if moment.step <= self.bench.steps}
        return find_parting(self.goal.chain, Chain(steps, weights)).at is None

    def _goal(self) -> Seen:
        self._say("everything changed")
        seen = self.bench.replay(self.changes, numeric_class=self.bench.b.stamp["numeric_class"]["name"])
        if isinstance(seen, Seen):
            self.seen[frozenset(self.changes)] = seen
            return seen
        raise Inconclusive(
            f"A cannot be run with all that B has: {seen.why}",
            expected="a difference in settings, code and data that can be tried here",
            remedy="`deepdiva diff` tells what else differs; `deepdiva bisect` tells where they part",
            code="WHY-002",
        )

    # -- Replays -----------------------------------------------------------------------

    def _replay(self, changes: Sequence[Change]) -> Seen | NoReplay:
        key = frozenset(changes)
        if key not in self.seen:
            if len(self.seen) >= self.most:
                raise _UsedUpError
            self._say(_name(changes))
            self.seen[key] = self.bench.replay(changes)
        return self.seen[key]

    def _say(self, what: str) -> None:
        self.cause.replays += 1
        self.progress.note(f"replay {self.cause.replays} of {self.most} at most: {what}")

    def _test(self, changes: Sequence[Change]) -> Outcome:
        """Tell what `changes` make of A."""
        seen = self._replay(changes)
        if isinstance(seen, NoReplay):
            return "unresolved"
        return "same" if seen.parts_from(self.base) is None else "moved"

    def _arrives(self, changes: Sequence[Change]) -> bool:
        """Tell whether `changes` make of A what all of them do."""
        seen = self._replay(changes)
        return isinstance(seen, Seen) and seen.parts_from(self.goal) is None

    # -- The search --------------------------------------------------------------------

    def _settle(self, rest: tuple[Change, ...]) -> None:
        """Find the movers in `rest`; what is left is harmless, or cannot run without others."""
        while rest:
            outcome = self._test(rest)
            if outcome == "same":
                self.cause.harmless += rest
                return
            if outcome == "unresolved":
                self._settle_parts(rest)
                return
            found = _smallest(rest, self._test)
            step = self._step(found)
            self.cause.moved.append(Moved(changes=found, step=step))
            rest = tuple(change for change in rest if change not in found)

    def _settle_parts(self, rest: tuple[Change, ...]) -> None:
        if len(rest) == 1:
            seen = self._replay(rest)
            self.cause.unresolved[rest[0]] = seen.why if isinstance(seen, NoReplay) else ""
            return
        for part in split(rest, 2):
            self._settle(part)

    def _step(self, changes: tuple[Change, ...]) -> int:
        seen = self._replay(changes)
        step = seen.parts_from(self.base) if isinstance(seen, Seen) else None
        return 0 if step is None else step

    def _join(self) -> None:
        """Find what must join the movers to give what all changes give."""
        movers = self.cause.movers
        if self._arrives(movers):
            return
        rest = tuple(change for change in self.changes if change not in movers)

        def test(some: Sequence[Change]) -> Outcome:
            return "moved" if self._arrives((*movers, *some)) else "same"

        self.cause.together = _smallest(rest, test)
        for change in self.cause.together:
            self.cause.unresolved.pop(change, None)
        self.cause.harmless = [c for c in self.cause.harmless if c not in self.cause.together]

    def _prove(self) -> None:
        self.cause.harmless_give_a = self._test(self.cause.harmless) == "same"
        arrives = self._arrives((*self.cause.movers, *self.cause.together))
        self.cause.movers_give_b = arrives and self.cause.all_give_b


def _smallest(changes: Sequence[Change], test: Callable[[Sequence[Change]], Outcome]) -> tuple[Change, ...]:
    """Return a smallest set that moves: first of whole parts, then of files and folders, then of changes."""
    left = tuple(changes)
    for level in range(LEVELS):
        groups = ddmin(group(left, level), lambda some: test(tuple(chain.from_iterable(some))))
        left = tuple(chain.from_iterable(groups))
    return left


def _name(changes: Sequence[Change]) -> str:
    if len(changes) > 3:
        return f"{len(changes):,} changes"
    return " and ".join(change.name for change in changes)
