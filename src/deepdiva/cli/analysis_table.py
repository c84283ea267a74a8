"""What a data set holds, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deepdiva.cli.console import open_console, plain
from deepdiva.data.analysis import Analysis

MOST_CLASSES = 30
"""Classes in the table; --json has all."""
MOST_GROUPS = 5
"""Groups of duplicates that are named."""


def print_analysis(data: Path, found: Analysis, remarks: Sequence[str]) -> None:
    """Print `found` and some more remarks."""
    console = open_console()
    counts = [f"{split} {facts['samples']:,}" for split, facts in found.splits.items()]
    console.print(plain(f"{data}: {found.layout}, samples: {', '.join(counts)}", "bold"), soft_wrap=True)
    console.print(plain(f"digest {found.data_sha256}", "dim"), soft_wrap=True)
    for title, table in _tables(found):
        console.print(Text(f"\n{title}", style="bold"))
        console.print(Padding(table, (0, 0, 0, 2), expand=False))
    _print_duplicates(console, found)
    console.print()
    for notice in (*found.notices, *remarks):
        console.print(plain(f"notice: {notice}", "yellow"), soft_wrap=True)
    if found.files:
        told = f"decoded {found.decoded:,} of {found.files:,} files"
        console.print(plain(told + ("; the others were known" * (found.decoded < found.files)), "dim"))
    if found.corrupt:
        console.print(plain(f"{len(found.corrupt):,} files cannot be used and were left out", "red"))


def _tables(found: Analysis) -> Iterable[tuple[str, Table]]:
    if any(facts["pixels"] for facts in found.splits.values()):
        yield "pixels, from 0 to 1", _pixels(found)
    if any(facts["numbers"] for facts in found.splits.values()):
        yield "columns", _numbers(found)
    if found.splits and next(iter(found.splits.values()))["classes"]:
        yield "classes", _classes(found, "classes")
    if any(facts["mask_values"] for facts in found.splits.values()):
        yield "pixels of masks by value", _classes(found, "mask_values")
    if found.sizes:
        yield "sizes", _sizes(found)
        yield "kinds", _kinds(found)
    for name in ("texts", "clips"):
        if any(facts[name] for facts in found.splits.values()):
            yield f"lengths of {name}", _spans(found, name)


def _table(*heads: str, left: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for index, head in enumerate(heads):
        table.add_column(head, justify="left" if index < left else "right", overflow="fold")
    return table


def _pixels(found: Analysis) -> Table:
    table = _table("split", "channel", "mean", "deviation", "pictures", "pixels", left=2)
    for split, facts in found.splits.items():
        pixels = facts["pixels"]
        if pixels:
            names = ("grey",) if pixels["channels"] == 1 else ("red", "green", "blue")
            for name, mean, std in zip(names, pixels["mean"], pixels["std"], strict=True):
                counts = f"{pixels['pictures']:,}", f"{pixels['pixels']:,}"
                used = " (normalization)" if split == found.normalization_from else ""
                table.add_row(split + used, name, f"{mean:.12f}", f"{std:.12f}", *counts)
    return table


def _numbers(found: Analysis) -> Table:
    table = _table("split", "column", "mean", "deviation", "min", "max", left=2)
    for split, facts in found.splits.items():
        for name, column in (facts["numbers"] or {}).items():
            cells = [f"{column[key]:.9g}" for key in ("mean", "std", "min", "max")]
            table.add_row(split, plain(name), *cells)
    return table


def _classes(found: Analysis, kind: str) -> Table:
    table = _table("", *found.splits, "weight")
    names = list(dict.fromkeys(name for facts in found.splits.values() for name in facts[kind]))
    for name in names[:MOST_CLASSES]:
        counts = [f"{facts[kind].get(name, 0):,}" for facts in found.splits.values()]
        weight = found.class_weights.get(name)
        table.add_row(plain(name), *counts, "" if weight is None else f"{weight:.4f}")
    if len(names) > MOST_CLASSES:
        table.add_row(plain(f"... and {len(names) - MOST_CLASSES:,} more", "dim"))
    return table


def _sizes(found: Analysis) -> Table:
    table = _table("split", "", "min", "median", "max", left=2)
    for split, facts in found.splits.items():
        for side in ("width", "height") if facts["sizes"] else ():
            span = facts["sizes"][side]
            table.add_row(split, side, *(f"{span[key]:,}" for key in ("min", "median", "max")))
    return table


def _kinds(found: Analysis) -> Table:
    table = _table("", "", left=2)
    table.show_header = False
    most = found.sizes["most"][:5] if found.sizes else []
    sizes = {f"{width}x{height}": count for height, width, count in most}
    changes: dict[str, int] = {}
    for facts in found.splits.values():
        for change, count in facts["changes"].items():
            changes[change] = changes.get(change, 0) + count
    kinds = {"sizes": sizes, "modes": found.modes, "formats": found.formats, "changes": changes}
    for name, counts in kinds.items():
        if counts:
            table.add_row(name, plain(_listed(counts)))
    return table


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counts.items())


def _spans(found: Analysis, kind: str) -> Table:
    table = _table("split", "", "min", "median", "max", "total", left=2)
    for split, facts in found.splits.items():
        for name, span in (facts[kind] or {}).items():
            cells = [_number(span.get(key)) for key in ("min", "median", "max", "total")]
            table.add_row(split, name, *cells)
    return table


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


def _print_duplicates(console: Console, found: Analysis) -> None:
    if not found.duplicates:
        return
    console.print(Text("\nequal contents", style="bold"))
    for group in found.duplicates[:MOST_GROUPS]:
        rest = f", ... ({len(group)} samples)" if len(group) > 4 else ""
        console.print(plain(f"  {', '.join(group[:4])}{rest}"), soft_wrap=True)
    more = len(found.duplicates) - MOST_GROUPS
    if more > 0:
        console.print(plain(f"  ... and {more:,} more group{'s' * (more > 1)}", "dim"))
