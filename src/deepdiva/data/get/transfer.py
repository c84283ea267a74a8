"""Bring one file here, from a server or a folder; go on where an earlier try was cut off.

Nothing that arrives is believed: `download` compares it with its checksum.
"""

from __future__ import annotations

import http.client
import os
import re
import stat
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request

from deepdiva.data.get.address import local_path, shown_address
from deepdiva.data.get.opening import failed, open_address, request_for
from deepdiva.errors import DataError, ResourceError
from deepdiva.provenance.files import free_bytes, resource_error
from deepdiva.provenance.waiting import Progress

LARGEST = 2**37
"""Bytes; a longer file is not taken."""
TRIES = 5
"""How often a transfer goes on by itself, as long as every try brings something."""

_CHUNK = 2**18


class _CutOff(Exception):
    """The transfer ended too early; what has arrived can be gone on with."""


def transfer(address: str, part: Path, progress: Progress) -> None:
    """Make `part` the file at `address`; what is in it already is kept where the server can go on.

    Raises:
        DataError: it cannot be had, or not whole, or is a web page instead (ARC-005); it is
            longer than `LARGEST` (ARC-002).
        ResourceError: there is no room for it, or `part` cannot be written.
    """
    try:
        if urlsplit(address).scheme == "file":
            _copy(address, part, progress)
            return
        for _ in range(TRIES):
            before = _length(part)
            try:
                _ask(address, part, progress)
                return
            except _CutOff as error:
                if _length(part) == before:
                    raise failed(address, f"{error}; {_length(part):,} bytes are here") from error
        raise failed(address, f"cut off {TRIES} times; {_length(part):,} bytes are here")
    except OSError as error:
        raise resource_error(error, part) from error


def _copy(address: str, part: Path, progress: Progress) -> None:
    try:
        descriptor = os.open(local_path(address), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise failed(address, error.strerror or str(error)) from error
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        raise failed(address, "no plain file")
    with os.fdopen(descriptor, "rb") as source, part.open("wb") as target:
        total = facts.st_size
        _refuse_much(address, part, total)
        while chunk := source.read(_CHUNK):
            target.write(chunk)
            progress(target.tell(), total)


def _ask(address: str, part: Path, progress: Progress) -> None:
    """Ask the server for what is missing of `part`, and append it."""
    request = request_for(address, _wish(part))
    with _answer(address, request, part) as answer:
        _take(address, answer, part, progress)


def _answer(address: str, request: Request, part: Path) -> http.client.HTTPResponse:
    try:
        return open_address(request)
    except HTTPError as error:
        error.close()
        if error.code == 416 and request.has_header("Range"):  # nothing lies behind what we have: begin anew
            forget(part)
            raise _CutOff("the file on the server is another one than before") from error
        raise failed(address, f"the server answers {error.code} {error.reason}") from error
    except URLError as error:
        raise failed(address, str(error.reason)) from error
    except (OSError, http.client.HTTPException) as error:
        raise _CutOff(_cause(error)) from error


def _chunk(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _CutOff(f"cut off: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    return str(error) or type(error).__name__


def _take(address: str, answer: http.client.HTTPResponse, part: Path, progress: Progress) -> None:
    begin = _begin(answer, _length(part))
    length = answer.headers.get("Content-Length", "")
    total = begin + int(length) if length.isdecimal() else 0
    _refuse_much(address, part, max(0, total - begin))
    _mark(part).write_text(_validator(answer.headers))
    with part.open("r+b" if begin else "wb") as target:
        target.truncate(begin)
        target.seek(begin)
        while chunk := _chunk(answer):
            if target.tell() == 0 and _is_page(chunk):
                raise failed(address, "a web page came instead of the file")
            target.write(chunk)
            progress(target.tell(), total)
            if target.tell() > LARGEST:
                _refuse_much(address, part, target.tell())
        if target.tell() < total:
            raise _CutOff(f"received {target.tell():,} of {total:,} bytes")


def _begin(answer: http.client.HTTPResponse, here: int) -> int:
    """Return where in the file the answer begins."""
    if answer.status != 206:
        return 0
    told = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    if told is None or int(told[1]) != here:
        raise _CutOff("the server goes on elsewhere in the file")
    return here


def _wish(part: Path) -> dict[str, str]:
    """Return the headers that ask for the rest, if the file is still the same one."""
    here = _length(part)
    if not here:
        return {}
    mark = _mark(part).read_text() if _mark(part).exists() else ""
    return {"Range": f"bytes={here}-"} | ({"If-Range": mark} if mark else {})


def _validator(headers: Message) -> str:
    """Return what tells this file from a later one at the same address; a weak tag cannot."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def _mark(part: Path) -> Path:
    return part.with_name(f"{part.name}-validator")


def forget(part: Path) -> None:
    """Remove what arrived of a file."""
    part.unlink(missing_ok=True)
    _mark(part).unlink(missing_ok=True)


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _is_page(begin: bytes) -> bool:
    return begin.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html"))


def _refuse_much(address: str, part: Path, more: int) -> None:
    if more > LARGEST:
        raise DataError(
            f"{shown_address(address)}: over {LARGEST:,} bytes",
            expected="a file of ordinary size",
            remedy="do not trust this address; if you do, fetch the file by other means",
            code="ARC-002",
        )
    free = free_bytes(part)
    if more > free:
        raise ResourceError(
            f"{part.parent}: {more:,} bytes are to come, {free:,} are free",
            expected="room for the file",
            remedy="free space there, or set DEEPDIVA_HOME to a folder with more",
            code="RES-001",
        )
