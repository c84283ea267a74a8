"""`deepdiva restore RUN --to DIR`: the source tree of a run, byte for byte, and its environment."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from deepdiva.cli.open_run import open_run
from deepdiva.cli.words import read
from deepdiva.errors import Inconclusive
from deepdiva.provenance.restore import Restored, restore
from deepdiva.provenance.restore_environment import restore_environment


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva restore`."""

    run: tyro.conf.Positional[str]
    """A run folder or a crate; or `latest`, a name or a part of a name below --out."""
    to: Path
    """Folder for the code: new, or empty."""
    environment: bool = False
    """Make a virtual environment from the lock of the run in DIR/.venv, too: minutes, and as much disk
    as its packages take."""
    out: Path = Path("runs")
    """Folder below which runs are looked for by name."""
    json: bool = False
    """Print the result as one JSON object."""


def main(words: list[str]) -> int:
    """Restore the code of one run and tell what came back."""
    said = read(
        Words,
        words,
        verb="restore",
        does="Bring back the code of a run, byte for byte: its commit, and what the run kept "
        "besides. Out of a crate it comes without commit and repository. With --environment its packages "
        "come too.",
        example="deepdiva restore latest --to restored",
    )
    with open_run(said.run, said.out) as run:
        restored = restore(run, said.to)
        differing = _environment(run, said.to) if said.environment else None
    for line in restored.missing:
        print(f"not restored: {line}", file=sys.stderr)
    if said.json:
        print(json.dumps(_facts(said, run, restored) | {"environment": differing}))
        return 0
    from_crate = Path(said.run).is_file()
    commit = restored.code.commit
    ground = "the crate" if from_crate else f"commit {commit[:12]}" if commit else "the snapshot alone"
    print(f"{restored.files} files in {said.to}, from {ground}; tree {restored.code.tree[:12]} as it ran")
    if differing is not None:
        print(f"its environment in {said.to}/.venv; the command is {said.to}/.venv/bin/deepdiva")
        return 0
    lock = Path("environment", "pylock.toml")
    print(f"its packages stand in {f'{lock} of {said.run}' if from_crate else run / lock}")
    return 0


def _environment(run: Path, to: Path) -> list[str]:
    """Make the environment, and return how it differs from the lock; the code stays where that fails."""
    try:
        return restore_environment(run, to, lambda line: print(line, file=sys.stderr))
    except Inconclusive as error:
        raise Inconclusive(
            f"the code is in {to}, but not its environment: {error.found}",
            expected=error.expected,
            remedy=error.remedy,
            code=error.code,
        ) from error


def _facts(said: Words, run: Path, restored: Restored) -> dict[str, object]:
    return {
        "run": said.run if Path(said.run).is_file() else str(run),
        "to": str(said.to),
        "files": restored.files,
        "commit": restored.code.commit,
        "tree": restored.code.tree,
        "kept": [note.path for note in restored.code.kept],
        "missing": list(restored.missing),
    }
