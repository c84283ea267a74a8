"""What the columns of a table mean, by their names alone, upper and lower case being equal."""

from __future__ import annotations

from collections.abc import Sequence

PATH = ("path", "file", "filename", "file_name", "image", "image_path")
TEXT = ("text", "sentence", "review", "document", "content")
LABEL = ("label", "class", "category", "target")
TRANSCRIPTION = ("transcription", "transcript", "ground_truth")
SPLIT = ("split",)
X, Y = ("x",), ("y",)


def place_of(columns: Sequence[str], names: Sequence[str]) -> int | None:
    """Return where the first column that has one of `names` stands.

    Example:
        >>> place_of(("ID", "Sentence"), TEXT), place_of(("id",), TEXT)
        (1, None)
    """
    folded = [column.lower() for column in columns]
    return next((folded.index(name) for name in names if name in folded), None)


def have(columns: Sequence[str], *wanted: Sequence[str]) -> bool:
    """Tell whether each of the meanings `wanted` has a column."""
    return all(place_of(columns, names) is not None for names in wanted)
