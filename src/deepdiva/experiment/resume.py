"""Go on with a run that was interrupted, to the bits of one that was not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deepdiva.engine import Loop, Progress, Silence, StopSignal
from deepdiva.errors import StampDiffers
from deepdiva.experiment.find_data import find_data
from deepdiva.experiment.request import FILE_NAME, Place, read_request
from deepdiva.experiment.run import build_learner, carry_out, pass_gate
from deepdiva.experiment.watch import Watch
from deepdiva.provenance import Stamp
from deepdiva.provenance.inputs import load
from deepdiva.provenance.keep import differences
from deepdiva.provenance.snapshot import source_of
from deepdiva.record import RunRecord, read_run, reopen_run


def resume(
    folder: Path,
    *,
    data: Path | None = None,
    allow_change: Sequence[str] = (),
    strict: bool = False,
    progress: Progress | None = None,
) -> RunRecord:
    """Take up the run in `folder` at its last checkpoint; one that is finished is returned as it is.

    Args:
        data: Where the data lies now, if it was moved.
        allow_change: What may differ from the run's stamp: code, environment, data or
            numeric_class.
        strict: Refuse if the newest checkpoint is damaged, instead of taking the one before it.

    Raises:
        StampDiffers: code, packages, data or machine are not those the run began with (CFG-010).
        CheckpointError: no checkpoint can be trusted.
        ResourceError: another process has the run open.
    """
    progress = progress or Silence()
    if read_run(folder).status == "finished":
        progress.note(f"{folder} is already finished")
        return read_run(folder)
    request = read_request(folder / FILE_NAME)
    place = Place(data=find_data(folder, typed=request.data, given=data), out=folder.resolve().parent)
    strict_inputs = bool(read_run(folder).info.get("strict_inputs"))
    with StopSignal() as stop, Watch(strict=strict_inputs, earlier=load(folder) or ()) as watch:
        progress = watch.over(progress)
        # The tree that guarded the run, whatever folder one works in by now.
        source = source_of(folder, exempt=[place.data, place.out])
        source, stamp = pass_gate(request, place, on_uncommitted="snapshot", source=source)
        _refuse_differences(stamp, folder, allow_change)
        watch.stand_on(source, stamp)
        learner = build_learner(request, stamp.data)
        watch.look()
        with reopen_run(folder) as writer:
            loop = Loop(learner, writer, progress, stop)
            for notice in loop.go_on(strict=strict):
                writer.log(notice)
                progress.note(notice)
            carry_out(loop, request, progress, watch)
    return read_run(folder)


def _refuse_differences(stamp: Stamp, folder: Path, allow_change: Sequence[str]) -> None:
    """Compare with the run's own stamp, not with a fresh gate."""
    found = [line for line in differences(stamp, folder) if _part(line) not in allow_change]
    if found:
        raise StampDiffers(
            "the run stood on something else:\n    " + "\n    ".join(found),
            expected="code, packages, data and machine as they were when the run began",
            remedy="bring them back (`deepdiva restore` gives the code), or say that it may differ: "
            "--allow-change " + " ".join(dict.fromkeys(map(_part, found))),
            code="CFG-010",
        )


def _part(line: str) -> str:
    return line.partition(":")[0]
