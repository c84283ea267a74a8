"""Run a recorded run again from its own code: restored into a scratch folder, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from deepdiva.errors import Interrupted
from deepdiva.experiment.workplace import Workplace, bring_back


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """How it went."""

    status: int
    """Exit status of the command."""
    folder: Path | None
    """The new run; None where it did not come to one."""
    notes: tuple[str, ...]
    """In what it could not be the same."""


def rerun(
    run: Path,
    *,
    data: Path,
    out: Path,
    stop_after_steps: int | None = None,
    python: Path | None = None,
    places: Sequence[Path] = (),
) -> Rerun:
    """Restore the code of `run`, and let it run its request again.

    Args:
        data: Folder of the very data.
        out: The new run folder is made below it.
        stop_after_steps: Stop there; None goes to the end.
        python: Interpreter of an environment that was made for the run; None for this one.
        places: Repositories in which its commit is looked for first.

    Raises:
        DataError: the code cannot be restored; see `provenance.restore`.
        Inconclusive: an environment was made for it, but no `deepdiva` that ran is at hand (REP-011).
        Interrupted: a signal came; the new run is resumable.
    """
    with TemporaryDirectory(prefix="deepdiva-reproduce-") as scratch:
        place = bring_back(run, Path(scratch), alone=python is not None, places=places)
        return run_at(place, data=data, out=out, stop_after_steps=stop_after_steps, python=python)


def run_at(
    place: Workplace,
    *,
    data: Path,
    out: Path,
    stop_after_steps: int | None = None,
    python: Path | None = None,
) -> Rerun:
    """Let the request at `place` run; see `rerun`."""
    words = [str(place.request), "--data", str(data.absolute()), "--out", str(out.absolute())]
    stop = [] if stop_after_steps is None else ["--stop-after-steps", str(stop_after_steps)]
    words += ["--on-uncommitted", "snapshot", "--json", *stop]
    status, answer = _type(words, place, python or Path(sys.executable))
    return Rerun(status=status, folder=_folder_of(answer), notes=place.notes)


def _type(words: list[str], place: Workplace, python: Path) -> tuple[int, str]:
    """Run `deepdiva run WORDS` at `place`; return exit status and standard output."""
    process = subprocess.Popen(
        [str(python), "-P", "-m", "deepdiva", "run", *words],
        cwd=place.tree,
        env=os.environ | place.variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    with _passing_on(process) as received:
        answer, _ = process.communicate()
    if received:
        raise Interrupted(
            f"{received[0]} while the run was run again",
            expected="a run that goes to its end",
            remedy="reproduce it again; the interrupted run below --out can be resumed, or removed",
        )
    return process.returncode, answer


@contextmanager
def _passing_on(process: subprocess.Popen[str]) -> Iterator[list[str]]:
    """Let the run end well when a signal comes; give the names of those that came."""
    received: list[str] = []

    def take(number: int, _frame: FrameType | None) -> None:
        received.append(signal.Signals(number).name)
        if number != signal.SIGINT:  # the keyboard's reaches the run by itself
            process.send_signal(number)

    numbers = (signal.SIGINT, signal.SIGTERM) if _is_main_thread() else ()
    before = {number: signal.signal(number, take) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _folder_of(answer: str) -> Path | None:
    try:
        facts: Any = json.loads(answer)
        return Path(facts["run"])
    except (ValueError, KeyError, TypeError):
        return None
