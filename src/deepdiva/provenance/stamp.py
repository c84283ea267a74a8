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
    """A file of the source tree that a snapshot speaks of."""

    path: str
    """POSIX path below the root of the tree."""
    size: int
    """Bytes."""
    sha256: str
    """Of the content, or of the target of a symbolic link."""


@dataclass(frozen=True, kw_only=True)
class CodeState:
    """The source tree a run was started from."""

    kind: Literal["git", "tree"]
    """A git repository, or a folder outside any."""
    commit: str | None
    """Full hash of the commit; None outside git."""
    branch: str | None
    remote: str | None
    """Address of `origin` without credentials."""
    tree: str
    """One digest of all guarded files as they are in the working tree: git's tree id, or SHA-256."""
    changed: tuple[str, ...]
    """Files that differ from the commit or are new, sorted."""
    left_out: tuple[FileNote, ...]
    """Files above the size limit: named and hashed here, not kept in the snapshot."""
    package: str
    """Version of the installed `deepdiva`."""
    package_sha256: str
    """One digest over all files of the installed `deepdiva`."""


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
