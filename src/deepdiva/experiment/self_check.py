"""Before a long run: train a few steps, again, and through a checkpoint; refuse what does not repeat.

Each training is a process of its own with a scratch folder of its own: the run that follows has
the bits it would have had without.  The second one finds another state of the global
generators, other memory and another hash seed; where only the hash seed moves a bit and the
level pins it, that is told and stops nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deepdiva import errors
from deepdiva.engine import StopSignal
from deepdiva.engine.blame import Blame, find_blame
from deepdiva.engine.rehearsal import CHECKPOINT_COPY
from deepdiva.engine.trace import StepTrace
from deepdiva.errors import ConfigError, GateRefused, Interrupted
from deepdiva.experiment import culprits
from deepdiva.experiment.agreement import first_difference, told_place
from deepdiva.experiment.child import Told, last_words, read_error, start
from deepdiva.experiment.observed import RECORD, Observed, TrialJob, load_observed
from deepdiva.experiment.request import FILE_NAME, Place, RunRequest
from deepdiva.experiment.samples import name_samples
from deepdiva.provenance import Source, VerifiedData
from deepdiva.provenance.files import make_folder
from deepdiva.provenance.levels import default_threads, required_variables

STEPS = 6
_TRACES = 3
"""Times a step is looked for that parts earlier when it is traced."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What a training finds when it begins."""

    shake: int
    hash_seed: str


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
        trials = _Trials(Path(folder).resolve(), request, place, source, files, stop)
        told, *notices = trials.check()
    return (f"self-check: {told} ({time.monotonic() - began:.1f} s)", *notices)


