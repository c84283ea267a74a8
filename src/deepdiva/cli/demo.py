"""`deepdiva demo`: the main job on real data; types nothing that a user could not type."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepdiva.cli import words as typed
from deepdiva.errors import DeepDivaError


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva demo`."""

    to: Path = Path("demo")
    """Folder for the data and the runs."""
    epochs: int = 10
    """Passes over the train split."""


class DemoFailed(DeepDivaError):
    """A command of the demo failed, or the bits differ."""


def main(words: list[str]) -> int:
    """Get the digits, train on them twice, compare the bits, and reproduce the first run from its record."""
    said = typed.read(
        Words,
        words,
        verb="demo",
        does="Get real data, train twice, show that the bits agree, and reproduce a run from its record.",
        example="deepdiva demo",
    )
    data = said.to / "data"
    _type("data", "get", "digits", "--to", str(data))
    run = ["run", "image-classification", "--data", str(data / "digits"), "--out", str(said.to / "runs")]
    settings = ["--epochs", str(said.epochs), "--seed", "1", "--on-uncommitted", "snapshot", "--json"]
    first, second = (json.loads(_type(*run, *settings)) for _ in range(2))
    _show(first, second)
    print(_type("reproduce", first["run"], "--out", str(said.to / "runs")), end="")
    _tell_what_next(first)
    return 0


def _type(*words: str) -> str:
    """Run one command, shown as it would be typed; return its standard output."""
    print(f"\n$ deepdiva {shlex.join(words)}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "deepdiva", *words], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode == 0:
        return done.stdout
    raise DemoFailed(
        f"`deepdiva {shlex.join(words)}` ended with status {done.returncode}",
        expected="a command that succeeds, as it does on a fresh clone",
        remedy="read its message above; `deepdiva demo --to NEW_FOLDER` starts afresh",
    )


def _show(first: dict[str, Any], second: dict[str, Any]) -> None:
    chains = [Path(run["run"], "chain.jsonl").read_bytes() for run in (first, second)]
    facts = {
        "test accuracy": [f"{run['test']['accuracy']:.4f}" for run in (first, second)],
        "weights": [run["weights_sha256"][:16] for run in (first, second)],
        "steps in the chain": [str(run["steps"]) for run in (first, second)],
    }
    print()
    for name, (one, other) in facts.items():
        print(f"{name:<20} {one:<18} {other:<18} {'equal' if one == other else 'DIFFERENT'}")
    if chains[0] != chains[1] or first["weights_sha256"] != second["weights_sha256"]:
        raise DemoFailed(
            "the two runs have different bits",
            expected="equal digests at every step",
            remedy=f"compare {first['run']}/chain.jsonl with {second['run']}/chain.jsonl",
        )
    print(f"\nBoth runs took the same {len(chains[0].splitlines())} digests, bit for bit.")


def _tell_what_next(first: dict[str, Any]) -> None:
    print(
        f"\nlook at it   deepdiva show {first['run']}"
        f"\nwatch it     deepdiva board {Path(first['run']).parent}"
    )
