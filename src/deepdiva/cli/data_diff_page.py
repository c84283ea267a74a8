"""The page of two data sets: what moved, changed, came and went, then the counts by top folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deepdiva.cli.console import open_console, plain
from deepdiva.provenance.data_sides import Side
from deepdiva.provenance.moves import Content, Moves, Total, totals
from deepdiva.provenance.tree import printable

SHOWN = 20
"""Lines shown of each kind; the rest is counted."""
SPLITS = ("train", "val", "test")
"""As `data.splits` names them, which takes a second to import."""
_HEADS = ("A", "B", "added", "removed", "changed", "moved out", "moved in")


def print_moves(a: tuple[str, Side], b: tuple[str, Side], found: Moves) -> None:
    """Print what differs between two sides, each with the name that the user gave it."""
    console = open_console()
    for letter, color, (name, side) in (("A", "bold red", a), ("B", "bold green", b)):
        console.print(Text.assemble((f"{letter}  ", color), plain(f"{name}: {_about(side)}")), soft_wrap=True)
    if not found:
        console.print()
        _say(console, f"equal: the same files with the same content, by {a[1].algorithm}")
        return
    _print_part(
        console,
        f"folders renamed: {len(found.folders):,}",
        [f"{printable(f.old)}/ -> {printable(f.new)}/   all {_files(f.files)}" for f in found.folders],
    )
    alone = found.moved_alone
    _print_part(
        console,
        f"moved: {_files(len(alone))}{_kinds(alone)}",
        [f"{printable(old)} -> {printable(new)}" for old, new in alone],
    )
    _print_part(console, f"changed: {_files(len(found.changed))}", _changes(found.changed, a[1].algorithm))
    _print_part(console, f"added: {_files(len(found.added))}", _content_lines(found.added))
    _print_part(console, f"removed: {_files(len(found.removed))}", _content_lines(found.removed))
    console.print()
    console.print(_table(totals(a[1].files, b[1].files, found)))


def _about(side: Side) -> str:
    sizes = [content.size for content in side.files.values()]
    size = f", {sum(filter(None, sizes)):,} bytes" if None not in sizes else ""
    return f"{_files(len(sizes))}{size} ({side.how})"


def _print_part(console: Console, title: str, lines: Iterable[str]) -> None:
    every = list(lines)
    if not every:
        return
    console.print()
    _say(console, title, "bold")
    for line in every[:SHOWN]:
        _say(console, f"  {line}")
    if len(every) > SHOWN:
        _say(console, f"  ... and {len(every) - SHOWN:,} more; --json tells all", "dim")


def _say(console: Console, line: str, style: str = "") -> None:
    console.print(plain(line, style), soft_wrap=True)


def _kinds(moved: Iterable[tuple[str, str]]) -> str:
    counts = Counter(kind_of(old, new) for old, new in moved)
    return f" ({', '.join(f'{count:,} {kind}' for kind, count in sorted(counts.items()))})"


def kind_of(old: str, new: str) -> str:
    """Say what a move of one file means.

    Example:
        >>> kind_of("train/cat/1.png", "val/cat/1.png"), kind_of("train/cat/1.png", "train/dog/1.png")
        ('to another split', 'to another class')
        >>> kind_of("train/cat/1.png", "train/cat/2.png"), kind_of("a/1.png", "a/b/1.png")
        ('renamed', 'to another folder')
        >>> kind_of("cat/1.png", "train/cat/1.png")
        'into a split'
    """
    ours, theirs = old.split("/"), new.split("/")
    if ours[:-1] == theirs[:-1]:
        return "renamed"
    if theirs[0] in SPLITS and theirs[1:] == ours:
        return "into a split"
    split = ours[0] in SPLITS and theirs[0] in SPLITS
    if split and ours[0] != theirs[0]:
        same_class = ours[1:-1] == theirs[1:-1]
        return "to another split" if same_class else "to another split and class"
    return "to another class" if split and len(ours) == len(theirs) == 3 else "to another folder"


def _changes(changed: Mapping[str, tuple[Content, Content]], algorithm: str) -> Iterable[str]:
    for path, (was, now) in changed.items():
        yield f"{printable(path)}   {algorithm} {was.digest[:16]}… -> {now.digest[:16]}…{_sizes(was, now)}"


def _sizes(was: Content, now: Content) -> str:
    if was.size is None or now.size is None:
        return ""
    return f", {was.size:,} -> {now.size:,} bytes" if was.size != now.size else f", {now.size:,} bytes"


def _content_lines(files: Mapping[str, Content]) -> Iterable[str]:
    for path, content in files.items():
        yield printable(path) + (f"   {content.size:,} bytes" if content.size is not None else "")


def _table(found: Mapping[str, Total]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("by top folder", overflow="fold")
    for head in _HEADS:
        table.add_column(head, justify="right")
    for top, total in found.items():
        table.add_row(plain(printable(top) if top else "(at the top)"), *(f"{count:,}" for count in total))
    return table


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"
