"""Compare the working tree of a repository with its commit, byte by byte, changing neither."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deepdiva.errors import GateRefused
from deepdiva.provenance.conversions import find_conversions
from deepdiva.provenance.entries import (
    FILE,
    PROGRAM,
    SUBMODULE,
    Content,
    Entry,
    algorithm_of,
    look,
    submodule_at,
    tree_id,
)
from deepdiva.provenance.git import Algorithm, ask
from deepdiva.provenance.repository import Change, Repository, Status, Tracked
from deepdiva.provenance.stamp import FileNote
from deepdiva.provenance.tree import printable

LARGEST_KEPT = 100 * 2**20
"""Bytes; larger files are named and hashed but not kept in a snapshot."""


@dataclass
class Findings:
    """What is on disk, put beside what the commit holds."""

    algorithm: Algorithm
    committed: Mapping[str, Entry] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    kept: list[FileNote] = field(default_factory=list)
    left_out: list[FileNote] = field(default_factory=list)

    def add(self, path: str, content: Content | None) -> bool:
        """Take down what lies at `path`, and tell whether it differs from the commit."""
        before = self.committed.get(path)
        if content is None:
            if before is not None:
                self.deleted.append(path)
            return before is not None
        if content.entry == before:
            return False
        notes = self.kept if content.size <= LARGEST_KEPT else self.left_out
        mode, name = content.entry
        notes.append(FileNote(path=path, mode=mode, size=content.size, sha256=content.sha256, object_id=name))
        return True

    @property
    def tree(self) -> str:
        """Git's id of all that is on disk, guarded or committed."""
        notes = {note.path: Entry(note.mode, note.object_id) for note in (*self.kept, *self.left_out)}
        gone = set(self.deleted)
        stays = {path: entry for path, entry in self.committed.items() if path not in gone}
        return tree_id(stays | notes, self.algorithm)


@dataclass(frozen=True)
class Comparison:
    """A working tree beside its commit."""

    status: Status
    changed: tuple[str, ...]
    """Guarded paths that git, or a closer look, calls changed or new; sorted."""
    findings: Findings


def compare(repository: Repository, exempt: Collection[str], entry: str | None) -> Comparison:
    """Return how the working tree differs from the commit.

    Args:
        repository: Is only looked at.
        exempt: POSIX paths of the folders that are not guarded.
        entry: POSIX path of a file that is guarded even where git ignores it.

    Raises:
        GateRefused: see `code.read_code_state`.
    """
    status = repository.status(exempt)
    # Of a file that left the index but not the disk git says two things: removed, and new.
    changes = {change.path: change for change in sorted(status.changes, key=lambda c: not c.is_new)}
    tracked = {file.path: file for file in repository.tracked()}
    guarded = {path for path in changes if not _is_below(path.rstrip("/"), exempt)}
    clean = [f for f in tracked.values() if f.path not in changes and not _is_below(f.path, exempt)]
    _refuse_inner_repositories(repository, guarded)
    _refuse_dirty_submodules(repository, [tracked[path] for path in guarded if path in tracked] + clean)

    algorithm = algorithm_of(status.commit) if status.commit else repository.object_format()
    findings = Findings(algorithm, _committed(tracked.values(), changes))
    looker = _Looker(repository, algorithm, tracked)
    changed = guarded | _ignored_entry(repository, entry, tracked)
    for path in sorted(changed):
        findings.add(path, looker.at(path))
    changed |= _add_hidden(findings, looker, clean)
    _add_converted(findings, looker, clean)
    return Comparison(status, tuple(sorted(changed)), findings)


def _add_hidden(findings: Findings, looker: _Looker, clean: Iterable[Tracked]) -> set[str]:
    """Look at what git was told not to look at; return what differs. A sparse tree lacks files on purpose."""
    contents = {file.path: looker.at(file.path) for file in clean if file.unseen}
    return {path for path, found in contents.items() if findings.add(path, found) and found is not None}


