"""Get a data set of the Hugging Face hub, or a folder that its library reads: pictures or texts with labels.

The library (`pip install 'deepdiva[hub]'`) fetches and parses; it executes no code of a data set.
Pictures are written byte for byte as they are stored there.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepdiva.data.get.about import write_about
from deepdiva.data.get.hub_columns import Columns, columns_of, no_data_set, picture_bytes, suffix_of
from deepdiva.data.get.val_split import VAL, draw_val, refuse_odd_share
from deepdiva.data.landing import GottenData, land, refuse_odd_name, refuse_odd_seed
from deepdiva.data.splits import SplitName
from deepdiva.errors import ConfigError
from deepdiva.provenance.archives.names import fault_of, twins
from deepdiva.provenance.places import state_folder

if TYPE_CHECKING:
    from datasets import Dataset

_NAMES: Mapping[SplitName, tuple[str, ...]] = {
    "train": ("train", "training"),
    "val": ("validation", "val", "valid", "dev"),
    "test": ("test", "testing"),
}


def get_hub(
    name: str, to: Path, *, seed: int = 1, val: float = VAL, revision: str | None = None
) -> GottenData:
    """Write pictures as class folders, or texts as tables, to a folder of `to` with the last part of `name`.

    Official splits are kept; where there is no validation split, it is drawn from train.

    Args:
        name: Of the data set on the hub, or a folder that begins with `.` or `/`.
        to: Folder in which the data set gets its own.
        seed: Of the draw of val.
        val: Share of each class of the train split that becomes val.
        revision: Commit, branch or tag on the hub.

    Raises:
        ConfigError: the library is not installed (EXT-003), or an argument cannot be (CFG-003, CFG-004).
        DataError: it cannot be loaded, has no train and test split or no columns that are written
            here (DATA-073); the folder holds anything else (DATA-048, or see `verify`).
        ResourceError: the folder cannot be written.
    """
    refuse_odd_seed(seed)
    refuse_odd_share(val)
    refuse_odd_name(Path(name).name)
    splits = _load(name, revision)
    columns = columns_of(name, splits["train"])
    labels = {split: columns.labels(name, rows) for split, rows in splits.items()}
    classes = tuple(sorted(set().union(*labels.values())))
    _refuse_odd_classes(name, classes)
    places = {split: [split] * len(found) for split, found in labels.items()}
    if "val" not in splits:
        numbers = np.array([classes.index(label) for label in labels["train"]], np.int64)
        drawn = draw_val(numbers, classes, val=val, seed=seed)
        places["train"] = ["val" if is_val else "train" for is_val in drawn.tolist()]
    counts = Counter(place for found in places.values() for place in found)
    recipe = {"hub": Path(name).name, "revision": revision, "seed": seed, "val": val}

    def write(folder: Path) -> None:
        if columns.picture:
            _write_pictures(folder, name, splits, columns, labels, places)
        else:
            _write_texts(folder, splits, columns, labels, places)
        write_about(folder, recipe, {"samples": counts, "classes": classes})

    folder = to / Path(name).name
    digest, made = land(folder, write)
    told = {"from": f"hf:{name}", "revision": revision, "val": None if "val" in splits else val}
    return GottenData(
        folder=folder, data_sha256=digest, counts=counts, classes=len(classes), made=made, facts=told
    )


def _load(name: str, revision: str | None) -> dict[SplitName, Dataset]:
    """Return the splits under our names."""
    try:
        import datasets
    except ImportError as error:
        raise ConfigError(
            "reading the Hugging Face hub needs the package `datasets`, which is not installed",
            expected="the extra `hub`",
            remedy="pip install 'deepdiva[hub]'",
            code="EXT-003",
        ) from error
    cache = str(state_folder() / "hub")
    try:
        found = datasets.load_dataset(name, revision=revision, cache_dir=cache)
    except (OSError, ValueError, RuntimeError, LookupError, datasets.exceptions.DatasetsError) as error:
        first = str(error).partition("\n")[0][:300]
        raise no_data_set(name, f"the library says: {type(error).__name__}: {first}") from error
    known = {split: found[theirs] for split, names in _NAMES.items() for theirs in names if theirs in found}
    if not {"train", "test"} <= known.keys():
        raise no_data_set(name, f"it has the splits {', '.join(found)}")
    return known


def _refuse_odd_classes(name: str, classes: tuple[str, ...]) -> None:
    odd = [label for label in classes if "/" in label or label.startswith(".") or fault_of(label)]
    if odd or any(True for _ in twins(classes)):
        raise no_data_set(name, f"a class cannot be the name of a folder: {(odd or classes)[0]!r}")


Labels = Mapping[SplitName, list[str]]
Places = Mapping[SplitName, list[SplitName]]


def _write_pictures(
    folder: Path,
    name: str,
    splits: Mapping[SplitName, Dataset],
    columns: Columns,
    labels: Labels,
    places: Places,
) -> None:
    from datasets import Image

    for split, rows in splits.items():
        stored = rows.cast_column(columns.picture, Image(decode=False))
        for index, row in enumerate(stored):
            content = picture_bytes(name, row[columns.picture])
            where = folder / places[split][index] / labels[split][index]
            where.mkdir(parents=True, exist_ok=True)
            (where / f"{index:05d}{suffix_of(name, content)}").write_bytes(content)


def _write_texts(
    folder: Path, splits: Mapping[SplitName, Dataset], columns: Columns, labels: Labels, places: Places
) -> None:
    rows: dict[SplitName, list[tuple[str, str]]] = {"train": [], "val": [], "test": []}
    for split, texts in splits.items():
        for text, label, place in zip(texts[columns.text], labels[split], places[split], strict=True):
            rows[place].append((text, label))
    for place, found in rows.items():
        with (folder / f"{place}.csv").open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerows([("text", "label"), *found])
