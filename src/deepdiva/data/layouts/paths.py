"""The paths of a data set, as layouts look at them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from deepdiva.data.layout import is_hidden
from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.tree import printable

SHOWN = 8
"""Names at the top of a folder that a message shows."""


def visible(files: VerifiedData) -> Iterator[str]:
    """Yield the paths of all files that are not hidden, sorted."""
    return (name for name in files.footprint.files if not is_hidden(name))


def tops_of(files: VerifiedData) -> set[str]:
    """Return the names of the folders at the top that hold files which are not hidden."""
    return {name.partition("/")[0] for name in visible(files) if "/" in name}


def folder_split(tops: Collection[str]) -> bool:
    """Tell whether folders are splits: `train` is among them, or there are no others than splits.

    Example:
        >>> folder_split({"train", "notes"}), folder_split({"val", "test"}), folder_split({"test", "cat"})
        (True, True, False)
    """
    return "train" in tops or (bool(tops) and set(tops) <= set(SPLIT_NAMES))


def split_of(name: str) -> tuple[SplitName | None, str]:
    """Return the split whose folder a path lies in, and the path below that; None for other folders.

    Example:
        >>> split_of("val/cat/1.png"), split_of("notes/1.txt")
        (('val', 'cat/1.png'), (None, '1.txt'))
    """
    top, _, below = name.partition("/")
    return next((split for split in SPLIT_NAMES if split == top), None), below


def tree_of(files: VerifiedData) -> str:
    """Draw what lies in a folder: each name at its top, how many files are below it, and the first."""
    tops: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for name in files.footprint.files:
        top, slash, _ = name.partition("/")
        tops.setdefault(top + slash, []).extend([] if top + slash in counts else [name])
        counts[top + slash] = counts.get(top + slash, 0) + 1
    lines = [_line(top, first[0], counts[top]) for top, first in list(tops.items())[:SHOWN]]
    if len(tops) > SHOWN:
        lines.append(f"  ... and {len(tops) - SHOWN} more names")
    return "\n".join(lines)


def _line(top: str, first: str, count: int) -> str:
    if not top.endswith("/"):
        return f"  {printable(top)}"
    return f"  {printable(top)}  {count:,} file{'s' if count > 1 else ''}, such as {printable(first)}"
