"""`deepdiva restore RUN --to DIR`: the source tree of a run, byte for byte."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from deepdiva.cli.find_run import find_run
from deepdiva.cli.words import read
from deepdiva.provenance.restore import restore


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva restore`."""

    run: tyro.conf.Positional[str]
    """A run folder; or `latest`, a name or a part of a name below --out."""
    to: Path
    """Folder for the code: new, or empty."""
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
        does="Bring back the code of a run, byte for byte: its commit, and what the run kept besides.",
        example="deepdiva restore latest --to restored",
    )
    run = find_run(said.run, said.out)
    restored = restore(run, said.to)
    for line in restored.missing:
        print(f"not restored: {line}", file=sys.stderr)
    facts = {
        "run": str(run),
        "to": str(said.to),
        "files": restored.files,
        "commit": restored.code.commit,
        "tree": restored.code.tree,
        "kept": [note.path for note in restored.code.kept],
        "missing": list(restored.missing),
    }
    if said.json:
        print(json.dumps(facts))
        return 0
    ground = f"commit {restored.code.commit[:12]}" if restored.code.commit else "the snapshot alone"
    print(f"{restored.files} files in {said.to}, from {ground}; tree {restored.code.tree[:12]} as it ran")
    print(f"its packages stand in {run / 'environment' / 'pylock.toml'}")
    return 0
