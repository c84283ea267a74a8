"""`deepdiva data split DIR`: train, val and test from one folder or table; `--from` repeats a split."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from deepdiva.cli.words import read
from deepdiva.errors import ConfigError

if TYPE_CHECKING:
    from deepdiva.data.layouts import Layout
    from deepdiva.data.partition import Partition
    from deepdiva.provenance import VerifiedData

LAYOUTS = Literal["class-folders", "mask-pairs", "multi-label", "text", "clips", "words", "points"]


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data split`."""

    data: tyro.conf.Positional[Path]
    """Folder of the data set; it is only read."""
    to: Path | None = None
    """The new folder; where it is not said, DIR-split beside DIR."""
    val: float | None = None
    """Share of the samples for val, 0.2 where it is not said."""
    test: float | None = None
    """Share of the samples for test, 0.2 where it is not said."""
    seed: int | None = None
    """Seed of the draw, 1 where it is not said."""
    group_by: str | None = None
    """No group on two sides: a column, `folder`, `re:PATTERN`, or a word in the path (writer-12/...)."""
    by_time: str | None = None
    """The oldest to train, the newest to test: a column of numbers or dates."""
    groups: Path | None = None
    """Table of path and column, where the data set itself has no such column."""
    how: Literal["copy", "hardlink", "symlink", "manifest"] = "copy"
    """How files come to the new folder; manifest writes split.json alone."""
    layout: LAYOUTS | None = None
    """The layout, where the data set could have several."""
    manifest: Annotated[Path | None, tyro.conf.arg(name="from")] = None
    """A split.json, or a folder that holds one: repeat that split."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Split, and say what came of it."""
    typed = read(
        Words,
        words,
        verb="data split",
        does="Make train, val and test of a data set: by class, by group or by time.",
        example="deepdiva data split data/pages --val 0.2 --test 0.2 --seed 1 --group-by writer",
    )
    from deepdiva.data.layouts import find_layout
    from deepdiva.data.layouts.pair_sizes import refuse_other_sizes
    from deepdiva.data.partition import write_split
    from deepdiva.data.partition.write import refuse_place
    from deepdiva.provenance.verify import verify

    named = typed.data if typed.data.name not in ("", "..") else typed.data.resolve()
    out = typed.to or named.with_name(f"{named.name}-split")
    _refuse_idle_words(typed)
    _refuse_file(typed.data)
    refuse_place(typed.data, out)
    source = verify(typed.data)
    layout = find_layout(source, name=typed.layout)
    if layout.name == "mask-pairs":
        refuse_other_sizes(source, layout.samples)
    parted = _part(typed, source, layout)
    for notice in (*source.notices, *layout.notices, *parted.notices):
        print(notice, file=sys.stderr)
    footprint = write_split(source, layout, parted, out, how=typed.how)
    facts = _facts(typed, out, layout, parted, None if footprint is None else footprint.digest)
    print(json.dumps(facts) if typed.json else _told(typed, facts))
    return 0


def _part(typed: Words, source: VerifiedData, layout: Layout) -> Partition:
    from deepdiva.data.partition import SplitWish, partition, read_manifest, repeat

    if typed.manifest is not None:
        return repeat(source, layout, read_manifest(typed.manifest))
    wish = SplitWish(
        val=0.2 if typed.val is None else typed.val,
        test=0.2 if typed.test is None else typed.test,
        seed=1 if typed.seed is None else typed.seed,
        group_by=typed.group_by,
        by_time=typed.by_time,
        table=typed.groups,
    )
    return partition(source, layout, wish)


def _refuse_file(data: Path) -> None:
    if data.is_file():
        raise ConfigError(
            f"{data} is a file",
            expected="the folder of a data set; a table lies in a folder, beside the files it names",
            remedy=f"name the folder: deepdiva data split {data.parent}",
            code="CFG-036",
        )


def _refuse_idle_words(typed: Words) -> None:
    """Raise where a word would be without effect."""
    named = ("val", "test", "seed", "group_by", "by_time", "groups")
    idle = [f"--{name.replace('_', '-')}" for name in named if getattr(typed, name) is not None]
    if typed.manifest is not None and idle:
        raise ConfigError(
            f"--from together with {', '.join(idle)}",
            expected="a manifest alone: it says who goes where",
            remedy="leave out the one or the other",
            code="CFG-035",
        )


def _facts(typed: Words, out: Path, layout: Layout, parted: Partition, digest: str | None) -> dict[str, Any]:
    return {
        "data": str(out),
        "source": str(typed.data),
        "layout": layout.name,
        "how": typed.how,
        "method": parted.manifest.method,
        "seed": parted.manifest.seed,
        "samples": parted.counts,
        "groups": parted.manifest.groups,
        "classes": len(layout.classes),
        "manifest_sha256": parted.manifest.sha256,
        "data_sha256": digest,
        "notices": [*layout.notices, *parted.notices],
    }


def _told(typed: Words, facts: dict[str, Any]) -> str:
    counts = ", ".join(f"{count:,} {split}" for split, count in facts["samples"].items())
    of = f" of {facts['classes']:,} classes" if facts["classes"] else ""
    of += f" in {facts['groups']:,} groups" if facts["groups"] else ""
    lines = [f"wrote {facts['data']} ({facts['how']}): {counts}{of}", f"manifest {facts['manifest_sha256']}"]
    if facts["data_sha256"]:
        return "\n".join([*lines, f"digest {facts['data_sha256']}"])
    again = f"deepdiva data split {typed.data} --from {facts['data']} --to FOLDER"
    return "\n".join([*lines, f"next: `{again}` writes the files"])
