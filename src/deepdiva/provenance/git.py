"""Ask git, without letting the repository act.

What lies in a repository may have been written by a stranger: its hooks, its file system
monitor, its filters and its choice of pager must not run because somebody looked.  Nothing
here writes to the user's index, objects or working tree.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from deepdiva.errors import GateRefused

Algorithm = Literal["sha1", "sha256"]
"""How git names objects; which of the two, a repository decides once."""

_QUIET = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.untrackedCache": "false",
    "core.pager": "cat",
    "core.askPass": "true",
    "credential.helper": "",
    "credential.interactive": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    # What is missing is not fetched: who would answer, a stranger may have chosen.
    "protocol.allow": "never",
    **{f"protocol.{kind}.allow": "never" for kind in ("ext", "file", "git", "http", "https", "ssh")},
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "status.relativePaths": "false",
    "diff.external": "",
    "color.ui": "false",
}
_KEPT_VARIABLES = (
    "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES",
    "GIT_EXEC_PATH",
)  # fmt: skip
_SECONDS = 600


class GitSaysNo(GateRefused):
    """Git refused; its own words are in the message, its exit status in `status`."""

    def __init__(self, words: Sequence[str], status: int, said: str) -> None:
        self.status, self.said = status, said
        remedy = "see what git says"
        if "dubious ownership" in said:
            remedy = "git config --global --add safe.directory FOLDER, if you trust that repository"
        verb = next(word for word in words if not word.startswith("-"))
        super().__init__(
            f"git {verb} failed: {said or f'exit status {status}'}",
            expected="a repository that git can read",
            remedy=remedy,
            code="GIT-002",
        )


def ask(
    folder: Path, *words: str, given: bytes | None = None, settings: Mapping[str, str] | None = None
) -> bytes:
    """Return what `git words` prints in `folder`, which need not be a working tree.

    Raises:
        GateRefused: git says no (GIT-002), or is not there (GIT-001).
    """
    try:
        answer = subprocess.run(
            command(folder, *words, settings=settings),
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            env=environment(),
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise _no_git() from error
    except subprocess.TimeoutExpired as error:
        raise GitSaysNo(words, -1, f"no answer within {_SECONDS} seconds") from error
    if answer.returncode != 0:
        raise GitSaysNo(words, answer.returncode, answer.stderr.decode("utf-8", "replace").strip())
    return answer.stdout


def command(folder: Path, *words: str, settings: Mapping[str, str] | None = None) -> list[str]:
    """Return the command line of `git words` in `folder`, with everything that could act switched off."""
    quiet = [
        part for name, value in (_QUIET | dict(settings or {})).items() for part in ("-c", f"{name}={value}")
    ]
    return ["git", "--no-pager", *quiet, "-C", str(folder), *words]


def environment() -> dict[str, str]:
    """Return this process's environment without what would lead git elsewhere or make it ask back."""
    outer = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT_VARIABLES
    }
    return outer | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PROTOCOL_FROM_USER": "0",
        "LC_ALL": "C",
    }


def _no_git() -> GateRefused:
    return GateRefused(
        "there is no `git` program on the path",
        expected="git, because the code lies in a git repository",
        remedy="install git (on Debian: apt-get install git)",
        code="GIT-001",
    )


def split_names(listing: bytes) -> list[str]:
    """Split NUL-ended fields; bytes that are no UTF-8 become lone surrogates, which lead back to them."""
    return [field.decode("utf-8", "surrogateescape") for field in listing.split(b"\0")[:-1]]
