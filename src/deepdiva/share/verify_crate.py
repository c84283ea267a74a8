"""Does an opened crate agree with itself: the record, and what the crate brings besides it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deepdiva.errors import DataError
from deepdiva.provenance.footprint import FILE_NAME as FOOTPRINT
from deepdiva.provenance.footprint import load, take_footprint
from deepdiva.provenance.restore import WHOLE, restore
from deepdiva.record.agreement import Finding
from deepdiva.record.verify import Verification, verify_run
from deepdiva.share.pack import DATASET


def verify_crate(folder: Path) -> Verification:
    """Compare the run in `folder`, which `open_crate` made, with itself.

    To what `record.verify_run` finds come the source tree, which must be the one that the
    sealed `code/` names, and the data, which must be what the sealed footprint lists.

    Raises:
        DataError: `folder` is no run (VER-003).
        ResourceError: there is no room to restore the source tree.
    """
    found = verify_run(folder)
    return replace(found, findings=(*found.findings, *_source(folder), *_dataset(folder)))


def _source(folder: Path) -> Iterator[Finding]:
    with TemporaryDirectory(prefix="deepdiva-") as scratch:
        try:
            restore(folder, Path(scratch) / "tree")
        except DataError as error:
            yield WHOLE, f"is not the tree that ran ({error.found})"


def _dataset(folder: Path) -> Iterator[Finding]:
    if not (folder / DATASET).is_dir():
        return
    try:
        listed = load(folder / "data" / FOOTPRINT)
        if take_footprint(folder / DATASET, algorithm=listed.algorithm).digest != listed.digest:
            yield DATASET, f"is not the data that data/{FOOTPRINT} lists"
    except DataError as error:
        yield DATASET, f"cannot be compared with data/{FOOTPRINT} ({error.code})"
