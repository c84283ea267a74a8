"""A repository with its working tree: what git says of commit, index, files on disk and settings."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from deepdiva.errors import GateRefused
from deepdiva.provenance.git import Algorithm, GitSaysNo, ask, split_names

NO_MODE = "000000"
_SETTINGS_ASKED = r"^(filter\..*|core\.(autocrlf|filemode|attributesfile)|remote\.origin\.url)$"
_NOT_A_REPOSITORY = ("not a git repository", "must be run in a work tree")


class Setting(NamedTuple):
    """One line of git's configuration."""

    scope: str
    """`system` and `global` are the user's own; `local` and `worktree` came with the repository."""
    name: str
    value: str


class Change(NamedTuple):
    """One line of `git status`: a path that differs from the commit, in the index or on disk."""

    path: str
    mode: str
    """Mode in the commit, `000000` where it has no such file."""
    object_id: str
    """Object in the commit."""

    @property
    def is_new(self) -> bool:
        """Tell whether the commit has no such path."""
        return self.mode == NO_MODE


class Status(NamedTuple):
    """What `git status` says."""

    commit: str | None
    """None before the first commit."""
    branch: str | None
    """None where HEAD is detached."""
    changes: tuple[Change, ...]


class Tracked(NamedTuple):
    """One line of the index."""

    path: str
    mode: str
    object_id: str
    unseen: bool
    """Marked so that `git status` does not look at it: assume-unchanged or skip-worktree."""


@dataclass(frozen=True)
class Repository:
    """A git repository with a working tree, asked by plumbing on the `git` program."""

    root: Path
    """Top of the working tree."""

    def ask(self, *words: str, given: bytes | None = None) -> bytes:
        """Return what `git words` prints.

        Raises:
            GateRefused: git says no (GIT-002), or is not there (GIT-001).
        """
        return ask(self.root, *words, given=given, settings=self.without_filters)

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """The settings that decide how bytes on disk become bytes in a commit, and `origin`."""
        try:
            listing = ask(self.root, "config", "--null", "--show-scope", "--get-regexp", _SETTINGS_ASKED)
        except GitSaysNo as error:
            if error.status == 1:  # no setting matches
                return ()
            raise
        parts = split_names(listing)
        return tuple(
            Setting(scope, *(line.split("\n", 1) if "\n" in line else (line, "true")))
            for scope, line in zip(parts[::2], parts[1::2], strict=True)
        )

    @cached_property
    def without_filters(self) -> dict[str, str]:
        """Settings that switch off every filter program which the repository itself brings."""
        theirs = {s.name for s in self.settings if s.scope in ("local", "worktree")}
        drivers = {name.rpartition(".")[0] for name in theirs if name.startswith("filter.")}
        return {
            f"{driver}.{key}": "false" if key == "required" else ""
            for driver in sorted(drivers)
            for key in ("clean", "smudge", "process", "required")
        }

    def setting(self, name: str) -> str | None:
        """Return the value of setting `name`, or None."""
        return next((s.value for s in reversed(self.settings) if s.name.lower() == name.lower()), None)

    def status(self, exempt: Collection[str] = ()) -> Status:
        """Compare commit, index and working tree; new files count, ignored ones do not.

        Args:
            exempt: POSIX paths of folders in which only tracked files are compared: data of a
                million files is not listed.
        """
        but = [f":(exclude,top,literal){path}" for path in exempt]
        lines = self._status("--untracked-files=all", "--", ".", *but)
        if exempt:
            lines += self._status("--untracked-files=no", "--", *(f":(top,literal){path}" for path in exempt))
        return _read_status(lines)

    def _status(self, *words: str) -> list[str]:
        flags = ("--porcelain=v2", "--branch", "-z", "--no-renames")
        # Inside a submodule its own filters would run: `working_tree` looks there itself, with care.
        return split_names(self.ask("status", *flags, "--ignore-submodules=dirty", *words))

    def tracked(self) -> tuple[Tracked, ...]:
        """Return the index; of a path in conflict, its first version."""
        found: dict[str, Tracked] = {}
        for line in split_names(self.ask("ls-files", "-z", "-v", "--stage")):
            facts, path = line.split("\t", 1)
            tag, mode, object_id, _ = facts.split(" ")
            found.setdefault(path, Tracked(path, mode, object_id, tag.islower() or tag == "S"))
        return tuple(found.values())

    def object_format(self) -> Algorithm:
        """Return how the repository names its objects."""
        return "sha256" if self.ask("rev-parse", "--show-object-format").strip() == b"sha256" else "sha1"

    def path_inside(self, name: str) -> Path:
        """Return where `name` of the repository's own files lies, shared by all its working trees."""
        return self.root / os.fsdecode(self.ask("rev-parse", "--git-path", name).removesuffix(b"\n"))

    def is_ignored(self, path: str) -> bool:
        """Tell whether `path` is ignored; a tracked file never is."""
        words = ("-z", "--others", "--ignored", "--exclude-standard")
        return bool(self.ask("--literal-pathspecs", "ls-files", *words, "--", path))


def find_repository(folder: Path) -> Repository | None:
    """Return the repository whose working tree holds `folder`, or None.

    Raises:
        GateRefused: there is one but git cannot read it, or there is no git program.
    """
    if not any((above / ".git").exists() for above in (folder, *folder.parents)):
        return None
    try:
        root = ask(folder, "rev-parse", "--show-toplevel")
    except GitSaysNo as error:
        if any(words in error.said for words in _NOT_A_REPOSITORY):
            return None
        raise
    top = Path(os.fsdecode(root.removesuffix(b"\n"))).resolve()
    if not folder.resolve().is_relative_to(top):
        raise GateRefused(
            f"the repository around {folder} says that its files lie in {top}",
            expected="a working tree around the code",
            remedy="look at core.worktree in its configuration",
            code="GIT-003",
        )
    return Repository(top)


def _read_status(lines: Sequence[str]) -> Status:
    """Read porcelain version 2: headers, ordinary (1), unmerged (u) and untracked (?) lines."""
    heads = {key: value for line in lines if line.startswith("# ") for _, key, value in [line.split(" ", 2)]}
    commit, branch = heads["branch.oid"], heads["branch.head"]
    changes = [change for line in lines if (change := _read_change(line)) is not None]
    return Status(
        commit=None if commit == "(initial)" else commit,
        branch=None if branch == "(detached)" else branch,
        changes=tuple(sorted(set(changes))),
    )


def _read_change(line: str) -> Change | None:
    if line.startswith("1 "):
        _, _, _, mode, _, _, object_id, _, path = line.split(" ", 8)
        return Change(path, mode, object_id)
    if line.startswith("u "):
        # Of the three sides of a conflict, the second is the commit's.
        _, _, _, _, mode, _, _, _, object_id, _, path = line.split(" ", 10)
        return Change(path, mode, object_id)
    if line.startswith("? "):
        return Change(line[2:], NO_MODE, "")
    return None