class _Trials:
    """The trainings of one check, in one scratch folder."""

    def __init__(
        self,
        scratch: Path,
        request: RunRequest,
        place: Place,
        source: Source,
        files: VerifiedData,
        stop: StopSignal,
    ) -> None:
        self.scratch, self.place, self.source, self.files, self.stop = scratch, place, source, files, stop
        self.request = scratch / FILE_NAME
        self.request.write_text(request.as_toml(), "utf-8")
        self.machine = machine = request.machine
        self.variables = required_variables(
            machine.determinism, machine.threads or default_threads(machine.determinism)
        )
        self.watch = not machine.compile  # the compiler does not bear being watched
        self.pinned = _pinned_hash_seed(self.variables)
        self.count = 0
        self.usual = Condition(shake=1, hash_seed=self.pinned or "1")
        self.moved = Condition(shake=2, hash_seed=self.pinned or "2")

    def check(self) -> tuple[str, ...]:
        """Return what agrees, and what else is to be told."""
        first = self.train(self.usual, watch=self.watch)
        notices = self._compare_again(first)
        taken = len(first.chain.steps)
        if taken < first.steps:  # the run will say so, in its own words
            return (f"the loss is not finite at step {taken}; twice the same bits until there", *notices)
        resumed = self.train(self.moved, resume=first)
        step = first_difference(first, resumed)
        if step is not None:
            raise self._not_resumable(first, step)
        return (f"{first.steps} steps, twice and through a checkpoint: the same bits", *notices)

    def _compare_again(self, first: Observed) -> tuple[str, ...]:
        """Train again; where that differs, find out whether it is by the pinned hash seed alone."""
        other = Condition(shake=2, hash_seed="3" if self.pinned == "2" else "2")
        step = first_difference(first, self.train(other))
        if step is None:
            return ()
        if self.pinned is None:
            raise self._not_repeatable(first, step, other)
        again = first_difference(first, self.train(self.moved))
        if again is not None:
            raise self._not_repeatable(first, again, self.moved)
        lines = culprits.listed(culprits.of_order(first, self.source.root))
        told = (
            f"self-check: equal only because the hash seed is pinned (PYTHONHASHSEED={self.pinned}); with "
            f"another, training parts at {told_place(step)}; walk over sorted(...) instead of a set{lines}"
        )
        return (told,)

    # -- One training ------------------------------------------------------------------

    def train(
        self,
        condition: Condition,
        *,
        watch: bool = False,
        resume: Observed | None = None,
        trace_at: int | None = None,
    ) -> Observed:
        """Train under `condition`, from the beginning or from where the checkpoint of `resume` stands."""
        self.count += 1
        out = self.scratch / str(self.count)
        make_folder(out)
        if resume is not None:
            shutil.copytree(resume.folder / CHECKPOINT_COPY, out / RECORD)
        job = TrialJob(
            request=str(self.request),
            machine=asdict(self.machine),
            data=str(self.place.data.absolute()),
            out=str(out),
            root=str(self.source.root),
            at_most=STEPS,
            shake=condition.shake,
            watch=watch,
            resume=resume is not None,
            trace_at=trace_at,
        )
        self._start(job, condition)
        return load_observed(out)

    def _start(self, job: TrialJob, condition: Condition) -> None:
        told = Path(job.out) / "job.json"
        told.write_text(json.dumps(asdict(job)))
        paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        variables = self.variables | {"PYTHONPATH": paths, "PYTHONHASHSEED": condition.hash_seed}
        done = start("deepdiva.experiment.trial", told, cwd=Path.cwd(), variables=variables)
        if self.stop.received:
            raise Interrupted(
                f"{self.stop.received} during the self-check",
                expected="a check that goes to its end",
                remedy="run again; nothing was written",
            )
        if done.returncode:
            raise _fault(read_error(Path(job.out)), last_words(done))

    # -- What is said when they part ---------------------------------------------------

    def _not_repeatable(self, first: Observed, step: int, other: Condition) -> GateRefused:
        step, blame = self._trace(step, other, resume=None)
        guilty = culprits.listed(culprits.of_repeating(first, self.source.root))
        return GateRefused(
            f"trained twice, the run parts at {self._told(step, blame)}{guilty}",
            expected="equal bits from equal code, data and seed",
            remedy=_remedy(blame)
            + "give generators a seed of the run, as in np.random.default_rng(seeds.seed('noise')), or draw "
            "per sample with randomness.keyed_uniform; walk over sorted(...) instead of a set",
            code="CHK-002",
        )

    def _not_resumable(self, first: Observed, step: int) -> GateRefused:
        step, blame = self._trace(step, self.moved, resume=first)
        root = self.source.root
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

    def _trace(self, step: int, other: Condition, *, resume: Observed | None) -> tuple[int, Blame | None]:
        """Train both ways once more and trace the step; it may come earlier this time."""
        for _ in range(_TRACES):
            ours = self.train(self.usual, trace_at=max(step, 0))
            theirs = self.train(other, resume=resume, trace_at=max(step, 0))
            earlier = first_difference(ours, theirs)
            if earlier is None or earlier >= step:
                break
            step = earlier
        if step < 0:
            return step, None
        return step, find_blame(ours.seen.trace or StepTrace(), theirs.seen.trace or StepTrace())

    def _told(self, step: int, blame: Blame | None) -> str:
        prints = [self.files.footprint] * 2
        return told_place(step, blame, [] if blame is None else name_samples(blame, prints))


def _pinned_hash_seed(settled: dict[str, str]) -> str | None:
    chosen = settled.get("PYTHONHASHSEED") or os.environ.get("PYTHONHASHSEED", "")
    return chosen if chosen.isdecimal() else None


def _remedy(blame: Blame | None) -> str:
    if blame is not None and blame.place in ("forward", "backward", "loss"):
        return "where no line draws, take --determinism strict, which asks torch for repeatable algorithms; "
    return ""


def _fault(told: Told | None, said: str) -> errors.DeepDivaError:
    """Return what stopped a training: an error of ours, or the last line of what was said."""
    if told is not None:
        kind: type[errors.DeepDivaError] = getattr(errors, told.kind, errors.DeepDivaError)
        return kind(told.found, expected=told.expected, remedy=told.remedy, code=told.code)
    return GateRefused(
        f"a few steps cannot be trained: {said}",
        expected="a task that trains",
        remedy="leave --self-check out to see the whole trace",
        code="CHK-004",
    )
