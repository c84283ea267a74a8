"""`deepdiva show RUN`: one run on one page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from deepdiva.cli import words as typed
from deepdiva.cli.find_run import find_run
from deepdiva.cli.show_page import print_page
from deepdiva.record import read_run


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva show`."""

    run: tyro.conf.Positional[str] = "latest"
    """A run folder; or `latest`, a name or a part of a name below --out."""
    out: Path = Path("runs")
    """Folder below which runs are looked for by name."""
    json: bool = False
    """Print one JSON object."""


def main(words: Sequence[str]) -> int:
    """Print the run."""
    said = typed.read(
        Words,
        words,
        verb="show",
        does="Look at one run: scores, settings, what it stands on, where things lie.",
        example="deepdiva show latest",
    )
    record = read_run(find_run(said.run, said.out))
    if said.json:
        inputs = None if record.inputs is None else [entry.as_json() for entry in record.inputs]
        print(json.dumps(record.as_json() | {"undeclared_inputs": inputs}))
    else:
        print_page(record)
    return 0
