"""Get a published data set: fetch its files, check them, read them, write class folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
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

    def write(staging: Path) -> None:
        parts = data_set.read({file: found.place for file, found in fetched.items()}, data_set.classes)
        counts.update(write_pictures(staging, parts, data_set.classes, val=val, seed=seed))
        write_about(staging, recipe, _facts(data_set, fetched, sorted(replaced), counts))

    digest, made = land(folder, write)
    return GottenData(
        folder=folder,
        data_sha256=digest,
        counts=counts,
        classes=len(data_set.classes),
        made=made,
        facts=_told(recipe, sorted(replaced)) | {"from": shown_address(host)},
    )


def _present(folder: Path, recipe: Mapping[str, Any], data_set: Published, replaced: list[str]) -> GottenData:
    """Return the data set that lies at `folder` already, if it was made by the same recipe and is whole."""
    about = read_about(folder)
    if about is None or about.get("recipe") != recipe:
        raise occupied(folder, "something else", f"{recipe['name']} of this seed, share and these checksums")
    footprint = verify(folder, deep=True).footprint
    tops = Counter(path.partition("/")[0] for path in footprint.files)
    return GottenData(
        folder=folder,
        data_sha256=footprint.digest,
        counts={split: tops[split] for split in SPLIT_NAMES},
        classes=len(data_set.classes),
        made=False,
        facts=_told(recipe, replaced),
    )


def _told(recipe: Mapping[str, Any], replaced: list[str]) -> dict[str, Any]:
    return {"val": recipe["val"], "files": recipe["files"], "replaced_checksums": replaced}


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
