"""Which source tree a run is guarded by, and the state that tree is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import deepdiva
from deepdiva.provenance.entries import look
from deepdiva.provenance.folders import list_files
from deepdiva.provenance.packages import read_own_files
from deepdiva.provenance.repository import Repository, find_repository
from deepdiva.provenance.stamp import CodeState
from deepdiva.provenance.working_tree import Comparison, Findings, compare

_SHARED = re.compile(r"(?:https?|ssh|git)://[^/]|(?:[^/@]+@)?[\w.-]{2,}:(?!//|:)", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/?#]*@")
_PASSWORD = re.compile(r"(?<=ssh://)([\w.-]*):?[^/?#]*@", re.IGNORECASE)
_QUERY = re.compile(r"[?#].*$", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """A source tree that is guarded."""

    root: Path
    kind: Literal["git", "tree"]
    exempt: tuple[Path, ...] = ()
    """Folders inside `root` that hold data or runs, not code."""
    entry: Path | None = None
    """The file that is run; guarded even where git ignores it."""


def find_source(entry: Path | None, *, exempt: Sequence[Path]) -> Source:
    """Return the source tree that guards a run.

    Args:
        entry: The researcher's own file: guarded by its git repository, else its folder.
            None for a built-in task: guarded by the repository around the working
            directory, else the installed package alone.
        exempt: Folders of data and of runs.

    Raises:
        GateRefused: there is a repository, but git cannot read it.
    """
    if entry is not None:
        return guarding(entry.resolve().parent, entry.resolve(), exempt)
    if find_repository(Path.cwd()) is not None:
        return guarding(Path.cwd(), None, exempt)
    return Source(Path(deepdiva.__file__).resolve().parent, "tree")


def guarding(folder: Path, entry: Path | None, exempt: Sequence[Path]) -> Source:
    """Return the source tree of `folder`: the repository around it, else the folder itself."""
    repository = find_repository(folder)
    if repository is None:
        return Source(folder, "tree", _inside(folder, exempt, entry), entry)
    return Source(repository.root, "git", _inside(repository.root, exempt, entry), entry)


def _inside(root: Path, folders: Sequence[Path], entry: Path | None) -> tuple[Path, ...]:
    """Return those of `folders` below `root`; one that holds all of it, or `entry`, stays guarded."""
    # Of a link to data, the link itself is exempt as well as what it leads to.
    places = {
        place for folder in folders for place in (folder.resolve(), folder.parent.resolve() / folder.name)
    }
    inside = (place for place in places if place != root and place.is_relative_to(root))
    return tuple(sorted(place for place in inside if entry is None or not entry.is_relative_to(place)))


def read_code_state(source: Source) -> CodeState:
    """Return the commit that `source` stands on, and what the working tree adds to it.

    Nothing of the user's is written, not even the index.

    Raises:
        GateRefused: git cannot read the repository (GIT-...), or the tree holds what no
            snapshot can keep (SRC-...): a submodule with changes of its own, a repository
            inside that is no submodule, files that cannot be read.
    """
    if source.kind == "tree":
        return _state(_read_folder(source))
    repository = Repository(source.root)
    exempt = [path.relative_to(source.root).as_posix() for path in source.exempt]
    entry = None if source.entry is None else source.entry.relative_to(source.root).as_posix()
    comparison = compare(repository, exempt, entry)
    return _state(comparison.findings, comparison, remote_address(repository.setting("remote.origin.url")))


def remote_address(address: str | None) -> str | None:
    """Return `address` without password, token and query; None for a folder of this machine.

    The name before `@` stays where it is an account of ssh, which the address is useless without.

    Example:
        >>> remote_address("https://ada:secret@example.org/idea.git")
        'https://example.org/idea.git'
        >>> remote_address("git@example.org:ada/idea.git")
        'git@example.org:ada/idea.git'
        >>> remote_address("/home/ada/idea")
    """
    if address is None or not _SHARED.match(address):
        return None
    if address.lower().startswith("ssh://"):
        return _QUERY.sub("", _PASSWORD.sub(r"\1@", address))
    if "://" in address:
        return _QUERY.sub("", _USER.sub("", address))
    user, at, rest = address.rpartition("@")
    return f"{user.partition(':')[0]}{at}{rest}"


def _read_folder(source: Source) -> Findings:
    findings = Findings("sha256")
    for path in list_files(source.root, source.exempt):
        findings.add(path, look(source.root, path, "sha256"))
    return findings


def _state(findings: Findings, comparison: Comparison | None = None, remote: str | None = None) -> CodeState:
    own = read_own_files()
    return CodeState(
        kind="tree" if comparison is None else "git",
        commit=None if comparison is None else comparison.status.commit,
        branch=None if comparison is None else comparison.status.branch,
        remote=remote,
        tree=findings.tree,
        changed=() if comparison is None else comparison.changed,
        deleted=tuple(sorted(findings.deleted)),
        kept=tuple(sorted(findings.kept, key=lambda note: note.path)),
        left_out=tuple(sorted(findings.left_out, key=lambda note: note.path)),
        package=deepdiva.__version__,
        package_sha256=own.digest,
    )
