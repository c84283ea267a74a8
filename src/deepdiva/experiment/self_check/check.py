"""Whether a few steps, trained in three ways, agree; and what is said where they do not.

The run that follows has the bits it would have had without.  The second training finds another
state of the global generators, other memory and another hash seed; where only the hash seed
moves a bit and the level pins it, that is told and stops nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deepdiva.engine import StopSignal
from deepdiva.engine.blame import Blame
from deepdiva.errors import ConfigError, GateRefused
from deepdiva.experiment.request import Place, RunRequest
from deepdiva.experiment.samples import name_samples
from deepdiva.experiment.self_check import culprits
from deepdiva.experiment.self_check.agreement import first_difference, told_place
from deepdiva.experiment.self_check.observed import Observed
from deepdiva.experiment.self_check.trials import Condition, Trials
from deepdiva.provenance import Source, VerifiedData


def refuse_level(request: RunRequest) -> None:
    """Refuse where there is nothing to check.

    Raises:
        ConfigError: level off promises nothing (CHK-001).
    """
    if request.machine.determinism == "off":
        raise ConfigError(
            "--self-check with --determinism off: nothing is promised there that could be checked",
            expected="level seeded, strict or portable",
            remedy="leave --determinism out, or leave --self-check out",
            code="CHK-001",
        )


def check_itself(
    request: RunRequest, place: Place, source: Source, files: VerifiedData, stop: StopSignal
) -> tuple[str, ...]:
    """Train a few steps of `request` in three ways, and return what is to be told: that they agree.

    Raises:
        GateRefused: a second training (CHK-002) or one that was resumed (CHK-003) gives other bits.
        DeepDivaError: what stops a training; CHK-004 where it is none of our errors.
        Interrupted: a signal came.
    """
    began = time.monotonic()
    with TemporaryDirectory(prefix="deepdiva-self-check-") as folder:
        trials = Trials(Path(folder).resolve(), request, place, source, files, stop)
        told, *notices = _Check(trials).check()
    return (f"self-check: {told} ({time.monotonic() - began:.1f} s)", *notices)


@dataclass(frozen=True)
class _Check:
    """A check under way."""

    trials: Trials

    def check(self) -> tuple[str, ...]:
        """Return what agrees, and what else is to be told."""
        first = self.trials.train(self.trials.usual, watch=self.trials.watch)
        notices = self._compare_again(first)
        taken = len(first.chain.steps)
        if taken < first.steps:  # the run will say so, in its own words
            return (f"the loss is not finite at step {taken}; twice the same bits until there", *notices)
        resumed = self.trials.train(self.trials.moved, resume=first)
        step = first_difference(first, resumed)
        if step is not None:
            raise self._not_resumable(first, step)
        return (f"{first.steps} steps, twice and through a checkpoint: the same bits", *notices)

    def _compare_again(self, first: Observed) -> tuple[str, ...]:
        """Train again; where that differs, find out whether it is by the pinned hash seed alone."""
        other = Condition(shake=2, hash_seed="3" if self.trials.pinned == "2" else "2")
        step = first_difference(first, self.trials.train(other))
        if step is None:
            return ()
        if self.trials.pinned is None:
            raise self._not_repeatable(first, step, other)
        again = first_difference(first, self.trials.train(self.trials.moved))
        if again is not None:
            raise self._not_repeatable(first, again, self.trials.moved)
        lines = culprits.listed(culprits.of_order(first, self.trials.source.root))
        told = (
            f"self-check: equal only because the hash seed is pinned (PYTHONHASHSEED={self.trials.pinned}); "
            "with another, "
            f"training parts at {told_place(step)}; walk over sorted(...) instead of a set{lines}"
        )
        return (told,)

    def _not_repeatable(self, first: Observed, step: int, other: Condition) -> GateRefused:
        step, blame = self.trials.trace(step, other, resume=None)
        guilty = culprits.listed(culprits.of_repeating(first, self.trials.source.root))
        return GateRefused(
            f"trained twice, the run parts at {self._told(step, blame)}{guilty}",
            expected="equal bits from equal code, data and seed",
            remedy=_remedy(blame)
            + "give generators a seed of the run, as in np.random.default_rng(seeds.seed('noise')), or draw "
            "per sample with randomness.keyed_uniform; walk over sorted(...) instead of a set",
            code="CHK-002",
        )

    def _not_resumable(self, first: Observed, step: int) -> GateRefused:
        step, blame = self.trials.trace(step, self.trials.moved, resume=first)
        root = self.trials.source.root
        found = culprits.of_resuming(first, root) or culprits.of_repeating(first, root)
        half = first.steps // 2
        return GateRefused(
            f"trained again it gives the same bits, but resumed from its checkpoint after step {half} it "
            f"parts at {self._told(step, blame)}{culprits.listed(found)}",
            expected="a task whose state lies in weights, buffers, optimizer and the global generators",
            remedy="let draws depend on epoch and sample (randomness.keyed_uniform), or keep the value in a "
            "buffer of the model, which checkpoints carry",
            code="CHK-003",
        )

    def _told(self, step: int, blame: Blame | None) -> str:
        prints = [self.trials.files.footprint] * 2
        return told_place(step, blame, [] if blame is None else name_samples(blame, prints))


def _remedy(blame: Blame | None) -> str:
    if blame is not None and blame.place in ("forward", "backward", "loss"):
        return "where no line draws, take --determinism strict, which asks torch for repeatable algorithms; "
    return ""
