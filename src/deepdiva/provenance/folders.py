"""Which files of a folder outside git are source: all but what tools and data sets leave behind."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from deepdiva.errors import GateRefused

MOST_FILES = 20_000
MOST_BYTES = 2**30

_NEVER_SOURCE = frozenset({
    ".DS_Store", ".git", ".hg", ".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".svn", ".tox", "__pycache__", "node_modules",
})  # fmt: skip


def list_files(root: Path, exempt: Collection[Path]) -> list[str]:
    """Return the POSIX paths below `root` of all files and links that are source, sorted.

    Left out are the folders in `exempt`, caches of tools, virtual environments, and every
    folder that ignores itself by a `.gitignore` holding `*`.

    Raises:
        GateRefused: there is more than anyone calls source code (SRC-004).
    """
    paths, total = [], 0
    for path, size in _walk(root, "", frozenset(exempt)):
        paths.append(path)
        total += size
        if len(paths) > MOST_FILES or total > MOST_BYTES:
            raise GateRefused(
                f"{root} is no git repository and holds over {MOST_FILES:,} files or {MOST_BYTES:,} bytes",
                expected="source code alone, since all of it is copied into the run",
                remedy="`git init` there and ignore what is not code, or move the code to its own folder",
                code="SRC-004",
            )
    return sorted(paths)


def _walk(root: Path, below: str, exempt: frozenset[Path]) -> Iterator[tuple[str, int]]:
    with os.scandir(root / below) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        path = below + entry.name
        if entry.name in _NEVER_SOURCE or entry.name.endswith(".pyc") or root / path in exempt:
            continue
        if entry.is_dir(follow_symlinks=False):
            if not _is_set_apart(Path(entry.path)):
                yield from _walk(root, path + "/", exempt)
        elif entry.is_symlink() or entry.is_file():
            yield path, entry.stat(follow_symlinks=False).st_size


def _is_set_apart(folder: Path) -> bool:
    """Tell whether `folder` ignores itself, or is an environment of Python or conda."""
    if (folder / "pyvenv.cfg").exists() or (folder / "conda-meta").exists():
        return True
    try:
        return b"*" in (folder / ".gitignore").read_bytes().split()
    except OSError:
        return False
