"""Find a commit on this machine or at its remote address, and read its files as they were committed.

Files are read as objects, never checked out: no filter, hook or line-end rule takes part.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from deepdiva.errors import DataError, GateRefused
from deepdiva.provenance.code import remote_address
from deepdiva.provenance.entries import FILE, Entry
from deepdiva.provenance.git import GitSaysNo, ask, command, environment, split_names

_CHUNK = 2**20
NETWORK = {
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.http.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.git.allow": "always",
    "core.sshCommand": "ssh -o BatchMode=yes",
    "transfer.fsckObjects": "true",
}
"""The address may be a stranger's: no program of its choosing is run, and nobody is asked for a password."""


@dataclass(frozen=True)
class CommitReader:
    """A commit in the object store that is found from `place`."""

    place: Path
    commit: str

    def entries(self) -> dict[str, Entry]:
        """Return all paths of the commit with their modes and objects."""
        listing = split_names(ask(self.place, "ls-tree", "-r", "-z", "--full-tree", self.commit))
        found = {}
        for line in listing:
            facts, path = line.split("\t", 1)
            mode, _, object_id = facts.split(" ")
            # Old commits hold files that their group may write to; today's git reads them as plain.
            found[path] = Entry(FILE if mode == "100664" else mode, object_id)
        return found

    @contextmanager
    def blobs(self) -> Iterator[BlobReader]:
        """Give a reader of many objects, one after the other."""
        with subprocess.Popen(
            command(self.place, "cat-file", "--batch"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        ) as process:
            assert process.stdin is not None  # noqa: S101 - both are pipes, as asked for above
            assert process.stdout is not None  # noqa: S101
            yield BlobReader(process.stdin, process.stdout)
            process.stdin.close()


@dataclass(frozen=True)
class BlobReader:
    """Asks a running `git cat-file --batch`."""

    questions: IO[bytes]
    answers: IO[bytes]

    def read(self, object_id: str) -> Iterator[bytes]:
        """Yield the content of the object, in parts.

        Raises:
            DataError: the repository does not hold it whole (SRC-012).
        """
        self.questions.write(object_id.encode() + b"\n")
        self.questions.flush()
        words = self.answers.readline().split()
        if len(words) != 3 or words[1] != b"blob":
            raise _missing(object_id)
        remaining = int(words[2])
        while remaining:
            chunk = self.answers.read(min(remaining, _CHUNK))
            if not chunk:
                raise _missing(object_id)
            yield chunk
            remaining -= len(chunk)
        self.answers.read(1)  # the line end after each object


@contextmanager
def find_commit(commit: str, places: Sequence[Path], remote: str | None) -> Iterator[CommitReader]:
    """Give a reader of `commit`: from the first of `places` that has it, else fetched from `remote`.

    Raises:
        DataError: it is nowhere (SRC-012).
    """
    with ExitStack() as stack:
        found = first_place(commit, places)
        if found is None and remote is not None and remote_address(remote) == remote:
            found = stack.enter_context(_fetched(commit, remote))
        if found is None:
            looked = ", ".join(map(str, places)) + (f", {remote}" if remote else "")
            raise DataError(
                f"commit {commit} was not found in {looked or 'any repository'}",
                expected="a repository that holds the commit",
                remedy="clone the repository of the run, go into it, and try again",
                code="SRC-012",
            )
        yield CommitReader(found, commit)


def first_place(commit: str, places: Sequence[Path]) -> Path | None:
    """Return the first of `places` from which git finds `commit`."""
    for place in places:
        if not place.is_dir():
            continue
        try:
            ask(place, "cat-file", "-e", commit + "^{commit}")
        except GitSaysNo:
            continue
        return place
    return None


@contextmanager
def _fetched(commit: str, remote: str) -> Iterator[Path | None]:
    with TemporaryDirectory(prefix="deepdiva-") as folder:
        place = Path(folder)
        kind = "sha1" if len(commit) == 40 else "sha256"
        ask(place, "init", "--quiet", "--bare", "--template=", f"--object-format={kind}", os.fspath(place))
        yield place if _fetch(place, remote, commit) else None


def _fetch(place: Path, remote: str, commit: str) -> bool:
    """Fetch the one commit; where the server gives out branches only, all of them."""
    for words in (("--depth=1", remote, commit), (remote, "+refs/*:refs/*")):
        try:
            ask(place, "fetch", "--quiet", "--no-tags", *words, settings=NETWORK)
        except GateRefused:
            continue
        if first_place(commit, [place]) is not None:
            return True
    return False


def _missing(object_id: str) -> DataError:
    return DataError(
        f"object {object_id} is missing from the repository, or damaged",
        expected="all files of the commit",
        remedy="fetch the whole commit (`git fetch --unshallow`, without a filter), and try again",
        code="SRC-012",
    )
