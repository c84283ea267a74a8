"""What was found where the splits of a data set should have nothing in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from deepdiva.data.layouts import LayoutName
from deepdiva.data.splits import SplitName
from deepdiva.errors import LeakageFound
from deepdiva.provenance.tree import printable

Verdict = Literal["clean", "leakage"]
CONTRADICTION = "DATA-021"
"""Code of the warning about equal content under different labels."""
SHOWN = 20
"""Findings of each kind that a message names."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same thing twice: once in an earlier split, once in a later one (train, val, test)."""

    a: str
    """Name of the sample in the earlier split."""
    b: str
    splits: tuple[SplitName, SplitName]
    how: str
    """What was done to one to get the other: `same bytes`, `same text`, `mirrored left-right`, ..."""
    similarity: float
    """In [0, 1]; 1 is equal."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A writer, a page, a source with samples in more than one split."""

    column: str
    value: str
    counts: Mapping[SplitName, int]
    """Samples of it in each split."""
    first: tuple[str, ...]
    """One sample of each of these splits."""


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """Equal content under different labels."""

    names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    """Of each name."""


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """The answer of a check, the same on every machine."""

    data_sha256: str
    layout: LayoutName
    checked: Mapping[str, Any]
    """What was looked at: counts, thresholds, and what was left out."""
    exact: tuple[Pair, ...] = ()
    near: tuple[Pair, ...] = ()
    look_alikes: int = 0
    """Pairs that resemble each other, but no more than others of this data set do."""
    groups: tuple[Group, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    inside: Mapping[str, int] | None = None
    """Of each split, samples that repeat another one of the same split."""
    notices: tuple[str, ...] = ()
    """What was not looked at, and why; stops nothing."""

    @property
    def verdict(self) -> Verdict:
        """Whether something stands on both sides."""
        return "leakage" if self.exact or self.near or self.groups else "clean"

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        facts = asdict(self) | {"inside": dict(self.inside or {}), "verdict": self.verdict}
        return facts | {"checked": dict(self.checked)}

    def refuse(self, remedy: str) -> None:
        """Return where nothing stands on both sides.

        Raises:
            LeakageFound: samples (DATA-020) or groups (DATA-027) are in more than one split.
        """
        if self.verdict == "clean":
            return
        pairs = len(self.exact) + len(self.near)
        told = [f"{pairs} {'pairs' if pairs > 1 else 'pair'} of samples in two splits"] if pairs else []
        if self.groups:
            told.append(f"{len(self.groups)} {'groups' if len(self.groups) > 1 else 'group'} in two splits")
        raise LeakageFound(
            f"the splits share what they must not: {' and '.join(told)}\n" + "\n".join(self.lines()),
            expected="splits that have nothing in common: else a score tells what was remembered",
            remedy=remedy,
            code="DATA-020" if pairs else "DATA-027",
        )

    def lines(self, most: int = SHOWN) -> Iterator[str]:
        """Yield the findings of each kind, one a line, the first `most` and how many more there are."""
        yield from _first([_pair_line(pair) for pair in self.exact], most)
        yield from _first([_pair_line(pair) for pair in self.near], most)
        yield from _first([_group_line(group) for group in self.groups], most)

    def warnings(self, most: int = SHOWN) -> Iterator[str]:
        """Yield what stops nothing, but should be known."""
        yield from _first([_contradiction_line(found) for found in self.contradictions], most)
        for split, count in (self.inside or {}).items():
            if count:
                yield f"{split} holds {count:,} samples that repeat another one of {split}"
        if self.look_alikes:
            yield f"{self.look_alikes:,} pairs across splits look alike, no more than others of this set do"
        yield from self.notices


def _first(lines: list[str], most: int) -> list[str]:
    more = len(lines) - most
    return lines[:most] + ([f"  ... and {more:,} more (`--json` has all)"] if more > 0 else [])


def _pair_line(pair: Pair) -> str:
    near = "" if pair.similarity == 1 else f", similarity {pair.similarity:.3f}"
    return f"  {printable(pair.a)}  =  {printable(pair.b)}  ({pair.how}{near})"


def _group_line(group: Group) -> str:
    counts = ", ".join(f"{count} in {split}" for split, count in group.counts.items())
    return f"  {group.column} {printable(group.value)}: {counts}, such as {printable(group.first[0])}"


def _contradiction_line(found: Contradiction) -> str:
    told = [
        f"{printable(name)} ({', '.join(map(printable, labels))})"
        for name, labels in zip(found.names[:4], found.labels, strict=False)
    ]
    more = f" and {len(found.names) - 4} more" if len(found.names) > 4 else ""
    return f"{CONTRADICTION}: equal content, different labels: {', '.join(told)}{more}"
