"""Checksums: what a file must be before anybody looks into it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from deepdiva.errors import ConfigError
from deepdiva.provenance.waiting import Progress

_CHUNK = 2**20


class Checksum(NamedTuple):
    """What a file is checked against."""

    algorithm: str
    """`sha256`, or `md5` where that is all that was published."""
    digest: str
    """In hexadecimal, lower case."""

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.digest}"


def sha256_of(text: str) -> Checksum:
    """Return the SHA-256 that a person typed, with or without `sha256:` before it.

    Raises:
        ConfigError: it is none (CFG-030).
    """
    digest = text.removeprefix("sha256:").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ConfigError(
            f"{text!r} is no SHA-256",
            expected="64 hexadecimal digits",
            remedy="copy it from the publisher's page; `sha256sum FILE` shows that of a file you trust",
            code="CFG-030",
        )
    return Checksum("sha256", digest)


def read_replacements(words: Sequence[str], files: Collection[str]) -> dict[str, Checksum]:
    """Return the checksums of `--checksum FILE=sha256:HEX`, by file.

    Raises:
        ConfigError: one of them is something else, or names a file twice or one that is not got (CFG-030).
    """
    found: dict[str, Checksum] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or name not in files or name in found:
            raise ConfigError(
                f"--checksum {word}",
                expected=f"FILE=sha256:HEX, once for a file of {', '.join(sorted(files))}",
                remedy="correct the name of the file",
                code="CFG-030",
            )
        found[name] = sha256_of(text)
    return found


def digests_of(place: Path, algorithms: Collection[str], progress: Progress) -> Mapping[str, str]:
    """Return the digests of the file at `place` by each of `algorithms`; it is read once.

    Raises:
        OSError: it cannot be read.
    """
    running = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    done, total = 0, place.stat().st_size
    with place.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            for digest in running.values():
                digest.update(chunk)
            done += len(chunk)
            progress(done, total)
    return {name: digest.hexdigest() for name, digest in running.items()}
