"""Which group a sample belongs to: by a column, a table beside the data, its folder, or its path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from deepdiva.data.layouts import Layout, Sample
from deepdiva.data.layouts.columns import PATH, place_of
from deepdiva.data.records import fault, records
from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance.files import resource_error
from deepdiva.provenance.tree import printable

SHOWN = 10
"""Samples without a group that are named."""

GroupOf = Callable[[Sample], str]
"""Return the group of a sample; empty for none."""


def groups_of(layout: Layout, rule: str, table: Path | None) -> list[str]:
    """Return the group of every sample.

    Args:
        layout: The samples.
        rule: The name of a column; or `folder`, the folder a file lies in below its class; or
            `re:` and a pattern whose group is searched in the path; or a word that stands in
            the path before its value: `writer-12`, `writer_12`, `writer=12`, `writer12`.
        table: Where the column is found, beside a column `path`, instead of in the data set.

    Raises:
        ConfigError: the pattern cannot be read or has no group (CFG-003).
        DataError: samples without a group (DATA-066), or see `records.records`.
    """
    group_of = _rule(layout.samples, rule, None if table is None else read_column(table, rule))
    groups = [group_of(sample) for sample in layout.samples]
    lonely = [sample.name for sample, group in zip(layout.samples, groups, strict=True) if not group]
    if lonely:
        raise _ungrouped(layout, lonely, rule)
    return groups


def read_column(table: Path, column: str) -> Mapping[str, str]:
    """Return what the column of a table says about each path.

    Raises:
        DataError: a column is missing (DATA-054), a path stands there twice (DATA-055), or see
            `records.records`.
        ResourceError: the table cannot be read.
    """
    try:
        head, *rows = records(table.name, table.read_bytes())
    except OSError as error:
        raise resource_error(error, table) from error
    path, value = place_of(head.cells, PATH), place_of(head.cells, (column.lower(),))
    if path is None or value is None:
        raise fault(
            "DATA-054",
            table.name,
            1,
            f"columns {', '.join(head.cells)}",
            f"a column path and a column {column}",
        )
    said: dict[str, str] = {}
    for row in rows:
        name = str(PurePosixPath(row.cells[path]))
        if name in said:
            raise fault(
                "DATA-055", table.name, row.line, f"{printable(name)} again", "every path in one row only"
            )
        said[name] = row.cells[value].strip()
    return said


def cell_of(sample: Sample, column: str) -> str | None:
    """Return the cell of a sample's row, upper and lower case of the column being equal."""
    found = (cell.strip() for name, cell in sample.cells.items() if name.lower() == column.lower())
    return next(found, None)


def _rule(samples: Sequence[Sample], rule: str, said: Mapping[str, str] | None) -> GroupOf:
    if said is not None:
        return lambda sample: said.get(sample.name, "")
    if rule.startswith("re:"):
        return _searched(_compiled(rule.removeprefix("re:"), rule))
    if any(cell_of(sample, rule) is not None for sample in samples[:1]):
        return lambda sample: cell_of(sample, rule) or ""
    if rule == "folder":
        return lambda sample: "/".join(PurePosixPath(sample.name).parts[1:-1])
    word = re.escape(rule)
    return _searched(re.compile(rf"(?:^|[^a-z0-9]){word}(?:[-_=. ]([^-_=./ ]+)|(\d+))", re.IGNORECASE))


def _compiled(pattern: str, rule: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise _odd_pattern(rule, str(error)) from error
    if compiled.groups != 1:
        raise _odd_pattern(rule, f"it has {compiled.groups} groups")
    return compiled


def _odd_pattern(rule: str, reason: str) -> ConfigError:
    return ConfigError(
        f"--group-by {rule!r}: {reason}",
        expected="a regular expression with one group in parentheses",
        remedy=r"write it so, such as --group-by 're:w(\d+)_'",
        code="CFG-003",
    )


def _searched(pattern: re.Pattern[str]) -> GroupOf:
    def group_of(sample: Sample) -> str:
        match = pattern.search(sample.name) if sample.files else None
        return next(filter(None, match.groups()), "") if match else ""

    return group_of


def _ungrouped(layout: Layout, names: Sequence[str], rule: str) -> DataError:
    lines = [f"  {printable(name)}" for name in names[:SHOWN]]
    lines += [f"  ... and {len(names) - SHOWN:,} more"] if len(names) > SHOWN else []
    columns = sorted({column for sample in layout.samples[:1] for column in sample.cells})
    have = f"; columns there are {', '.join(columns)}" if columns else ""
    return DataError(
        f"{len(names):,} of {len(layout.samples):,} samples have no group by {rule!r}:\n" + "\n".join(lines),
        expected=f"a group for every sample: a column, `folder`, a pattern `re:...`, or a word such as "
        f"writer in paths like writer-12/1.png{have}",
        remedy="choose another --group-by, or name a table of path and group with --groups TABLE.csv",
        code="DATA-066",
    )
