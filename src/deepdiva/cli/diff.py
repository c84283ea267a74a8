"""`deepdiva diff A B`: every fact in which two runs differ, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from deepdiva.cli import words as typed
from deepdiva.cli.cause_page import cause_as_json, print_cause
from deepdiva.cli.diff_page import print_differences
from deepdiva.cli.open_run import open_run
from deepdiva.errors import ConfigError
from deepdiva.record import RunRecord, read_run
from deepdiva.report.differences import compare_runs

if TYPE_CHECKING:
    from deepdiva.experiment.cause import Cause


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva diff`."""

    a: tyro.conf.Positional[str]
    """A run folder or a crate; or `latest`, a name or a part of a name below --out."""
    b: tyro.conf.Positional[str]
    """The other run."""
    cause: bool = False
    """Replay A with some of the changes at a time, and tell which of them moved the bits."""
    steps: int | None = None
    """With --cause: steps of each replay; up to the end of the epoch in which the runs part if not given."""
    most_replays: int = 40
    """With --cause: replays at most; what is not told apart by then is told as such."""
    data: tuple[Path, ...] = ()
    """With --cause: folders in and below which the data is looked for; else it is where it was."""
    out: Path = Path("runs")
    """Folder below which runs are looked for by name."""
    json: bool = False
    """Print one JSON object."""


def main(words: Sequence[str]) -> int:
    """Compare the records of two runs."""
    said = typed.read(
        Words,
        words,
        verb="diff",
        does="Tell every fact in which two runs differ (settings, seeds, code, packages, data, hardware, "
        "variables, undeclared inputs), and what their results did; with --cause, which of them moved "
        "the bits.",
        example="deepdiva diff runs/20261123-150525-image-classification-8e342fa5 latest --cause",
    )
    if not said.cause and (said.steps is not None or said.data):
        raise ConfigError(
            "--steps or --data without --cause",
            expected="limits and places of replays, where there are replays",
            remedy="add --cause, or leave them out: without it, the records alone are read",
            code="WHY-003",
        )
    with open_run(said.a, said.out) as folder_a, open_run(said.b, said.out) as folder_b:
        a, b = read_run(folder_a), read_run(folder_b)
        differences = compare_runs(a, b)
        if not said.json:
            print_differences(a, b, differences)
        cause = _find_cause(said, a, b) if said.cause else None
        if said.json:
            runs = {"a": str(a.folder.absolute()), "b": str(b.folder.absolute())}
            told = {} if cause is None else {"cause": cause_as_json(cause, differences)}
            print(json.dumps(runs | differences.as_json() | told))
        elif cause is not None:
            print_cause(cause, differences)
    return 0


def _find_cause(said: Words, a: RunRecord, b: RunRecord) -> Cause:
    from deepdiva.cli.progress import progress_on
    from deepdiva.experiment.cause import find_cause

    with progress_on() as progress:
        return find_cause(
            a.folder,
            b.folder,
            steps=said.steps,
            most_replays=said.most_replays,
            data=said.data,
            progress=progress,
        )
