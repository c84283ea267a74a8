"""`deepdiva list`: the runs there are, oldest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.table import Table

from deepdiva.cli import words as typed
from deepdiva.cli.console import duration, number, open_console, plain, status_text
from deepdiva.errors import ConfigError
from deepdiva.record import RunRecord, list_runs

MOST_METRICS = 4
"""Columns of test scores; the others are left to `show`."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva list`."""

    out: Path = Path("runs")
    """Folder below which the runs lie; experiments in it are entered."""
    json: bool = False
    """Print a JSON array, an object for each run."""


def main(words: Sequence[str]) -> int:
    """Print the runs."""
    said = typed.read(
        Words, words, verb="list", does="List runs, oldest first.", example="deepdiva list --out runs"
    )
    if not said.out.is_dir():
        raise ConfigError(
            f"there is no folder {said.out}",
            expected="the --out folder of earlier runs",
            remedy="name it with --out, or start a first run: `deepdiva run --help`",
            code="CFG-023",
        )
    runs = list_runs(said.out)
    if said.json:
        print(json.dumps([run.as_json() for run in runs]))
    elif runs:
        open_console().print(_table(said.out, runs))
    else:
        print(f"no runs in {said.out} yet; `deepdiva run --help` shows how to start one")
    return 0


def _table(out: Path, runs: list[RunRecord]) -> Table:
    metrics = _metrics(runs)
    table = Table(box=None, header_style="bold", pad_edge=False, caption_justify="left")
    table.add_column("run", no_wrap=True, overflow="ellipsis", ratio=None)
    table.add_column("task", overflow="ellipsis")
    table.add_column("seed", justify="right")
    table.add_column("status", no_wrap=True)
    for metric in metrics:
        table.add_column(f"test {metric}", justify="right")
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("started", no_wrap=True)
    for run in runs:
        test = run.info["test"] if isinstance(run.info["test"], dict) else {}
        table.add_row(
            plain(run.folder.relative_to(out)),
            plain(run.info["task"] or ""),
            plain(run.info["seed"]),
            status_text(run.status),
            *(number(test.get(metric)) for metric in metrics),
            duration(run.info["seconds"]),
            _moment(run.info.get("started")),
        )
    return table


def _metrics(runs: list[RunRecord]) -> list[str]:
    tests = [run.info["test"] for run in runs if isinstance(run.info["test"], dict)]
    return list(dict.fromkeys(metric for test in tests for metric in test))[:MOST_METRICS]


def _moment(started: object) -> str:
    """Return the time of day where this user is."""
    try:
        return datetime.fromisoformat(str(started)).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return ""
