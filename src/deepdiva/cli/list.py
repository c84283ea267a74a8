"""`deepdiva list`: the runs there are, oldest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

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
        console = open_console()
        console.print(_table(said.out, runs, console.width))
    else:
        print(f"no runs in {said.out} yet; `deepdiva run --help` shows how to start one")
    return 0


@dataclass(frozen=True, eq=False)
class _Column:
    """A column that may have to give way to more important ones."""

    title: str
    cells: list[Text]
    rank: int
    """How much it matters; 0 most."""
    justify: JustifyMethod = "left"

    @property
    def width(self) -> int:
        lines = [Text(line) for line in self.title.splitlines()]
        return max(text.cell_len for text in [*lines, *self.cells])


def _table(out: Path, runs: list[RunRecord], width: int) -> Table:
    """Return as many columns as there is room for."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    columns = _fitting(_columns(out, runs), width)
    for column in columns:
        table.add_column(column.title, justify=column.justify, no_wrap=True)
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*row)
    return table


def _columns(out: Path, runs: list[RunRecord]) -> list[_Column]:
    tests = [run.info["test"] if isinstance(run.info["test"], dict) else {} for run in runs]
    names = list(dict.fromkeys(metric for test in tests for metric in test))[:MOST_METRICS]
    scores = [
        _Column(
            f"test\n{name}", [plain(number(test.get(name))) for test in tests], 4 + (name == "loss"), "right"
        )
        for name in names
    ]
    return [
        _Column("run", [plain(run.folder.relative_to(out)) for run in runs], 0),
        _Column("task", [plain(run.info["task"] or "") for run in runs], 6),
        _Column("seed", [plain(run.info["seed"]) for run in runs], 2, "right"),
        _Column("status", [status_text(run.status) for run in runs], 1),
        *scores,
        _Column("took", [plain(duration(run.info["seconds"])) for run in runs], 3, "right"),
    ]


def _fitting(columns: list[_Column], width: int) -> list[_Column]:
    """Return the columns that fit beside each other, two blanks between them; the first always does."""
    left, kept = width, []
    for column in sorted(columns, key=lambda column: column.rank):
        if column.rank == 0 or column.width + 2 <= left:
            kept.append(column)
            left -= column.width + 2
    return [column for column in columns if column in kept]
