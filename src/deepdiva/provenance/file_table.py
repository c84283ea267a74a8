"""The files of a footprint in columns, and as `footprint.json` holds them: one file a line.

Reading takes the text line by line for what this program writes, and refuses all else: whatever
is read is written again to the very same bytes, and takes no more memory than the file is long.
"""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from json.encoder import encode_basestring
from operator import ge
from typing import NamedTuple, Protocol, runtime_checkable

from deepdiva.provenance.columns import AT_ONCE, Columns, SortedPaths, encoded

FORMAT = "deepdiva footprint 1"
DIGEST_SIZES: Mapping[str, int] = {"sha256": 32, "blake3": 32, "sha1": 20}
"""Bytes of a content digest by the name of its algorithm."""


class FileEntry(NamedTuple):
    """One file of a data set."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Time of the last change, in nanoseconds since 1970; says when to look again, identifies nothing."""
    digest: str
    """Of the content, in hexadecimal."""


class Head(NamedTuple):
    """What a footprint says before it names files."""

    algorithm: str
    digest: str
    checksum: str


@dataclass(eq=False)
class FileTable(Columns[FileEntry]):
    """Path to entry; takes about 100 bytes a file, paths of 40 characters included."""

    paths: SortedPaths
    sizes: array[int]
    mtimes: array[int]
    digests: bytes
    """All of them, one after the other."""

    @classmethod
    def of(cls, files: Mapping[str, FileEntry]) -> FileTable:
        """Return `files` as a table."""
        if isinstance(files, FileTable):
            return files
        rows = sorted(files.items())
        return cls(
            SortedPaths.of([path for path, _ in rows]),
            array("q", [entry.size for _, entry in rows]),
            array("q", [entry.mtime_ns for _, entry in rows]),
            bytes.fromhex("".join([entry.digest for _, entry in rows])),
        )

    def at(self, row: int) -> FileEntry:
        """Return the entry in a row."""
        step = self._digest_size
        digest = self.digests[row * step : (row + 1) * step].hex()
        return FileEntry(self.sizes[row], self.mtimes[row], digest)

    def identity(self) -> str:
        """Return SHA-256 over sorted (path, size, content digest)."""
        rule = hashlib.sha256()
        for paths, sizes, _, digests in self._blocks():
            rows = map("\0".join, zip(paths, sizes, digests, strict=True))
            rule.update("".join(["\n".join(rows), "\n"]).encode())
        return rule.hexdigest()

    def checksum(self, algorithm: str, identity: str) -> str:
        """Return SHA-256 over algorithm, identity and times."""
        rule = hashlib.sha256(f"{algorithm}\n{identity}".encode())
        for start in range(0, len(self), AT_ONCE):
            times = map(str, self.mtimes[start : start + AT_ONCE])
            rule.update("\n".join(["", *times]).encode())
        return rule.hexdigest()

    def lines(self) -> Iterator[str]:
        """Give the lines of all files in blocks, a comma between two and none after the last."""
        comma = ""
        for block in self._blocks():
            rows = [
                f'{encode_basestring(path)}: {{"size": {size}, "mtime_ns": {mtime}, "digest": "{digest}"}}'
                for path, size, mtime, digest in zip(*block, strict=True)
            ]
            yield comma + ",\n".join(rows)
            comma = ",\n"

    def _blocks(self) -> Iterator[tuple[list[str], Iterator[str], Iterator[str], list[str]]]:
        """Give paths, sizes, times and digests, as text, of so many rows at a time."""
        step, start = self._digest_size, 0
        for paths in self.paths.blocks():
            end = start + len(paths)
            digests = self.digests[start * step : end * step].hex("\n", step).split("\n")
            yield paths, map(str, self.sizes[start:end]), map(str, self.mtimes[start:end]), digests
            start = end

    @property
    def _digest_size(self) -> int:
        return len(self.digests) // max(1, len(self))


# -- Its text --------------------------------------------------------------------------

BLOCK = 2**20
"""Bytes of text taken apart at once."""
LONGEST_LINE = 2**17
"""Bytes; no path below `tree.DEEPEST` folders needs more."""

_HEAD = re.compile(
    rb'\{\n"format": "([^"\\\n]*)",\n"algorithm": "(\w+)",\n'
    rb'"digest": "([0-9a-f]{64})",\n"checksum": "([0-9a-f]{64})",\n"files": \{\n'
)
_REST = b'": {"size": ', b', "mtime_ns": ', b', "digest": "', b'"},\n'
_LINE_END, _END = b"},\n", b"\n}\n}\n"


def _line(path: bytes) -> re.Pattern[bytes]:
    rest = rb'": \{"size": (0|[1-9]\d*), "mtime_ns": (0|-?[1-9]\d*), "digest": "([^"]*+)"\},\n'
    return re.compile(rb'"(' + path + rb")" + rest)


_PLAIN, _ESCAPED = _line(rb'[^"\\\n]*+'), _line(rb'(?:[^"\\\n]++|\\.)*+')
_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f\ud800-\udfff]")


