"""The short trainings of a self-check: each in a process and a scratch folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from deepdiva import errors
from deepdiva.engine import StopSignal
from deepdiva.engine.blame import Blame, find_blame
from deepdiva.engine.rehearsal import CHECKPOINT_COPY
from deepdiva.engine.trace import StepTrace
from deepdiva.errors import GateRefused, Interrupted
from deepdiva.experiment.child import Told, last_words, read_error, start
from deepdiva.experiment.request import FILE_NAME, Place, RunRequest
from deepdiva.experiment.self_check.agreement import first_difference
from deepdiva.experiment.self_check.observed import RECORD, Observed, TrialJob, load_observed
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


class Trials:
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
            raise fault(read_error(Path(job.out)), last_words(done))

    def trace(self, step: int, other: Condition, *, resume: Observed | None) -> tuple[int, Blame | None]:
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


def _pinned_hash_seed(settled: dict[str, str]) -> str | None:
    chosen = settled.get("PYTHONHASHSEED") or os.environ.get("PYTHONHASHSEED", "")
    return chosen if chosen.isdecimal() else None


def fault(told: Told | None, said: str) -> errors.DeepDivaError:
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
