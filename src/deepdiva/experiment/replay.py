"""One side of a bisection: run a recorded run again as far as asked, and write down what was seen.

A process of its own (`python -m deepdiva.experiment.replay JOB`), since two runs may have two
codes, two environments and two seeds.  It starts with the environment of its run in force.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from deepdiva.engine import Loop, Silence, StopSignal
from deepdiva.engine.replay import Span, replay
from deepdiva.engine.trace_files import save_replayed
from deepdiva.errors import Inconclusive
from deepdiva.experiment.child import answer
from deepdiva.experiment.request import Place, read_request
from deepdiva.experiment.run import build_learner, pass_gate
from deepdiva.provenance.files import make_folder
from deepdiva.record.lock import RunLock
from deepdiva.record.writer import RunWriter


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a side is told; paths are absolute."""

    request: str
    """The request of the run; a task's file is named as it lies in the restored tree."""
    data: str
    out: str
    """Folder for what is seen: `run/` with its chain, the traces beside it."""
    threads: int
    numeric_class: str | None
    """Name of the class in which the run was computed; None allows any."""
    digest_from: int
    trace_at: int | None
    stop_at: int


def main(words: list[str]) -> int:
    """Carry out the job in the file `words[0]`."""
    job = Job(**json.loads(Path(words[0]).read_text()))
    return answer(Path(job.out), lambda: _carry_out(job))


def _carry_out(job: Job) -> None:
    request = read_request(Path(job.request))
    request = dataclasses.replace(request, machine=dataclasses.replace(request.machine, threads=job.threads))
    place = Place(data=Path(job.data), out=Path(job.out))
    _, stamp = pass_gate(request, place, on_uncommitted="snapshot")
    if job.numeric_class not in (None, stamp.numeric_class.name):
        raise Inconclusive(
            f"this machine computes in numeric class {stamp.numeric_class.name}, the run in "
            f"{job.numeric_class}",
            expected="the processor or GPU, the torch and the settings with which the run was computed",
            remedy="`deepdiva diff` tells what differs; bisect where the runs were computed",
            code="BIS-002",
        )
    learner = build_learner(request, stamp.data)
    folder = Path(job.out) / "run"
    make_folder(folder)
    span = Span(digest_from=job.digest_from, trace_at=job.trace_at, stop_at=job.stop_at)
    with StopSignal() as stop, RunWriter(folder, RunLock(folder), {"seconds": None}) as writer:
        save_replayed(replay(Loop(learner, writer, Silence(), stop), span), Path(job.out))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
