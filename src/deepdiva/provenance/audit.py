"""Notice files, folders, programs and hosts by the events of which Python tells an audit hook.

Python tells of every file that it opens.  What a library written in C, C++ or Rust opens by
itself is not seen.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from deepdiva.provenance.callers import Caller, caller, is_import
from deepdiva.provenance.reads import NOTEBOOK

_TRUNCATED = os.O_TRUNC | os.O_EXCL
_NO_NAME = re.compile(r"[\d.]+|.*:.*")


def on_event(event: str, words: tuple[Any, ...]) -> None:
    """Be quick: this is called whenever anything happens; and never fail, for it would fail instead."""
    if event in _EVENTS:
        with suppress(Exception):  # an odd path must end no run
            _EVENTS[event](sys._getframe(1), *words)


def _on_open(frame: FrameType, path: object, mode: str | None, flags: int) -> None:
    name = _absolute(path)
    if name is None or name in NOTEBOOK.made or NOTEBOOK.knows(name):
        return
    writes = flags & (os.O_WRONLY | os.O_RDWR)
    if writes and (flags & _TRUNCATED or not os.path.exists(name)):  # noqa: PTH110 - a hook is quick
        NOTEBOOK.made.add(name)
    elif not flags & os.O_WRONLY:
        who = caller(frame)
        if who is not None and (who.direct != "ours" or _is_on_behalf(frame, who, mode)):
            NOTEBOOK.note("file", name, who)


def _is_on_behalf(frame: FrameType, who: Caller, mode: str | None) -> bool:
    """Tell whether this package reads for others: a path that training code gave it, a module that was named.

    What it opens by `os.open`, without a mode, it has verified itself.
    """
    return is_import(frame) or (who.theirs is not None and mode is not None)


def _on_module(frame: FrameType, _name: str, path: object, *_: object) -> None:
    """An extension module is opened by the system's loader."""
    if path:
        _on_open(frame, path, "rb", 0)


def _on_database(frame: FrameType, path: object) -> None:
    _on_open(frame, path, "rb", 0)


def _on_listing(frame: FrameType, path: object) -> None:
    name = _absolute("." if path is None else path)
    if name is None or name in NOTEBOOK.made:
        return
    who = caller(frame)
    if who is not None and who.theirs is not None and not is_import(frame):
        NOTEBOOK.note("folder", name, who)


def _on_program(frame: FrameType, program: object, words: Any = (), *_: object) -> None:
    who = caller(frame)
    if who is not None and who.direct == "theirs":
        name = os.fsdecode(program or (words if isinstance(words, str | bytes) else words[0]))  # type: ignore[arg-type]
        NOTEBOOK.note("program", name, who)


def _on_host(frame: FrameType, host: object, port: object = None, *_: object) -> None:
    who = caller(frame)
    if who is not None and who.theirs is not None and isinstance(host, str | bytes):
        NOTEBOOK.note("host", f"{os.fsdecode(host)}:{port}", who)


def _on_connection(frame: FrameType, _socket: object, address: object) -> None:
    """A name stands here only where nobody looked it up before."""
    if isinstance(address, tuple) and not _NO_NAME.fullmatch(str(address[0])):
        _on_host(frame, *address[:2])


def _on_library(frame: FrameType, name: object) -> None:
    if isinstance(name, str) and os.sep in name:
        _on_open(frame, name, "rb", 0)
        return
    who = caller(frame)
    if name and who is not None and who.direct == "theirs":
        NOTEBOOK.note("library", str(name), who)


def _on_folder(_frame: FrameType, path: object, *_: object) -> None:
    if (name := _absolute(path)) is not None:
        NOTEBOOK.made.add(name)


def _on_rename(_frame: FrameType, old: object, new: object, *_: object) -> None:
    before, after = _absolute(old), _absolute(new)
    if before in NOTEBOOK.made and after is not None:
        NOTEBOOK.made.add(after)


_EVENTS: dict[str, Callable[..., None]] = {
    "open": _on_open,
    "import": _on_module,
    "sqlite3.connect": _on_database,
    "os.listdir": _on_listing,
    "os.scandir": _on_listing,
    "subprocess.Popen": _on_program,
    "os.exec": _on_program,
    "os.posix_spawn": _on_program,
    "os.system": _on_program,
    "socket.getaddrinfo": _on_host,
    "socket.connect": _on_connection,
    "ctypes.dlopen": _on_library,
    "os.mkdir": _on_folder,
    "os.rename": _on_rename,
}


def _absolute(path: object) -> str | None:
    """Return `path` as it is meant here and now; None for what is open already."""
    if isinstance(path, int) or path is None:
        return None
    return os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type] # noqa: PTH100 - links are kept
