"""`deepdiva data get NAME --to DIR`: a data set, ready to run on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from deepdiva.cli.words import read


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data get`."""

    name: tyro.conf.Positional[Literal["digits"]]
    """The data set: digits, 1,797 real handwritten digits of 8x8 pixels in 10 classes."""
    to: Path
    """Folder in which the data set gets a folder of its own name."""
    seed: int = 1
    """Seed of the split into train, val and test."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Write the data set, or find it there, and say where it is."""
    typed = read(
        Words,
        words,
        verb="data get",
        does="Write a data set into class folders with a footprint.",
        example="deepdiva data get digits --to data",
    )
    from deepdiva.data.digits import get_digits

    gotten = get_digits(typed.to, seed=typed.seed)
    facts = {
        "data": str(gotten.folder),
        "made": gotten.made,
        "seed": typed.seed,
        "classes": gotten.classes,
        "samples": gotten.counts,
        "data_sha256": gotten.data_sha256,
    }
    if typed.json:
        print(json.dumps(facts))
        return 0
    counts = ", ".join(f"{count} {split}" for split, count in gotten.counts.items())
    did = "wrote" if gotten.made else "already there:"
    print(f"{did} {gotten.folder}: {counts} in {gotten.classes} classes")
    print(f"digest {gotten.data_sha256}")
    print(f"next: deepdiva run image-classification --data {gotten.folder} --epochs 10 --seed 1")
    return 0
