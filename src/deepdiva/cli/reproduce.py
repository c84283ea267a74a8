"""`deepdiva reproduce RUN`: run it again, and say whether the bits agree."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from deepdiva.cli import words as typed
from deepdiva.cli.open_run import open_run

if TYPE_CHECKING:
    from deepdiva.experiment import Reproduction

MOST_DIFFERENCES = 20


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva reproduce`."""

    run: tyro.conf.Positional[str]
    """A finished run: its folder, or a crate; or `latest`, a name or a part of a name below --out."""
    data: tuple[Path, ...] = ()
    """Folders in and below which the data is looked for by its digest; else where it was."""
    steps: int | None = None
    """Certify the first so many steps only."""
    out: Path = Path("runs")
    """Folder below which the new run is made."""
    environment: Literal["check", "ignore"] = "check"
    """What another numeric class means: no comparison bit by bit, or one all the same."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Run the run again; the exit code is the verdict."""
    said = typed.read(
        Words,
        words,
        verb="reproduce",
        does="Restore the code of a run, find its data, run it again, and compare bit by bit.\n\n"
        "Exit 0 REPRODUCED, 5 DIVERGED, 6 TAMPERED, 7 INCONCLUSIVE.",
        example="deepdiva reproduce latest --data data",
    )
    from deepdiva import experiment
    from deepdiva.cli.progress import progress_on

    with open_run(said.run, said.out) as run, progress_on() as progress:
        result = experiment.reproduce(
            run,
            out=said.out,
            data=said.data,
            steps=said.steps,
            environment=said.environment,
            progress=progress,
        )
        _tell(result, as_json=said.json)
        result.refuse()
    return 0


def _tell(result: Reproduction, *, as_json: bool) -> None:
    for line in (*result.notes, *_some(result.differences)):
        print(line, file=sys.stderr)
    if as_json:
        print(json.dumps(result.as_json()))
        return
    print(result.sentence)
    if result.run is not None:
        print(f"run      {result.run.folder}\nagain    {result.run.folder}/reproduce.sh")


def _some(differences: tuple[str, ...]) -> list[str]:
    more = len(differences) - MOST_DIFFERENCES
    lines = [f"differs: {line}" for line in differences[:MOST_DIFFERENCES]]
    return lines + ([f"differs: and {more} more facts"] if more > 0 else [])
