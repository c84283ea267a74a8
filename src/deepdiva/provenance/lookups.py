"""Notice environment variables by the class of `os.environ`, through which every lookup goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from deepdiva.provenance.callers import caller, is_import, owner_of
from deepdiva.provenance.reads import EVERY_VARIABLE, NOTEBOOK

_BETWEEN = (__name__, "collections.abc", "beartype.", "jaxtyping.")
"""Modules between `os.environ` and whoever asks."""
_HABITS = frozenset({
    "BROWSER", "CI", "COLORTERM", "COLUMNS", "DISPLAY", "EDITOR", "FORCE_COLOR", "HOME", "LINES", "LOGNAME",
    "NO_COLOR", "PAGER", "PATH", "PWD", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR", "USER", "USERNAME",
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
})  # fmt: skip
"""What Python and packages look for to find or show something: the files they then read are noticed."""


class Environment(os._Environ):  # type: ignore[type-arg]
    """`os.environ`, noticing who asks for what; all its lookups pass here."""

    _given: Any = None
    """The name that an iteration gave last."""
    _copied: tuple[int, int] | None = None
    """The instruction that went through all names: `dict(os.environ)` asks for the values after that."""

    def __getitem__(self, key: Any) -> Any:
        frame = _asker()
        if (self._given is None or self._given != key) and self._copied != _instruction(frame):
            _on_variable(frame, key, found=self.encodekey(key) in vars(self)["_data"])
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        NOTEBOOK.made.add(f"${_text(key)}")

    def __iter__(self) -> Iterator[Any]:
        """Give the names; that a value is asked for while its name is at hand is no news."""
        frame = _asker()
        self._copied = _instruction(frame)
        _on_variable(frame, EVERY_VARIABLE, found=True)
        try:
            for self._given in super().__iter__():
                yield self._given
        finally:
            self._given = None


def _asker() -> FrameType:
    """Return the frame that called into `os.environ`."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(_BETWEEN):
        frame = frame.f_back
    return frame or sys._getframe(2)


def _instruction(frame: FrameType) -> tuple[int, int]:
    return id(frame), frame.f_lasti


def _on_variable(frame: FrameType, key: object, *, found: bool) -> None:
    name = _text(key)
    who = None if f"${name}" in NOTEBOOK.made else caller(frame)
    if who is None or who.theirs is None or who.direct == "ours":
        return
    if who.direct != "theirs" and (not found or name == EVERY_VARIABLE or _is_importing(frame)):
        return
    if name not in _HABITS or not _is_habit(frame):
        NOTEBOOK.note("variable", name, who, found=found)


def _is_habit(frame: FrameType | None) -> bool:
    """Tell whether a module of Python itself asks, on behalf of whoever called it."""
    while frame is not None and frame.f_globals.get("__name__") == "os":
        frame = frame.f_back
    return frame is not None and owner_of(frame.f_code.co_filename) == "standard"


def _is_importing(frame: FrameType | None) -> bool:
    """Tell whether an installed package is being imported: what it asks for then is its own affair."""
    while frame is not None and owner_of(frame.f_code.co_filename) != "theirs":
        if is_import(frame):
            return True
        frame = frame.f_back
    return False


def _text(key: object) -> str:
    return os.fsdecode(key) if isinstance(key, bytes) else str(key)
