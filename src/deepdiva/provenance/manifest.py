"""Read the `code.json` of a run that a stranger may have made: nothing in it is believed unseen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from deepdiva.errors import DataError
from deepdiva.provenance.entries import FILE, LINK, PROGRAM, SUBMODULE, Entry
from deepdiva.provenance.snapshot import CODE_FILE, FORMAT
from deepdiva.provenance.stamp import CodeState, FileNote

_LARGEST = 2**28
"""Bytes; a longer file is cut there, and so no JSON."""
_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_FOLDER = re.compile(r"\.git|git~1", re.IGNORECASE)


@dataclass(frozen=True)
class Manifest:
    """What a snapshot holds."""

    state: CodeState
    targets: Mapping[str, str]
    """Path of each symbolic link that is kept to its target."""


def read_manifest(code_folder: Path) -> Manifest:
    """Return the manifest in a run's `code/`.

    Raises:
        DataError: it is missing, damaged, or names paths that lead out of the tree (SRC-010).
    """
    place = code_folder / CODE_FILE
    try:
        with place.open("rb") as stream:
            return _parse(json.loads(stream.read(_LARGEST)))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
        raise DataError(
            f"{place} cannot be trusted: {reason}",
            expected=f"a complete {FORMAT!r}, as a run writes it",
            remedy="check that this is a run folder, and copy it again as a whole",
            code="SRC-010",
        ) from error


def _parse(facts: Any) -> Manifest:
    if not isinstance(facts, dict) or facts["format"] != FORMAT:
        raise ValueError("its format is not known here")
    kept, left_out = (tuple(_note(note) for note in facts[key]) for key in ("kept", "left_out"))
    state = CodeState(
        kind=_one_of("git", "tree", facts["kind"]),
        commit=None if facts["commit"] is None else _matching(_OBJECT, facts["commit"]),
        branch=_text_or_none(facts["branch"]),
        remote=_text_or_none(facts["remote"]),
        tree=_matching(_OBJECT, facts["tree"]),
        changed=tuple(safe_path(path) for path in facts["changed"]),
        deleted=tuple(safe_path(path) for path in facts["deleted"]),
        kept=kept,
        left_out=left_out,
        package=_text(facts["package"]),
        package_sha256=_matching(_SHA256, facts["package_sha256"]),
    )
    targets = {note["path"]: _target(note["target"]) for note in facts["kept"] if note["mode"] == LINK}
    return Manifest(state, targets)


def safe_path(path: object) -> str:
    """Return `path` if it is a POSIX path that stays below where it is put.

    Raises:
        ValueError: it is absolute, climbs, is empty somewhere, or leads into a `.git`.
    """
    parts = _text(path).split("/")
    if "\0" in _text(path) or any(part in ("", ".", "..") or _GIT_FOLDER.fullmatch(part) for part in parts):
        raise ValueError(f"{path!a} is not a path below a source tree")
    return "/".join(parts)


def refuse_clashes(entries: Mapping[str, Entry]) -> None:
    """Refuse a tree in which something lies below what is no folder, such as a link.

    Raises:
        ValueError: there is such a path.
    """
    for path in entries:
        above = _folders(path)
        clash = next((folder for folder in above if folder in entries), None)
        if clash is not None:
            raise ValueError(f"{path!a} lies below {clash!a}, which is no folder")


def _folders(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts)))


def _note(facts: Any) -> FileNote:
    size = facts["size"]
    if type(size) is not int or size < 0:
        raise ValueError(f"{size!a} is not a size")
    if facts["mode"] not in (FILE, PROGRAM, LINK, SUBMODULE):
        raise ValueError(f"{facts['mode']!a} is not a mode")
    return FileNote(
        path=safe_path(facts["path"]),
        mode=facts["mode"],
        size=size,
        sha256=_matching(_SHA256, facts["sha256"]),
        object_id=_matching(_OBJECT, facts["object_id"]),
    )


def _one_of(first: Literal["git"], second: Literal["tree"], value: object) -> Literal["git", "tree"]:
    if value == first:
        return first
    if value == second:
        return second
    raise ValueError(f"{value!a} is neither {first!r} nor {second!r}")


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{value!a} is not a digest")
    return value


def _target(value: object) -> str:
    target = _text(value)
    if not target or "\0" in target:
        raise ValueError(f"{value!a} is not the target of a link")
    return target


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!a} is not text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)
