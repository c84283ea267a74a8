"""The figures of a benchmark as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HEAD = (
    "| what | model | threads | bare loop | DeepDIVA | ratio | goal | |\n|---|---|--:|--:|--:|--:|--:|---|\n"
)


def page(facts: Mapping[str, Any]) -> str:
    """Return the page of `bench.json`: a table of medians, then the machine."""
    rows = "".join(_row(row) for row in facts["rows"])
    machine = "".join(f"- {name}: {value}\n" for name, value in facts["machine"].items())
    rounds = len(facts["rows"][0]["bare"])
    return (
        "# DeepDIVA beside a bare loop\n\n"
        f"Medians of {rounds} rounds, both sides in turn.\n\n{_HEAD}{rows}\n{machine}"
    )


def _row(row: Mapping[str, Any]) -> str:
    case, digits = row["case"], 0 if row["unit"] == "samples/s" else 2
    bare, ours = (f"{row[key]:,.{digits}f}" for key in ("bare_median", "deepdiva_median"))
    verdict = "reached" if row["reached"] else "**missed**"
    return (
        f"| {row['what']}, {row['unit']} | {case['model']} | {case['threads']} | {bare} | {ours} "
        f"| {row['ratio']:.2f} | {row['goal']} | {verdict} |\n"
    )
