"""Run a recorded run again, and say whether the bits agree: the promise of the whole house.

Verify the record, find the data by what it is, restore the code, run, compare.  Whatever is
missing on the way makes the answer INCONCLUSIVE; only bits that agree make it REPRODUCED.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from deepdiva.config import read_toml
from deepdiva.engine import Progress, Silence
from deepdiva.errors import ConfigError, DataError, GateRefused, Inconclusive
from deepdiva.experiment.judge import judge, limit_of
from deepdiva.experiment.request import FILE_NAME
from deepdiva.experiment.rerun import Rerun, rerun
from deepdiva.experiment.search_data import adopt, search_data
from deepdiva.experiment.verdict import Origin, Reproduction
from deepdiva.provenance.environments import environment_of
from deepdiva.record import RunRecord, Verification, read_run, verify_run
from deepdiva.record.parting import read_chain

Environment = Literal["rebuild", "check", "ignore"]
_CONTRADICTIONS = ("SRC-010", "SRC-011", "SRC-013")
"""Codes of a snapshot that is not what its own stamp says."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a run is to be repeated."""

    out: Path
    """The new run folder is made below it."""
    data: tuple[Path, ...] = ()
    """Folders in and below which the data is looked for; else where it was."""
    steps: int | None = None
    """Certify the first so many steps only."""
    environment: Environment = "check"
    """`rebuild` runs it with the packages of its lock, `check` with those installed.  Runs of
    another numeric class, where equal bits were never promised, are compared within a tolerance;
    with `ignore` bit by bit."""

    def __post_init__(self) -> None:
        if self.steps is not None and self.steps < 1:
            raise ConfigError(
                f"steps = {self.steps}",
                expected="1 or more",
                remedy="choose another --steps",
                code="CFG-003",
            )


def reproduce(
    folder: Path,
    wish: Wish,
    *,
    origin: Origin | None = None,
    places: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Reproduction:
    """Run the finished run in `folder` again, and compare chain, weights, predictions and scores.

    Args:
        origin: The commit that the record was taken from, if it was.
        places: Repositories in which the commit of the run is looked for first.

    Raises:
        DataError: `folder` is no run (VER-003).
        ResourceError: a disk or a permission stands in the way.
        Interrupted: a signal came.
    """
    progress = progress or Silence()
    blank, refused = begin(folder, origin)
    if refused:
        return blank
    original, chain = read_run(folder), read_chain(folder)
    for entry in original.inputs or ():
        progress.note(f"the run read what its record does not hold: {entry}")
    try:
        typed = str(read_toml(folder / FILE_NAME).get("data"))
        place = search_data(folder, typed=typed, given=wish.data)
        progress.note(f"data found in {place}, every file read")
        adopt(folder, place)
        again = _again(original, wish, place, places, limit_of(wish.steps, original, chain), progress)
    except (DataError, GateRefused, Inconclusive) as error:
        contradicts = error.code in _CONTRADICTIONS
        known = replace(blank, reason=error.found, cause=error)
        return replace(known, verdict="TAMPERED") if contradicts else known
    return judge(blank, original, again, steps=wish.steps, any_class=wish.environment == "ignore")


def begin(folder: Path, origin: Origin | None) -> tuple[Reproduction, bool]:
    """Verify the record in `folder`; return what is known then, and whether that is the answer.

    Raises:
        DataError: `folder` is no run (VER-003).
    """
    original, found = read_run(folder), verify_run(folder)
    fault = _fault_of(found)
    blank = Reproduction(
        verdict="TAMPERED" if found.findings else "INCONCLUSIVE",
        original=original,
        seal_sha256=found.seal_sha256,
        reason=fault or "",
        origin=origin,
    )
    return blank, fault is not None


def _fault_of(found: Verification) -> str | None:
    if found.findings:
        return "the record contradicts itself: " + "; ".join(found.lines[:3])
    if found.status != "finished":
        return f"the run is {found.status}; only one that finished is sealed and can be reproduced"
    return None


def _again(
    run: RunRecord, wish: Wish, data: Path, places: Sequence[Path], limit: int | None, progress: Progress
) -> Rerun:
    python = environment_of(run.folder, progress.note) if wish.environment == "rebuild" else None
    again = rerun(run.folder, data=data, out=wish.out, stop_after_steps=limit, python=python, places=places)
    made = () if python is None else ("it ran with the packages of its lock, in an environment of their own",)
    return replace(again, notes=(*again.notes, *made))
