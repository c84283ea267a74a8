"""Groups with samples on both sides: a writer who is in train and test is learned, not recognized."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from deepdiva.data.layouts import Sample
from deepdiva.data.leakage.findings import Group
from deepdiva.data.splits import SPLIT_NAMES
from deepdiva.errors import ConfigError

COLUMNS = ("writer", "page", "source")
"""Columns that name a group where nobody names another one."""


def groups_across(samples: Sequence[Sample], column: str | None) -> tuple[Group, ...]:
    """Return the groups that have samples in more than one split.

    Args:
        samples: Of all splits.
        column: The column that tells the group; where no row has it, a part of each path such
            as `writer-12`.  None takes writer, page and source, as far as there are such columns.

    Raises:
        ConfigError: nothing tells the group asked for (DATA-028).
    """
    if column is None:
        known = {name for sample in samples for name in sample.cells} if any(s.cells for s in samples) else ()
        return tuple(group for name in COLUMNS if name in known for group in _across(samples, name, _cell))
    for read in (_cell, _in_path):
        if any(read(sample, column) for sample in samples):
            return _across(samples, column, read)
    raise ConfigError(
        f"no sample tells its {column}",
        expected=f"a column {column}, or paths with a part such as {column}-12",
        remedy="name another one with --group-by, or leave it out",
        code="DATA-028",
    )


def _across(samples: Iterable[Sample], column: str, read: Callable[[Sample, str], str]) -> tuple[Group, ...]:
    members: dict[str, list[Sample]] = {}
    for sample in samples:
        value = read(sample, column)
        if value and sample.split:
            members.setdefault(value, []).append(sample)
    return tuple(
        group for value in sorted(members) if len((group := _group(column, value, members[value])).counts) > 1
    )


def _group(column: str, value: str, members: Sequence[Sample]) -> Group:
    counts = Counter(sample.split for sample in members)
    first: Mapping[str | None, str] = {sample.split: sample.name for sample in reversed(members)}
    splits = [split for split in SPLIT_NAMES if counts[split]]
    return Group(
        column=column,
        value=value,
        counts={split: counts[split] for split in splits},
        first=tuple(first[split] for split in splits),
    )


def _cell(sample: Sample, column: str) -> str:
    """Return the group in a row; a bare page number means nothing without the book or the hand."""
    value = sample.cells.get(column, "").strip()
    if column == "page" and value.isdecimal():
        within = sample.cells.get("source") or sample.cells.get("writer") or ""
        return f"{within.strip()} {value}".strip()
    return value


def _in_path(sample: Sample, column: str) -> str:
    """Return the group in a path.

    Example:
        >>> _in_path(Sample("train/a/writer-12_3.png", "train", ("train/a/writer-12_3.png",)), "writer")
        '12'
    """
    found = re.search(rf"(?:^|[/_.-]){re.escape(column)}[-_=]?([0-9A-Za-z]+)", sample.name)
    return found.group(1) if found else ""
