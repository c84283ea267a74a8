"""The page of two runs: what differs, part by part, then what came of it, then what is equal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deepdiva.cli.console import number, open_console, plain
from deepdiva.record import RunRecord
from deepdiva.record.parting import Parting, loss_of
from deepdiva.report.code_differences import CodeDifferences, FileChange
from deepdiva.report.differences import Difference, Differences, Results

MOST_LINES = 80
"""Lines of one file's diff that are shown."""
_TITLES = {"inputs": "undeclared inputs", "numeric_class": "numeric class"}
_SHA256 = re.compile("[0-9a-f]{64}")
_COLORS = {"+": "green", "-": "red", "@": "cyan"}


def print_differences(a: RunRecord, b: RunRecord, found: Differences) -> None:
    """Print `found`, in which runs `a` and `b` differ, for people."""
    console = open_console()
    console.print(Text.assemble(("A  ", "bold red"), plain(a.folder)), soft_wrap=True)
    console.print(Text.assemble(("B  ", "bold green"), plain(b.folder)), soft_wrap=True)
    for part, facts in found.facts.items():
        if facts:
            _print_part(console, _TITLES.get(part, part), _facts(facts))
    if found.code:
        _print_code(console, found.code)
    for title, files in (("files of deepdiva itself", found.package_files), ("data", found.data)):
        if files:
            _print_lines(console, title, files.lines())
    _print_results(console, found.results)
    _print_end(console, found)


def _print_part(console: Console, title: str, table: Table) -> None:
    console.print(Text(f"\n{title}", style="bold"))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _print_lines(console: Console, title: str, lines: Iterable[str]) -> None:
    console.print(Text(f"\n{title}", style="bold"))
    for line in lines:
        console.print(plain(line), soft_wrap=True)


def _facts(facts: Iterable[Difference]) -> Table:
    table = _table("", "A", "B")
    for fact in facts:
        table.add_row(plain(fact.name), _value(fact.a), _value(fact.b))
    return table


def _table(*heads: str, justify: str = "left") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for index, head in enumerate(heads):
        right = justify == "right" and index > 0
        table.add_column(head, justify="right" if right else "left", overflow="fold")
    return table


def _value(value: object) -> Text:
    """Return a value in full; of a SHA-256, which nobody reads, the beginning."""
    if value is None:
        return Text("absent", style="dim")
    return plain(f"{value[:16]}…" if isinstance(value, str) and _SHA256.fullmatch(value) else value)


# -- Code ------------------------------------------------------------------------------


def _print_code(console: Console, code: CodeDifferences) -> None:
    console.print(Text("\ncode", style="bold"))
    if code.commits[0] != code.commits[1]:
        ours, theirs = (commit[:12] if commit else "no commit" for commit in code.commits)
        console.print(plain(f"  commit {ours} in A, {theirs} in B"), soft_wrap=True)
    for change in code.files:
        for line in _change_lines(change):
            console.print(line, soft_wrap=True)


def _change_lines(change: FileChange) -> Iterator[Text]:
    note = f" ({change.note})" if change.note else ""
    yield plain(f"  {change.change:<8} {change.path}{note}")
    if change.hunks is None:
        yield plain(f"           {_short(change.a)} in A, {_short(change.b)} in B", "dim")
        return
    lines = change.hunks.split("\n")[2:-1]  # the two heads tell the path again
    for line in lines[:MOST_LINES]:
        yield plain(f"    {line}", _COLORS.get(line[:1], ""))
    if len(lines) > MOST_LINES:
        yield plain(f"    ... and {len(lines) - MOST_LINES} more lines; --json has them all", "dim")


def _short(object_id: str | None) -> str:
    return object_id[:12] if object_id else "absent"


# -- Results ---------------------------------------------------------------------------


def _print_results(console: Console, results: Results) -> None:
    console.print(Text("\nresults", style="bold"))
    if results.equal:
        console.print(Text("  equal, bit for bit", style="green"))
    if results.scores:
        console.print(Padding(_scores(results.scores), (0, 0, 0, 2), expand=False))
    if results.facts:
        console.print()
        console.print(Padding(_facts(results.facts), (0, 0, 0, 2), expand=False))
    if results.parting:
        for line in parting_lines(results.parting):
            console.print(plain(f"  {line}"), soft_wrap=True)


def _scores(scores: Iterable[Difference]) -> Table:
    table = _table("", "A", "B", "B - A", justify="right")
    for score in scores:
        both = isinstance(score.a, int | float) and isinstance(score.b, int | float)
        gap = _gap(score.b - score.a) if both else ""
        table.add_row(plain(score.name), number(score.a), number(score.b), gap)
    return table


def _gap(gap: float) -> str:
    """Return a gap with four digits, or its size where it has none there.

    Example:
        >>> _gap(0.0), _gap(0.25), _gap(-4.1e-9)
        ('=', '+0.2500', '-4e-09')
    """
    if not gap:
        return "="
    return f"{gap:+.4f}" if abs(gap) >= 5e-5 else f"{gap:+.0e}"


def parting_lines(parting: Parting) -> Iterator[str]:
    """Give what two chains tell of where two runs part, for people."""
    if parting.weights and parting.weights.step == 0:
        yield "they begin with other weights"
    elif parting.weights:
        yield f"the weights differ after step {parting.weights.step} (epoch {parting.weights.epoch})"
    if parting.line:
        a, b = parting.line
        samples = "the same samples in the same order" if a.batch == b.batch else "other samples"
        losses = f"loss {loss_of(a):.9g} in A, {loss_of(b):.9g} in B"
        yield f"the chains part at step {a.step}: {samples}, {losses}"
    elif parting.at is None and 0 not in parting.steps:
        yield f"the chains agree over all {min(parting.steps)} steps that both took"
    if parting.steps[0] != parting.steps[1]:
        yield f"A took {parting.steps[0]} steps, B took {parting.steps[1]}"


def _print_end(console: Console, found: Differences) -> None:
    equal = [_TITLES.get(part, part) for part, facts in found.facts.items() if not facts]
    equal += [name for name, files in (("code", found.code), ("data", found.data)) if not files]
    for notice in found.notices:
        console.print()
        console.print(plain(f"notice: {notice}", "yellow"), soft_wrap=True)
    if equal:
        console.print()
        console.print(plain(f"equal: {', '.join(equal)}", "dim"), soft_wrap=True)
