"""Get a published data set: fetch its files, check them, read them, write class folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deepdiva.data.get.about import read_about, write_about
from deepdiva.data.get.address import shown_address
from deepdiva.data.get.catalog import PUBLISHED, Published
from deepdiva.data.get.checksum import Checksum, read_replacements
from deepdiva.data.get.download import Fetched, fetch
from deepdiva.data.get.pictures import write_pictures
from deepdiva.data.get.val_split import VAL, refuse_odd_share
from deepdiva.data.landing import GottenData, land, occupied, refuse_odd_seed
from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.provenance.verify import verify


def get_published(
    name: str,
    to: Path,
    *,
    seed: int = 1,
    val: float = VAL,
    mirror: str | None = None,
    checksums: Sequence[str] = (),
    extra: bool = False,
) -> GottenData:
    """Write the data set called `name` to `to`/`name`, as PNG class folders with a footprint.

    The official test split is kept; val is drawn from the official train split (`draw_val`).

    Args:
        name: A key of `catalog.PUBLISHED`.
        to: Folder in which the data set gets its own.
        seed: Of the draw of val.
        val: Share of each class of the train split that becomes val.
        mirror: Address to which the name of a file is added, instead of the publisher's.
        checksums: Words `FILE=sha256:HEX` that replace published checksums.
        extra: Get the files on demand too.

    Raises:
        ConfigError: an argument cannot be (CFG-003, CFG-004, CFG-030, CFG-031).
        DataError: a file cannot be had (ARC-005), is another one (ARC-004) or cannot be read
            (DATA-070 to DATA-072); `to`/`name` holds anything else (DATA-048, or see `verify`).
        ResourceError: a folder cannot be written.
    """
    refuse_odd_seed(seed)
    refuse_odd_share(val)
    data_set = PUBLISHED[name]
    files = dict(data_set.files) | (dict(data_set.extra) if extra else {})
    replaced = read_replacements(checksums, files)
    wanted = {file: Checksum("md5", digest) for file, digest in files.items()} | replaced
    recipe = {
        "name": name,
        "seed": seed,
        "val": val,
        "files": {file: str(checksum) for file, checksum in wanted.items()},
    }
    folder = to / name
    if os.path.lexists(folder):
        return _present(folder, recipe, data_set, sorted(replaced))
    host = (mirror or data_set.host).rstrip("/")
    fetched = {file: fetch(f"{host}/{file}", checksum) for file, checksum in wanted.items()}
    counts: dict[SplitName, int] = {}
    official: dict[str, int] = {}

    def write(staging: Path) -> None:
        parts = data_set.read({file: found.place for file, found in fetched.items()}, data_set.classes)
        official.update({split: len(part.labels) for split, part in parts.items()})
        counts.update(write_pictures(staging, parts, data_set.classes, val=val, seed=seed))
        write_about(staging, recipe, _facts(data_set, fetched, sorted(replaced), counts))

    digest, made = land(folder, write)
    return GottenData(
        folder=folder,
        data_sha256=digest,
        counts=counts,
        classes=len(data_set.classes),
        made=made,
        facts=_told(recipe, sorted(replaced), official) | {"from": shown_address(host)},
    )


def _present(folder: Path, recipe: Mapping[str, Any], data_set: Published, replaced: list[str]) -> GottenData:
    """Return the data set that lies at `folder` already, if it was made by the same recipe and is whole."""
    about = read_about(folder)
    if about is None or about.get("recipe") != recipe:
        raise occupied(folder, _described(about), f"{recipe['name']} of this seed, share and these checksums")
    footprint = verify(folder, deep=True).footprint
    tops = Counter(path.partition("/")[0] for path in footprint.files)
    return GottenData(
        folder=folder,
        data_sha256=footprint.digest,
        counts={split: tops[split] for split in SPLIT_NAMES},
        classes=len(data_set.classes),
        made=False,
        facts=_told(recipe, replaced, _official(footprint.files)),
    )


def _described(about: Mapping[str, Any] | None) -> str:
    """Return what lies in the way, as far as it says so of itself."""
    recipe = about.get("recipe") if about else None
    if not isinstance(recipe, dict) or str(recipe.get("name")) not in PUBLISHED:
        return "something else"
    seed, val = recipe.get("seed"), recipe.get("val")
    plain = isinstance(seed, int) and isinstance(val, float)
    return f"{recipe['name']} with " + (f"seed {seed}, val {val:g}" if plain else "an odd ABOUT.json")


def _official(paths: Iterable[str]) -> dict[str, int]:
    """Return how many pictures of each official split there are, by the names of the files."""
    pictures = [path for path in paths if "/" in path]
    extra = sum("/extra-" in path for path in pictures)
    test = sum(path.startswith("test/") for path in pictures)
    return {"train": len(pictures) - test - extra, "test": test} | ({"extra": extra} if extra else {})


def _told(recipe: Mapping[str, Any], replaced: list[str], official: dict[str, int]) -> dict[str, Any]:
    files = {"files": recipe["files"], "replaced_checksums": replaced}
    return {"official": official, "val": recipe["val"], **files}


def _facts(
    data_set: Published,
    fetched: Mapping[str, Fetched],
    replaced: list[str],
    counts: Mapping[SplitName, int],
) -> dict[str, Any]:
    return {
        "samples": counts,
        "classes": data_set.classes,
        "sha256": {file: found.sha256 for file, found in fetched.items()},
        "replaced_checksums": replaced,
        "published_at": data_set.host,
        "published_md5": {file: {**data_set.files, **data_set.extra}[file] for file in fetched},
        "citation": data_set.citation,
        "license": data_set.license,
    }
