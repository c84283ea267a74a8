"""`deepdiva diff A B`: every fact in which two runs differ, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from deepdiva.cli import words as typed
from deepdiva.cli.diff_page import print_differences
from deepdiva.cli.open_run import open_run
from deepdiva.record import read_run
from deepdiva.report.differences import compare_runs


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva diff`."""

    a: tyro.conf.Positional[str]
    """A run folder or a crate; or `latest`, a name or a part of a name below --out."""
    b: tyro.conf.Positional[str]
    """The other run."""
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
        "variables, undeclared inputs), and what their results did.",
        example="deepdiva diff runs/20261123-150525-image-classification-8e342fa5 latest",
    )
    with open_run(said.a, said.out) as folder_a, open_run(said.b, said.out) as folder_b:
        a, b = read_run(folder_a), read_run(folder_b)
        differences = compare_runs(a, b)
        if said.json:
            runs = {"a": str(a.folder.absolute()), "b": str(b.folder.absolute())}
            print(json.dumps(runs | differences.as_json()))
        else:
            print_differences(a, b, differences)
    return 0
