"""What became of the files since a footprint was taken, told so that a person can act on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deepdiva.errors import DataChanged
from deepdiva.provenance.tree import printable

SHOWN = 10
"""Names shown of each kind; the rest is counted."""


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Paths below the root of a data set, sorted."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def __len__(self) -> int:
        return len(self.added) + len(self.removed) + len(self.changed)

    def lines(self) -> list[str]:
        """Return one line a file, the first few of each kind."""
        shown = []
        for kind in ("added", "removed", "changed"):
            paths: tuple[str, ...] = getattr(self, kind)
            shown += [f"  {kind:<8} {printable(path)}" for path in paths[:SHOWN]]
            if len(paths) > SHOWN:
                shown.append(f"  {kind:<8} ... and {len(paths) - SHOWN} more")
        return shown

    def refuse(self, root: Path, place: Path, details: str = "") -> None:
        """Raise unless there is no difference between the files at `root` and the footprint at `place`.

        Raises:
            DataChanged: DATA-002 where only contents changed, DATA-043 where files came or went.
        """
        if not self:
            return
        count = f"{len(self)} file{'s' if len(self) > 1 else ''}"
        raise DataChanged(
            f"{count} of {root} differ from the footprint {place}:\n" + "\n".join(self.lines()) + details,
            expected="the very files that the footprint describes",
            remedy="put the files back; or, where the data changed on purpose, "
            f"`deepdiva data footprint {root} --update` shows the difference and takes a new footprint",
            code="DATA-043" if self.added or self.removed else "DATA-002",
        )


def between(old: Mapping[str, str], new: Mapping[str, str]) -> Differences:
    """Return what changed from one table of path to content digest to another."""
    return Differences(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(path for path, digest in old.items() if new.get(path, digest) != digest)),
    )
