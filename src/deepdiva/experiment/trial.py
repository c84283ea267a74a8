"""One training of the self-check, in a process of its own (`python -m deepdiva.experiment.trial JOB`).

It begins as a run does once it is through the gate, but with generators and memory shaken.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from deepdiva import engine
from deepdiva.engine import Loop, Machine, Silence, StopSignal
from deepdiva.engine.rehearsal import rehearse, shake
from deepdiva.engine.witness import Witness, is_researchers
from deepdiva.experiment.child import answer
from deepdiva.experiment.request import read_request
from deepdiva.experiment.run import build_learner
from deepdiva.experiment.self_check.observed import NOTES, RECORD, TrialJob, save_observed
from deepdiva.experiment.self_check.sets import walks_over_sets
from deepdiva.provenance.files import make_folder
from deepdiva.provenance.levels import default_threads
from deepdiva.provenance.verify import verify
from deepdiva.record.lock import RunLock
from deepdiva.record.writer import RunWriter


def main(words: list[str]) -> int:
    """Carry out the job in the file `words[0]`."""
    job = TrialJob(**json.loads(Path(words[0]).read_text()))
    return answer(Path(job.out), lambda: _carry_out(job))


def _carry_out(job: TrialJob) -> None:
    out, machine = Path(job.out), Machine(**job.machine)
    engine.enforce(
        machine, machine.threads or default_threads(machine.determinism), engine.device_of(machine)
    )
    held = shake(job.shake)
    with ExitStack() as stack:
        if job.watch:
            stack.enter_context(Witness(Path(job.root), out / NOTES))
        loop = _loop(job, stack)
        rehearsed = rehearse(loop, at_most=job.at_most, trace_at=job.trace_at)
    save_observed(out, rehearsed, _walks(Path(job.root)))
    del held


def _loop(job: TrialJob, stack: ExitStack) -> Loop:
    learner = build_learner(read_request(Path(job.request)), verify(Path(job.data)))
    folder = Path(job.out) / RECORD
    make_folder(folder)
    writer = stack.enter_context(RunWriter(folder, RunLock(folder), {"seconds": None}))
    loop = Loop(learner, writer, Silence(), stack.enter_context(StopSignal()))
    if job.resume:
        loop.go_on(strict=True)
    return loop


def _walks(root: Path) -> list[tuple[str, int]]:
    """Return where the researcher's modules that were imported walk over sets."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    own = sorted(file for file in files if file and is_researchers(Path(file), root.resolve()))
    return [(file, line) for file in own for line in walks_over_sets(Path(file))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
