"""What `deepdiva diff --cause` says: a verdict for every change, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deepdiva.cli.console import open_console, plain
from deepdiva.report.differences import Differences

if TYPE_CHECKING:
    from deepdiva.experiment.cause import Cause, Change

SHOWN = 10
"""Changes of one verdict that are shown by name."""
_FOLLOW = {"name", "level", "threads", "precision", "compile"}
"""Facts of the numeric class that follow from settings, which are tried."""
_WHY = {
    "packages": "another environment",
    "hardware": "another machine",
    "variables": "a variable of the environment",
    "numeric_class": "another machine or environment",
}


def cause_as_json(cause: Cause, differences: Differences) -> dict[str, Any]:
    """Return what was found, and what was not tried, in plain values."""
    return cause.as_json() | {"not_tried": list(not_tried(differences))}


def not_tried(differences: Differences) -> Iterator[dict[str, Any]]:
    """Give the facts that differ and cannot be replayed here."""
    for part, why in _WHY.items():
        for fact in differences.facts[part]:
            if part != "numeric_class" or fact.name not in _FOLLOW:
                yield {"part": part, "change": fact.name, "a": fact.a, "b": fact.b, "why": why}
    if differences.package_files:
        count = f"{len(differences.package_files):,} files"
        yield {"part": "deepdiva", "change": count, "a": None, "b": None, "why": "the package that replays"}


def print_cause(cause: Cause, differences: Differences) -> None:
    """Print the verdicts, then the proof."""
    console = open_console()
    console.print(Text("\ncause", style="bold"))
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(2):
        table.add_column(overflow="fold")
    for name, verdict, style in _rows(cause):
        table.add_row(plain(name), plain(verdict, style))
    for fact in not_tried(differences):
        table.add_row(
            plain(f"{fact['part']}: {fact['change']}"), plain(f"not tried: {fact['why']}", "yellow")
        )
    if table.row_count:
        console.print(Padding(table, (0, 0, 0, 2), expand=False))
    for line in _proof(cause):
        console.print(plain(f"  {line}"), soft_wrap=True)


def _rows(cause: Cause) -> Iterator[tuple[str, str, str]]:
    over = f"over {cause.steps} steps"
    for found in cause.moved:
        when = "before training" if found.step == 0 else f"from step {found.step}"
        alone = "" if len(found.changes) == 1 else f"; only together, {len(found.changes)} changes"
        for name in _names(found.changes):
            yield name, f"moved the bits {when}{alone}", "red"
    for name in _names(cause.together):
        yield name, "moved the bits only together with those above", "red"
    for name in _names(cause.harmless):
        yield name, f"harmless {over}", "green"
    for change, why in cause.unresolved.items():
        yield change.name, f"could not be run alone: {why}", "yellow"
    for name in _names(cause.unsettled):
        yield name, "not tried apart: the replays were used up", "yellow"


def _names(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes[:SHOWN]:
        yield change.name
    if len(changes) > SHOWN:
        yield f"... and {len(changes) - SHOWN:,} more; --json has them all"


def _proof(cause: Cause) -> Iterator[str]:
    over = f"over {cause.steps} steps"
    if not cause.parts:
        yield f"nothing parts {over}, by the records of the runs: nothing was replayed"
        return
    if cause.harmless_give_a and cause.harmless:
        yield f"A with all that is harmless gives A, {over}"
    if cause.harmless_give_a is False:
        yield f"what is harmless alone does not give A together, {over}"
    if cause.movers_give_b:
        yield f"A with all that moved the bits gives B, {over}"
    if not cause.all_give_b:
        yield f"A with everything that was tried does not give B {over}: something that was not tried matters"
    if cause.unsettled:
        yield "--most-replays N allows more replays"
    yield f"{cause.replays} replays of {cause.steps} steps"
