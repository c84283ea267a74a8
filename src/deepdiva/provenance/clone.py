"""A repository that somebody names by its address: cloned, its commit found, its files written.

The address, and what lies there, may be a stranger's.  Only git's own transports are used,
nothing is checked out, and no hook, filter, submodule or file system monitor takes part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deepdiva.errors import Inconclusive
from deepdiva.provenance.code import remote_address
from deepdiva.provenance.commits import NETWORK, CommitReader
from deepdiva.provenance.entries import FILE, PROGRAM, SUBMODULE, Entry
from deepdiva.provenance.git import GitSaysNo, ask
from deepdiva.provenance.restore import refuse_other_bytes, safe_entries, write_entries
from deepdiva.provenance.tree import printable

LARGEST_REQUEST = 2**20
"""Bytes; a longer file is no request."""

_URL = re.compile(r"(?:https?|ssh|git|file)://[^/]*/.", re.IGNORECASE)
_SHORT_SSH = re.compile(r"(?:[\w.-]+@)?[A-Za-z0-9][\w.-]+:(?![/:]{2}|:).")
_REVISION = re.compile(r"(?!.*(?:\.\.|@\{))[\w@][^\s:~^?*\[\\]*")
_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TRANSPORT = NETWORK | {"protocol.file.allow": "always"}


@dataclass(frozen=True)
class GitWord:
    """What `GIT-URL@COMMIT:PATH` names."""

    address: str
    """As git takes it; a folder of this machine is absolute."""
    revision: str
    """A hash, full or abbreviated, a tag or a branch."""
    path: str
    """Of the request, below the root of the tree."""

    @property
    def told(self) -> str:
        """The address as it may be written down: no credentials, of a folder its name alone."""
        return remote_address(self.address) or self.address.rstrip("/").rpartition("/")[2]


def split_word(word: str) -> GitWord | None:
    """Return the parts of `word`; None where it is no such thing.

    Addresses and paths may hold `@` and `:` themselves, so what stands before the sign has
    to be an address: one of git's, or a folder that is there.  Of several the last one counts.

    Example:
        >>> split_word("git@example.org:ada/idea.git@v1.0:runs/a@b/request.toml")
        GitWord(address='git@example.org:ada/idea.git', revision='v1.0', path='runs/a@b/request.toml')
        >>> split_word("runs/latest")
    """
    signs = [at for at, letter in enumerate(word) if letter == "@"]
    for at in reversed(signs):
        revision, colon, path = word[at + 1 :].partition(":")
        address = _address(word[:at])
        if address and colon and path.endswith(".toml") and _REVISION.fullmatch(revision):
            return GitWord(address, revision, path)
    return None


def _address(text: str) -> str | None:
    if _URL.match(text):
        return text
    if _is_folder(text):
        return str(Path(text).absolute())
    return text if _SHORT_SSH.match(text) and "://" not in text else None


def _is_folder(text: str) -> bool:
    try:
        return text != "" and Path(text).is_dir()
    except OSError:  # too long for a name
        return False


@dataclass(frozen=True)
class CommitTree:
    """A commit in a clone, and all paths of its tree."""

    reader: CommitReader
    tree: str
    """Git's id of the tree."""
    entries: Mapping[str, Entry]

    def read(self, path: str) -> bytes:
        """Return the content of a small file of the tree.

        Raises:
            Inconclusive: there is no such plain file, or it is too large (REP-003).
        """
        entry = self.entries.get(path)
        if entry is None or entry.mode not in (FILE, PROGRAM):
            what = "is no plain file" if entry else "is not"
            raise Inconclusive(
                f"{printable(path)} {what} in commit {self.reader.commit}",
                expected="the path of a request, from the root of the repository",
                remedy="`git ls-tree -r --name-only COMMIT` lists what there is",
                code="REP-003",
            )
        if int(ask(self.reader.place, "cat-file", "-s", entry.object_id)) > LARGEST_REQUEST:
            raise Inconclusive(
                f"{printable(path)} in commit {self.reader.commit} is larger than any request",
                expected=f"a file of at most {LARGEST_REQUEST:,} bytes",
                remedy="name the request of a run",
                code="REP-003",
            )
        return ask(self.reader.place, "cat-file", "blob", entry.object_id)

    def write(self, folder: Path, below: str = "") -> list[str]:
        """Write the files below the folder `below` of the tree into `folder`, byte for byte.

        Returns:
            A line for each submodule: none is fetched.

        Raises:
            DataError: an object is missing (SRC-012), or came out otherwise (SRC-013).
        """
        own = {p.removeprefix(below): e for p, e in self.entries.items() if p.startswith(below)}
        folder.mkdir(parents=True, exist_ok=True)
        write_entries(self.reader, own, folder)
        refuse_other_bytes(own, folder)
        return [
            f"submodule {printable(path)}, commit {entry.object_id}"
            for path, entry in own.items()
            if entry.mode == SUBMODULE
        ]


def clone(word: GitWord, to: Path) -> CommitTree:
    """Clone the repository that `word` names into the new folder `to`, and find its commit.

    Raises:
        Inconclusive: git cannot reach it (REP-001), or knows no such commit (REP-002).
        DataError: a path in the commit leads out of the tree (SRC-010).
        GateRefused: there is no git (GIT-001).
    """
    flags = ("--quiet", "--bare", "--no-local", "--template=", "--no-recurse-submodules")
    try:
        ask(to.parent, "clone", *flags, "--", word.address, str(to), settings=_TRANSPORT)
    except GitSaysNo as error:
        raise Inconclusive(
            f"{word.told} cannot be cloned: {_last_line(error.said, word)}",
            expected="a repository that git can clone without asking for a password",
            remedy="try `git clone` with it; for a private one use ssh with an agent, or clone it "
            "yourself and name the folder",
            code="REP-001",
        ) from error
    commit = _commit(word, to)
    reader = CommitReader(to, commit)
    tree = ask(to, "rev-parse", "--verify", "--end-of-options", commit + "^{tree}").decode().strip()
    return CommitTree(reader, tree, safe_entries(reader))


def _commit(word: GitWord, place: Path) -> str:
    """Return the full hash; one that no branch or tag leads to is asked for by name."""
    try:
        return _resolved(word.revision, place)
    except GitSaysNo as error:
        said = error.said
    if _FULL.fullmatch(word.revision):
        try:
            words = ("fetch", "--quiet", "--no-tags", "--depth=1", "--", word.address, word.revision)
            ask(place, *words, settings=_TRANSPORT)
            return _resolved(word.revision, place)
        except GitSaysNo as error:
            said = error.said
    raise Inconclusive(
        f"{word.told} has no commit {word.revision}: {_last_line(said, word)}",
        expected="a hash, a tag or a branch of that repository",
        remedy="`git ls-remote` lists branches and tags; was the commit pushed?",
        code="REP-002",
    )


def _resolved(revision: str, place: Path) -> str:
    words = ("rev-parse", "--verify", "--end-of-options", revision + "^{commit}")
    return ask(place, *words).decode().strip()


def _last_line(said: str, word: GitWord) -> str:
    """Return what git said last, with no credentials in it."""
    lines = [line for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:", "ERROR:"))]
    line = (fatal or lines or ["git said nothing"])[0]
    return printable(line.replace(word.address, word.told))
