"""`deepdiva data get NAME --to DIR`: a data set, ready to run on."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from deepdiva.cli.data_names import DIGITS, NAMES, PICTURES, SHAPES
from deepdiva.cli.words import read
from deepdiva.errors import ConfigError

if TYPE_CHECKING:
    from deepdiva.data.landing import GottenData


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data get`."""

    what: tyro.conf.Positional[str]
    """A name of the list above, the address of an archive, or hf:NAME."""
    to: Path
    """Folder in which the data set gets a folder of its own name."""
    seed: int = 1
    """Seed of the split, and of the points."""
    val: float | None = None
    """Share of each class of the official train split that becomes val; 0.1 by default."""
    size: int | None = None
    """Points of a 2-D shape; 100 by default, spiral has twice, spiral-multi four times as many."""
    mirror: str | None = None
    """Address (https, http or file) of a folder that holds the published files."""
    checksum: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """FILE=sha256:HEX replaces the published checksum of a file; can be given again."""
    extra: bool = False
    """With svhn: get the extra split too, which joins train."""
    sha256: str | None = None
    """With an address: SHA-256 of the archive."""
    name: str | None = None
    """With an address: name of the folder; by default that of the archive, without suffixes."""
    revision: str | None = None
    """With hf:NAME: commit, branch or tag."""
    json: bool = False
    """Print one JSON object."""


_TAKES: Mapping[str, frozenset[str]] = {
    "digits": frozenset({"seed"}),
    "a 2-D shape": frozenset({"seed", "size"}),
    "a published data set": frozenset({"seed", "val", "mirror", "checksum"}),
    "svhn": frozenset({"seed", "val", "mirror", "checksum", "extra"}),
    "an address": frozenset({"sha256", "name"}),
    "the hub": frozenset({"seed", "val", "revision"}),
}
"""Which words mean something for which kind of name."""


def main(words: list[str]) -> int:
    """Write the data set, or find it there, and say where it is."""
    typed = read(
        Words,
        words,
        verb="data get",
        does=_does(),
        example="deepdiva data get digits --to data",
    )
    gotten = _get(typed)
    facts = {
        "data": str(gotten.folder),
        "made": gotten.made,
        "seed": typed.seed if gotten.counts else None,
        "classes": gotten.classes,
        "samples": gotten.counts,
        "data_sha256": gotten.data_sha256,
        **gotten.facts,
    }
    print(json.dumps(facts) if typed.json else _sentences(typed.what, gotten))
    return 0


def _does() -> str:
    lines = "\n".join(f"  {name:<14} {about}" for name, about in NAMES.items())
    return (
        "Write a data set into a folder of its name, split into train, val and test, with a footprint.\n\n"
        f"{lines}\n"
        "  https://...    a zip, tar or gzip, with --sha256 (http:// and file:/// too)\n"
        "  hf:NAME        a data set of the Hugging Face hub, where its library is installed"
    )


def _get(typed: Words) -> GottenData:
    """Call the page of the kind of name; each is imported only when asked for."""
    kind = _kind(typed.what)
    _refuse_idle_words(typed, kind)
    to, seed = typed.to, typed.seed
    if kind == "digits":
        from deepdiva.data.digits import get_digits

        return get_digits(to, seed=seed)
    if kind == "a 2-D shape":
        from deepdiva.data.get.shapes import get_shape

        return get_shape(typed.what, to, seed=seed, size=100 if typed.size is None else typed.size)
    if kind == "an address":
        from deepdiva.data.get.archive import get_archive

        return get_archive(typed.what, to, sha256=_needed_sha256(typed), name=typed.name)
    from deepdiva.data.get.val_split import VAL

    val = VAL if typed.val is None else typed.val
    if kind == "the hub":
        from deepdiva.data.get.hub import get_hub

        return get_hub(typed.what.removeprefix("hf:"), to, seed=seed, val=val, revision=typed.revision)
    from deepdiva.data.get.published import get_published

    return get_published(
        typed.what,
        to,
        seed=seed,
        val=val,
        mirror=typed.mirror,
        checksums=typed.checksum,
        extra=typed.extra,
    )


def _kind(name: str) -> str:
    """Return the key of `_TAKES` for what was named."""
    if name.startswith("hf:"):
        return "the hub"
    if "://" in name or name.startswith("file:"):
        return "an address"
    if name in DIGITS or name == "svhn":
        return name
    if name in SHAPES or name in PICTURES:
        return "a 2-D shape" if name in SHAPES else "a published data set"
    near = difflib.get_close_matches(name, NAMES, n=1)
    raise ConfigError(
        f"no data set is called {name!r}",
        expected=f"{', '.join(NAMES)}, the address of an archive, or hf:NAME",
        remedy=f"did you mean {near[0]!r}?" if near else "`deepdiva data get --help` tells what they are",
        code="CFG-033",
    )


def _refuse_idle_words(typed: Words, kind: str) -> None:
    """Refuse words that would do nothing: whoever typed them expects something."""
    default = Words(what="", to=Path())
    every = frozenset[str]().union(*_TAKES.values())
    idle = [word for word in sorted(every - _TAKES[kind]) if getattr(typed, word) != getattr(default, word)]
    if idle:
        raise ConfigError(
            f"--{idle[0]} means nothing for {typed.what}",
            expected=", ".join(f"--{word}" for word in sorted(_TAKES[kind])),
            remedy="leave it out",
            code="CFG-034",
        )


def _needed_sha256(typed: Words) -> str:
    if typed.sha256 is None:
        raise ConfigError(
            f"no checksum is given for {typed.what.partition('?')[0]}",
            expected="--sha256 HEX, as the publisher tells it",
            remedy="where nobody tells it, fetch the file, look at it, and type what `sha256sum FILE` shows",
            code="CFG-030",
        )
    return typed.sha256


def _sentences(name: str, gotten: GottenData) -> str:
    did = "wrote" if gotten.made else "already there:"
    lines = [f"{did} {gotten.folder}", *_more(gotten.facts), f"digest {gotten.data_sha256}"]
    if gotten.counts:
        counts = ", ".join(f"{count:,} {split}" for split, count in gotten.counts.items())
        lines[0] += f": {counts} in {gotten.classes} classes"
    if name in DIGITS or name in PICTURES:
        run = f"deepdiva run image-classification --data {gotten.folder}"
        lines.append(f"next: {run} --epochs 10 --seed 1")
    return "\n".join(lines)


def _more(facts: Mapping[str, Any]) -> list[str]:
    lines = []
    if "official" in facts:
        sizes = ", ".join(f"{count:,} {split}" for split, count in facts["official"].items())
        lines.append(
            f"official splits: {sizes}; test is kept, val is {facts['val']:g} of each class of train"
        )
    if facts.get("replaced_checksums"):
        lines.append(f"checked against your checksums: {', '.join(facts['replaced_checksums'])}")
    return lines
