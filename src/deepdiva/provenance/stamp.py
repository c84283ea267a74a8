"""What a run stands on.  Only the gate makes a `Stamp`; everything downstream asks for one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from deepdiva.provenance.footprint import VerifiedData

Level = Literal["off", "seeded", "strict", "portable"]


@dataclass(frozen=True, kw_only=True)
class FileNote:
    """A file of the source tree whose bytes no commit holds."""

    path: str
    """POSIX path below the root of the tree; bytes that are no UTF-8 are lone surrogates."""
    mode: str
    """As git writes it: `100644` file, `100755` program, `120000` link, `160000` submodule."""
    size: int
    """Bytes."""
    sha256: str
    """Of the content; of a link, its target; of a submodule, the hexadecimal id of its commit."""
    object_id: str
    """Git's name of the same bytes; of a submodule, its commit."""


@dataclass(frozen=True, kw_only=True)
class CodeState:
    """The source tree a run was started from: a commit, and what the working tree adds to it."""

    kind: Literal["git", "tree"]
    """A git repository, or a folder outside any."""
    commit: str | None
    """Full hash of the commit; None outside git and before the first commit."""
    branch: str | None
    """None where HEAD is detached."""
    remote: str | None
    """Address of `origin` without credentials; None where it is a folder of this machine."""
    tree: str
    """Git's id of the tree of all guarded files, with the bytes they have on disk; in git's
    SHA-256 format outside git.  Of a clean clone, it is the tree of the commit."""
    changed: tuple[str, ...]
    """Files that differ from the commit or are new, sorted; empty outside git."""
    deleted: tuple[str, ...]
    """Files of the commit that are not on disk, sorted."""
    kept: tuple[FileNote, ...]
    """Files that the snapshot holds, sorted: changed and new ones, and those to which git's
    settings (line ends, filters) give other bytes on disk than in the commit."""
    left_out: tuple[FileNote, ...]
    """Files above the size limit: named and hashed here, not kept in the snapshot."""
    package: str
    """Version of the installed `deepdiva`."""
    package_sha256: str
    """One digest over all files of the installed `deepdiva`."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know although it stops nothing: files that no snapshot of the run holds."""
        return tuple(
            f"{note.path!a}, {note.size:,} bytes, is named and hashed but too large to be kept in the run"
            for note in self.left_out
        )


@dataclass(frozen=True, kw_only=True)
class Package:
    """An installed distribution."""

    name: str
    version: str
    sha256: str
    """Digest of what its installer recorded: every installed file with its hash."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Interpreter, packages and machine."""

    python: str
    platform: str
    packages: tuple[Package, ...]
    hardware: Mapping[str, Any]
    """CPU model, instruction sets, cores, memory, GPUs and driver."""
    variables: Mapping[str, str]
    """Every environment variable that can move a bit, by an allow-list."""
    inherited: Mapping[str, str]
    """Values that the command replaced before it started itself again."""


@dataclass(frozen=True, kw_only=True)
class NumericClass:
    """Runs of one class can be compared bit by bit."""

    canary: str
    """Digest of a fixed set of operations on this machine, with these settings."""
    level: Level
    device: str
    """Model of the device that computes."""
    threads: int
    torch: str
    """Version and build."""
    compile: bool
    precision: str

    @property
    def name(self) -> str:
        """Sixteen hexadecimal digits that stand for the whole class."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Proof that the gate was passed."""

    code: CodeState
    environment: Environment
    data: VerifiedData
    seed: int
    numeric_class: NumericClass
    request_sha256: str
