from __future__ import annotations

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.errors import DataError
from deepdiva.record.arrays import decode, encode

ARRAYS = {
    "counts": np.arange(4).reshape(2, 2),
    "classes": np.array(["a", "Ü"]),
    "turned": np.arange(6.0).reshape(2, 3).T,
    "one": np.array(0.5),
}


def test_arrays_come_back() -> None:
    """Values, shapes and types survive, also of texts, transposed arrays and single numbers."""
    back = decode(encode(ARRAYS), "here")

    assert back.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(back[name], array, strict=True)


def test_equal_arrays_are_equal_bytes() -> None:
    """Neither the clock nor the order of the names shows in the file."""
    assert encode(dict(reversed(ARRAYS.items()))) == encode(ARRAYS)


def test_objects_are_refused() -> None:
    """No pickle is written."""
    with pytest.raises(ValueError, match="Object arrays"):
        encode({"objects": np.array([{}], dtype=object)})


def test_pickles_are_not_read() -> None:
    """A file with Python objects in it is an error of ours, and nothing in it is executed."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=True, objects=np.array([{}], dtype=object))

    with pytest.raises(DataError, match=r"(?s)here.*without Python objects"):
        decode(content.getvalue(), "here")


@given(st.binary(max_size=300))
def test_any_bytes_are_arrays_or_our_error(content: bytes) -> None:
    """Damage never ends in a trace."""
    with pytest.raises(DataError):
        decode(content, "here")


@given(st.integers(0, len(encode(ARRAYS)) - 1), st.integers(1, 255))
def test_a_damaged_file_is_arrays_or_our_error(place: int, change: int) -> None:
    """Nor does a single changed byte; that it was changed is what the digest finds."""
    content = bytearray(encode(ARRAYS))
    content[place] ^= change

    with suppress(DataError):
        assert isinstance(decode(bytes(content), "here"), dict)
