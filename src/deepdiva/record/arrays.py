"""Arrays on disk: NumPy's own npz without pickles, and with the same bytes for the same numbers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np

from deepdiva.errors import DataError

_NO_TIME = (1980, 1, 1, 0, 0, 0)
DAMAGE = (
    *(OSError, EOFError, MemoryError, zipfile.BadZipFile),
    *(ValueError, KeyError, TypeError, AttributeError, SyntaxError, OverflowError, RuntimeError),
)
"""What NumPy and zipfile raise when bytes are not what they should be."""


def encode(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return `arrays` as the bytes of an npz file: members sorted, uncompressed, without times.

    Raises:
        ValueError: an array holds Python objects.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(arrays[name], order="C"), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _NO_TIME)
            entry.create_system = 3
            archive.writestr(entry, member.getvalue())
    return content.getvalue()


def decode(content: bytes, origin: str) -> dict[str, np.ndarray]:
    """Return the arrays of an npz file.

    Args:
        content: Its bytes.
        origin: Where they came from, for the message.

    Raises:
        DataError: the bytes are no npz file, or one with pickles (VER-002).
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except DAMAGE as error:
        raise DataError(
            f"{origin}: {error}",
            expected="arrays as NumPy writes them, without Python objects",
            remedy="the record was changed after it was written: take a copy of the run that is whole",
            code="VER-002",
        ) from error
