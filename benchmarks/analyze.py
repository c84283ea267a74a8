"""How fast a data set is analyzed, beside decoding alone: the same files, rules and processes, in one run.

    python benchmarks/analyze.py
    python benchmarks/analyze.py --photographs 3000 --digits 60000 --rounds 7 --processes 2

Both sides find the samples, read and check every file and decode it to an array of grey or color
at its own size; the analysis counts, keeps what it found and puts the answer together besides.
They take turns, so that a machine that is busy for a while slows both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from deepdiva.data.analysis import analyze
from deepdiva.data.analysis.look import Job
from deepdiva.data.analysis.one_pass import jobs_of
from deepdiva.data.pictures import decode_whole
from deepdiva.data.processes import spread
from deepdiva.provenance import VerifiedData, verify
from deepdiva.provenance.cores import physical_cores

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "camera", "coins")
"""Of scikit-image, which brings them along."""


def main() -> None:
    """Make two data sets and print a table of both sides on each."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--photographs", type=int, default=600)
    words.add_argument("--digits", type=int, default=10_000)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--processes", type=int, default=physical_cores())
    said = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEEPDIVA_HOME"] = f"{folder}/state"
        print(f"{said.processes} processes, {said.rounds} rounds; files a second, median (fastest)")
        for name, make, count in (
            ("photographs", _photographs, said.photographs),
            ("digits", _digits, said.digits),
        ):
            root = Path(folder) / name
            make(root, count)
            _measure(name, verify(root), said.rounds, said.processes)


def _measure(name: str, files: VerifiedData, rounds: int, processes: int) -> None:
    sides: dict[str, Callable[[], object]] = {
        "decode": lambda: sum(spread(_decode, jobs_of(files), processes=processes)),
        "analyze": lambda: analyze(files, processes=processes),
    }
    taken: dict[str, list[Took]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, work in sides.items():
            _forget()
            taken[side].append(_took(work))
    count = len(files.footprint.files)
    for side, each in taken.items():
        speeds = [count / took.seconds for took in each]
        print(f"{name:<12} {side:<8} {statistics.median(speeds):>9,.0f} ({max(speeds):,.0f})")
    for what in ("seconds", "processor_seconds"):
        pairs = [getattr(d, what) / getattr(a, what) for d, a in zip(*taken.values(), strict=True)]
        spread_of = f"{min(pairs):.3f} to {max(pairs):.3f}"
        print(f"{name:<12} decode / analyze in {what}: {statistics.median(pairs):.3f} ({spread_of})")


class Took(NamedTuple):
    """What a piece of work cost."""

    seconds: float
    processor_seconds: float
    """Of this process and those that it began: what other programs do at the time has less part in it."""


def _took(work: Callable[[], object]) -> Took:
    before, began = os.times(), time.perf_counter()
    work()
    seconds, after = time.perf_counter() - began, os.times()
    return Took(seconds, sum(after[:4]) - sum(before[:4]))


def _decode(job: Job) -> int:
    """Decode the files of a job and count nothing."""
    for path in job.paths:
        np.asarray(decode_whole(job.contents.read(path))[0])
    return len(job.paths)


def _forget() -> None:
    """Remove what earlier analyses kept."""
    for place in (Path(os.environ["DEEPDIVA_HOME"]) / "analysis").glob("*"):
        place.unlink()


def _photographs(root: Path, count: int) -> None:
    """Write parts of photographs of 200 to 400 pixels a side, JPEG and PNG by turns."""
    from skimage import data

    whole = [Image.fromarray(getattr(data, name)()) for name in PHOTOGRAPHS]
    draws = np.random.default_rng(1)
    for number in range(count):
        picture = whole[number % len(whole)]
        wide, high = (int(side) for side in draws.integers(200, 401, 2))
        left, top = (int(draws.integers(0, max(1, side // 4))) for side in picture.size)
        part = picture.crop((left, top, left + picture.width // 2, top + picture.height // 2))
        folder = root / ("train" if number % 5 else "val") / PHOTOGRAPHS[number % len(whole)]
        folder.mkdir(parents=True, exist_ok=True)
        small = part.resize((wide, high), Image.Resampling.BICUBIC)
        small.save(folder / (f"{number}.jpg" if number % 2 else f"{number}.png"), quality=90)


def _digits(root: Path, count: int) -> None:
    """Write pictures of 28x28 pixels, made of the 8x8 digits of scikit-learn by turning them a little."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    draws = np.random.default_rng(1)
    for number in range(count):
        which = number % len(digits.target)
        small = Image.fromarray((digits.images[which] * 15.9).astype(np.uint8))
        turned = small.resize((28, 28), Image.Resampling.BICUBIC).rotate(float(draws.uniform(-20, 20)))
        folder = root / ("train" if number % 6 else "val") / str(digits.target[which])
        folder.mkdir(parents=True, exist_ok=True)
        turned.save(folder / f"{number}.png")


if __name__ == "__main__":
    main()