def lines(head: Head, table: FileTable) -> Iterator[bytes]:
    """Give the text of a footprint: two of them can be compared by eye and by `diff`."""
    facts = {"format": FORMAT, **head._asdict()}
    yield "".join(["{\n", *[f"{json.dumps(key)}: {json.dumps(facts[key])},\n" for key in facts]]).encode()
    yield b'"files": {\n'
    yield from map(str.encode, table.lines())
    yield _END


@runtime_checkable
class Source(Protocol):
    """Whatever gives bytes."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


def read(stream: Source) -> tuple[Head, FileTable]:
    """Take a footprint's text apart.

    Raises:
        ValueError: it is not what `lines` writes, or its checksums do not fit.
    """
    text = stream.read(BLOCK)
    found = _HEAD.match(text)
    if found is None:
        raise ValueError("it does not begin like a footprint; was it written anew by another program?")
    version, algorithm, digest, checksum = (part.decode() for part in found.groups())
    if version != FORMAT or algorithm not in DIGEST_SIZES:
        raise ValueError(f"format {version!r} with {algorithm!r} is not known here")
    head = Head(algorithm, digest, checksum)
    builder = _Builder(head)
    text = text[found.end() :]
    while more := stream.read(BLOCK):
        text += more
        whole, end, text = text.rpartition(_LINE_END)
        if end:
            builder.add(whole + end)
        if len(text) > LONGEST_LINE:
            raise ValueError("a line is longer than any path")
    if not text.endswith(_END):
        raise ValueError("its end is missing, or not as this program writes it")
    builder.add(text[: -len(_END)] + b",\n")
    return head, builder.table()


class _Builder:
    """Puts columns together, block by block; what looks odd in any of them is refused."""

    def __init__(self, head: Head) -> None:
        self._head, self._last = head, b""
        self._size = DIGEST_SIZES[head.algorithm]
        self._identity = hashlib.sha256()
        self._checksum = hashlib.sha256(f"{head.algorithm}\n{head.digest}".encode())
        self._paths, self._count = bytearray(), 0
        self._sizes, self._mtimes, self._digests = array("q"), array("q"), bytearray()

    def add(self, text: bytes) -> None:
        """Take in whole lines."""
        rows = (_ESCAPED if b"\\" in text else _PLAIN).findall(text)
        columns: list[list[bytes]] = [list(column) for column in zip(*rows, strict=True)]
        taken = sum(map(len, _REST)) * len(rows) + len(rows) + sum(len(b"".join(c)) for c in columns)
        if taken != len(text) or not rows:
            raise ValueError("a line is not as this program writes it")
        paths, sizes, mtimes, digests = columns
        if b"\\" in text:
            paths = [_unescaped(path) for path in paths]
        self._refuse_odd_paths(paths)
        if set(map(len, digests)) != {2 * self._size}:
            raise ValueError("a digest is too long or too short")
        self._identity.update(b"\n".join([*map(b"\0".join, zip(paths, sizes, digests, strict=True)), b""]))
        self._checksum.update(b"\n".join([b"", *mtimes]))
        self._paths += b"\0".join([b"", *paths])
        self._count += len(paths)
        self._sizes.extend(map(int, sizes))
        self._mtimes.extend(map(int, mtimes))
        self._digests += _from_hex(b"".join(digests))

    def table(self) -> FileTable:
        """Return what was put together.

        Raises:
            ValueError: the head describes something else.
        """
        found = self._identity.hexdigest(), self._checksum.hexdigest()
        if found != (self._head.digest, self._head.checksum):
            raise ValueError("its checksum does not fit its content: it was edited or damaged")
        paths = SortedPaths(bytes(memoryview(self._paths)[1:]), self._count)
        return FileTable(paths, self._sizes, self._mtimes, bytes(self._digests))

    def _refuse_odd_paths(self, paths: list[bytes]) -> None:
        joined = b"\n".join([b"", *paths, b""])
        names = joined.replace(b"/", b"\n")
        text = joined.decode()  # a ValueError where it is no UTF-8
        odd = not text.replace("\n", "").isprintable() and _CONTROL.search(text.replace("\n", ""))
        if odd or any(part in names for part in (b"\n\n", b"\n.\n", b"\n..\n", b"\0")):
            raise ValueError("a path leads out of the folder or cannot be a name")
        if paths[0] <= self._last or any(map(ge, paths, islice(paths, 1, None))):
            raise ValueError("its paths are not in order")
        self._last = paths[-1]


def _unescaped(path: bytes) -> bytes:
    text: str = json.loads(b'"%b"' % path)
    if encode_basestring(text).encode() != b'"%b"' % path:
        raise ValueError("a path is not escaped as this program does it")
    if "\n" in text:
        raise ValueError("a path cannot be a name")
    return encoded(text)


def _from_hex(digits: bytes) -> bytes:
    if digits.translate(None, b"0123456789abcdef"):
        raise ValueError("a digest is not in hexadecimal")
    return bytes.fromhex(digits.decode())
