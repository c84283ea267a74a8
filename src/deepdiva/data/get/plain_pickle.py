"""Read the few plain things a CIFAR archive pickles, without unpickling: no code of a stranger runs."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np

from deepdiva.data.get.part import unreadable
from deepdiva.data.get.pickle_machine import DTYPE, FROM_BUFFER, RECONSTRUCT, Machine, Made, Refused, text_of
from deepdiva.errors import DataError

_DAMAGE = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError, struct.error)


def read_plain_pickle(content: bytes, file: Path) -> dict[str, Any]:
    """Return the dictionary that is pickled: texts to plain things and arrays of uint8.

    Args:
        content: A pickle of protocol 0 to 5, of Python 2 or 3.
        file: Its name, for messages.

    Raises:
        DataError: it is damaged or something else (DATA-070), or asks for code (DATA-071).
    """
    try:
        found = _dictionary(content)
    except Refused as error:
        raise DataError(
            f"{file.name} is a pickle that asks for {error}",
            expected="dictionaries, lists, texts, numbers and arrays of bytes, and no code",
            remedy="do not trust this file; ask where it comes from",
            code="DATA-071",
        ) from error
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, MemoryError) as error:
        raise unreadable(
            file, f"it is no whole pickle ({type(error).__name__}: {str(error)[:100]})"
        ) from error
    return found


def _dictionary(content: bytes) -> dict[str, Any]:
    found = Machine().run(content)
    if not isinstance(found, dict):
        raise TypeError("it holds no dictionary")
    return {text_of(key): _array(value) if isinstance(value, Made) else value for key, value in found.items()}


def _array(made: Made) -> np.ndarray:
    """Return an array that was found in pieces."""
    _, shape, kind, column_major, content = made.state
    of_bytes = isinstance(kind, Made) and (kind.kind, kind.arguments[0]) == (DTYPE, "u1")
    if made.kind not in RECONSTRUCT | FROM_BUFFER or not of_bytes:
        raise ValueError("an array of something else than bytes")
    raw = content.encode("latin-1") if isinstance(content, str) else content
    if any(type(length) is not int or length < 0 for length in shape) or math.prod(shape) != len(raw):
        raise ValueError("an array whose shape does not fit its bytes")
    return np.frombuffer(raw, np.uint8).reshape(shape, order="F" if column_major else "C")
