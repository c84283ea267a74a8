"""Which columns of a Hugging Face data set are samples and labels, and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepdiva.errors import DataError
from deepdiva.provenance.tree import printable

if TYPE_CHECKING:
    from datasets import Dataset

_LABELS = ("label", "labels", "class", "target", "fine_label")
_TEXTS = ("text", "sentence", "content", "review")
_MARKS = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
    b"BM": ".bmp",
    b"II*\0": ".tiff",
    b"MM\0*": ".tiff",
    b"RIFF": ".webp",
}


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Names of the columns that are written."""

    picture: str
    text: str
    """One of the two is empty."""
    label: str
    names: tuple[str, ...]
    """Of the classes, where the column of labels holds their numbers; else empty."""

    def labels(self, name: str, rows: Dataset) -> list[str]:
        """Return the name of the class of every row."""
        found = rows[self.label]
        if any(label is None or label == -1 for label in found):
            raise no_data_set(name, "some of its samples have no label")
        return [self.names[label] if self.names else str(label) for label in found]


def columns_of(name: str, rows: Dataset) -> Columns:
    """Return what the data set called `name` keeps where.

    Raises:
        DataError: it has neither pictures nor texts with one label each (DATA-073).
    """
    from datasets import ClassLabel, Image

    kinds = dict(rows.features)
    pictures = [column for column, kind in kinds.items() if isinstance(kind, Image)]
    classes = [column for column, kind in kinds.items() if isinstance(kind, ClassLabel)]
    texts = [column for column in _TEXTS if column in kinds]
    labels = [column for column in _LABELS if column in kinds] or classes
    if not labels or not (pictures or texts):
        raise no_data_set(name, f"it has the columns {', '.join(kinds)}")
    kind = kinds[labels[0]]
    return Columns(
        picture=pictures[0] if pictures else "",
        text="" if pictures else texts[0],
        label=labels[0],
        names=tuple(kind.names) if isinstance(kind, ClassLabel) else (),
    )


def picture_bytes(name: str, cell: dict[str, Any]) -> bytes:
    """Return the bytes of a picture as they are stored.

    A cell may name a file instead: only files of the data set's own folder or of the library's
    cache are read.
    """
    content, path = cell["bytes"], cell["path"]
    if content is not None:
        return bytes(content)
    from datasets import config

    place = Path(path).resolve()
    if not any(place.is_relative_to(Path(above).resolve()) for above in (name, config.HF_CACHE_HOME)):
        raise no_data_set(name, f"a picture of it is {path}, a file of this machine")
    return place.read_bytes()


def suffix_of(name: str, content: bytes) -> str:
    """Return the suffix that pictures which begin like this one have."""
    suffix = next((suffix for mark, suffix in _MARKS.items() if content.startswith(mark)), None)
    if suffix is None:
        raise no_data_set(name, f"a picture of it begins with {content[:8]!r}")
    return suffix


def no_data_set(name: str, found: str) -> DataError:
    """Return the error for a data set that cannot be written here."""
    return DataError(
        f"hf:{name}: {printable(found)}",
        expected="a data set with the splits train and test, and pictures or texts with one label each",
        remedy="load it with the library, lay it out as you need it, and split it with `deepdiva data split`",
        code="DATA-073",
    )
