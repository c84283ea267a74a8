"""Whose code is at work: the frames of a stack, told apart by the files that hold them."""

from __future__ import annotations

import os
import re
import sysconfig
import threading
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Literal, NamedTuple

import deepdiva

Owner = Literal["standard", "installed", "ours", "theirs"]
"""Standard library and interpreter; installed packages; this package; the researcher, and all else."""

OWN_FOLDER = os.path.dirname(os.path.abspath(deepdiva.__file__)) + os.sep  # noqa: PTH100, PTH120 - links stay
STANDARD_FOLDERS = tuple(
    {
        place + os.sep
        for name in ("stdlib", "platstdlib")
        for folder in (Path(sysconfig.get_path(name)),)
        for place in (str(folder), str(folder.resolve()))
    }
)
INSTALLED = re.compile(r"^(.*[/\\](?:site|dist)-packages)[/\\]")
"""Folder of installed packages that a path lies in."""
_BETWEEN = re.compile(r"[/\\]site-packages[/\\](?:beartype|jaxtyping)[/\\]")
"""What only checks the arguments of a function on their way."""


class Line(NamedTuple):
    """A line of code."""

    file: str
    number: int


class Caller(NamedTuple):
    """Who asked for something."""

    direct: Owner
    """Whose code asked, the standard library aside."""
    at: Line
    """Where."""
    theirs: Line | None
    """The nearest line of the researcher on the way there; None where there is none."""


@cache
def owner_of(file: str) -> Owner:
    """Tell whose code `file` is; what has no file (`<string>`, frozen modules) is nobody's, so standard."""
    if file.startswith("<"):
        return "standard"
    if file.startswith(OWN_FOLDER):
        return "ours"
    if INSTALLED.match(file):
        return "standard" if _BETWEEN.search(file) else "installed"
    return "standard" if file.startswith(STANDARD_FOLDERS) else "theirs"


def caller(frame: FrameType | None) -> Caller | None:
    """Return who asked in `frame`; None where it is nothing that a run asked for.

    Whatever a run does was called by this package.  A script that calls it, or a test, stands
    outside and does not count.  Threads that training code started begin with themselves.
    """
    found: list[tuple[Owner, Line]] = []
    ours = -1
    while frame is not None:
        owner = owner_of(frame.f_code.co_filename)
        if owner == "ours":
            ours = len(found)
        if owner != "standard" and (owner != "ours" or not found):
            found.append((owner, Line(frame.f_code.co_filename, frame.f_lineno)))
        frame = frame.f_back
    if ours < 0 and threading.current_thread() is not threading.main_thread():
        ours = len(found)
    inside = found[: max(ours, 1)] if ours >= 0 else []
    if not inside:
        return None
    theirs = next((line for owner, line in inside if owner == "theirs"), None)
    return Caller(*inside[0], theirs)


def is_import(frame: FrameType) -> bool:
    """Tell whether it is Python that imports, or looks for what it could import."""
    return frame.f_code.co_filename.startswith("<frozen importlib")