def _add_converted(findings: Findings, looker: _Looker, clean: Iterable[Tracked]) -> None:
    """Look at what git may have converted: clean, and yet other bytes than in the commit."""
    conversions = find_conversions(looker.repository, [file for file in clean if not file.unseen])
    findings.left_out += conversions.managed
    for file in conversions.suspects:
        findings.add(file.path, looker.at(file.path))


@dataclass(frozen=True)
class _Looker:
    """Looks at paths on disk; leaves to git what the repository says its file system cannot tell."""

    repository: Repository
    algorithm: Algorithm
    tracked: Mapping[str, Tracked]

    def at(self, path: str) -> Content | None:
        known = self.tracked.get(path)
        if known is not None and known.mode == SUBMODULE:
            return self._submodule(known)
        content = look(self.repository.root, path, self.algorithm)
        if content is None or known is None or not self._ignores_modes:
            return content
        if {content.entry.mode, known.mode} == {FILE, PROGRAM}:
            return content._replace(entry=content.entry._replace(mode=known.mode))
        return content

    @property
    def _ignores_modes(self) -> bool:
        return (self.repository.setting("core.fileMode") or "true").lower() in ("false", "no", "off", "0")

    def _submodule(self, known: Tracked) -> Content | None:
        folder = self.repository.root / known.path
        if not folder.is_dir():
            return None
        if not is_populated(folder):
            return submodule_at(known.object_id)
        return submodule_at(ask(folder, "rev-parse", "--verify", "HEAD").decode().strip())


def is_populated(submodule: Path) -> bool:
    """Tell whether `submodule` is checked out; otherwise git would answer for what is around it."""
    return not submodule.is_symlink() and os.path.lexists(submodule / ".git")


def _committed(tracked: Iterable[Tracked], changes: Mapping[str, Change]) -> dict[str, Entry]:
    """Return all entries of the commit: the index where it agrees, else what the status says of it."""
    entries = {file.path: Entry(file.mode, file.object_id) for file in tracked if file.path not in changes}
    for path, change in changes.items():
        if not change.is_new:
            entries[path] = Entry(change.mode, change.object_id)
    return entries


def _is_below(path: str, folders: Collection[str]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def _ignored_entry(repository: Repository, entry: str | None, tracked: Mapping[str, Tracked]) -> set[str]:
    """Return the file that is run where git ignores it: no commit would ever hold it."""
    if entry is None or entry in tracked or not repository.is_ignored(entry):
        return set()
    return {entry}


def _refuse_inner_repositories(repository: Repository, guarded: Iterable[str]) -> None:
    inner = sorted(path for path in guarded if path.endswith("/"))
    if inner:
        raise GateRefused(
            f"{repository.root} holds other repositories: {', '.join(printable(path) for path in inner)}",
            expected="repositories inside a repository to be submodules, or ignored",
            remedy=f"`git submodule add` it, or write {printable(inner[0])} into .gitignore",
            code="SRC-002",
        )


def _refuse_dirty_submodules(repository: Repository, tracked: Iterable[Tracked]) -> None:
    """Look into each submodule, and into those inside it, as carefully as into the repository."""
    for file in tracked:
        folder = repository.root / file.path
        if file.mode != SUBMODULE or not is_populated(folder):
            continue
        inner = Repository(folder)
        paths = [change.path for change in inner.status().changes]
        if paths:
            raise GateRefused(
                f"submodule {printable(file.path)} has changes of its own: "
                + ", ".join(printable(path) for path in sorted(paths)[:5])
                + (" ..." if len(paths) > 5 else ""),
                expected="submodules that stand at a commit, since the snapshot holds their commit only",
                remedy=f"commit inside {printable(file.path)}, or have it ignore them",
                code="SRC-003",
            )
        _refuse_dirty_submodules(inner, inner.tracked())
