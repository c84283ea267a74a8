"""Guarding data at the speed of the disk: footprints and their verification beside plain tools.

Both sides of a row run in turn, as often as `--rounds` says, on files that lie in the system's
memory; the figure of a side is its best round, because whatever else a machine does only adds time.

- deep footprint: `deepdiva.provenance.take_footprint`, listing the folder and starting worker
  processes included, beside `find | xargs -P <cores>` with sha256sum and, where it is installed, b3sum;
- quick verification: `verify`, with a footprint that was read before, beside a bare walk of `scandir`
  and `stat`, both in seconds of the processor, because they wait for nothing.

    python benchmarks/data_room.py [--quick]

Writes benchmarks/results/data_room.json and data_room.md; exits with 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from deepdiva.provenance import take_footprint, verify
from deepdiva.provenance.cores import usable_processors
from deepdiva.provenance.footprint import save

RESULTS = Path(__file__).resolve().parent / "results"
FOLDERS = 100


@dataclass(frozen=True)
class Row:
    """Seconds of each round, side by side."""

    what: str
    reference: str
    theirs: list[float]
    ours: list[float]
    goal: str

    @property
    def speed(self) -> float:
        """How many times as fast as the reference we are."""
        return min(self.theirs) / min(self.ours)

    @property
    def reached(self) -> bool:
        """Whether that is as the goal says; a goal in times turns round."""
        sign, number = self.goal.split()
        return self.speed >= float(number) if sign == ">=" else 1 / self.speed <= float(number)

    def facts(self) -> dict[str, Any]:
        """Return the row as JSON holds it."""
        return asdict(self) | {"speed": self.speed, "reached": self.reached}

    def line(self) -> str:
        """Return the row as the table shows it."""
        ratio = self.speed if self.goal.startswith(">=") else 1 / self.speed
        verdict = "reached" if self.reached else "**missed**"
        return (
            f"| {self.what} | {self.reference} | {min(self.theirs):.3f} | {min(self.ours):.3f} "
            f"| {ratio:.2f} | {self.goal} | {verdict} |\n"
        )


def main(words: list[str] | None = None) -> int:
    """Measure, write, print; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a hundredth of the files and bytes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=Path, default=RESULTS)
    typed = parser.parse_args(words)
    scale = 100 if typed.quick else 1
    with tempfile.TemporaryDirectory() as place:
        os.environ["DEEPDIVA_HOME"] = str(Path(place) / "state")
        small = write(Path(place) / "small", files=100_000 // scale, size=500)
        large = write(Path(place) / "large", files=8, size=2**28 // scale)
        rows = measure(small, large, rounds=typed.rounds)
    publish(rows, typed.results, "data_room")
    return 0 if all(row.reached for row in rows) else 1


def write(folder: Path, *, files: int, size: int) -> Path:
    """Fill `folder` with files of random bytes, in up to a hundred class folders."""
    for number in range(files):
        parent = folder / "train" / f"class-{number % FOLDERS:03d}"
        parent.mkdir(parents=True, exist_ok=True)
        with (parent / f"picture-{number:06d}.bin").open("wb") as stream:
            for begin in range(0, size, 2**20):
                stream.write(os.urandom(min(2**20, size - begin)))
    return folder


def measure(small: Path, large: Path, *, rounds: int) -> list[Row]:
    """Return the rows of both data sets."""
    rows = []
    for what, folder in (("small files", small), ("large files", large)):
        count = sum(1 for path in folder.rglob("*") if path.is_file())
        for tool, algorithm in (("sha256sum", "sha256"), ("b3sum", "blake3")):
            if shutil.which(tool) is None:
                print(f"{tool} is not installed: its rows are left out", file=sys.stderr)
                continue
            sides = in_turn(
                partial(plain_sums, folder, tool),
                partial(take_footprint, folder, algorithm=algorithm),
                rounds,
            )
            name = f"deep footprint by {algorithm}, {count:,} {what}"
            rows.append(Row(name, f"{tool}, a process a core", *sides, ">= 0.9"))
    save(take_footprint(small), small)
    verify(small)  # whoever verifies for the first time reads the text of the footprint
    sides = in_turn(partial(walk, str(small)), partial(verify, small), rounds, time.process_time)
    name = "quick verification, unchanged small files (processor time)"
    rows.append(Row(name, "scandir and stat", *sides, "<= 1.5"))
    return rows


def in_turn(
    theirs: Callable[[], object],
    ours: Callable[[], object],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[list[float], list[float]]:
    """Return the seconds that each side took in each round."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, does in zip(seconds, (theirs, ours), strict=True):
            since = clock()
            does()
            side.append(clock() - since)
    return seconds


def plain_sums(folder: Path, tool: str) -> None:
    """Sum all files with as many processes as there are cores to use, found while they work."""
    cores, few = len(usable_processors()), sum(1 for _ in folder.rglob("*")) < 1000
    words = ["xargs", "-0", "-P", str(cores), "-n", "1" if few else "2000", tool]
    with subprocess.Popen(["find", str(folder), "-type", "f", "-print0"], stdout=subprocess.PIPE) as find:
        subprocess.run(words, stdin=find.stdout, stdout=subprocess.DEVNULL, check=True)
    if find.returncode:
        raise RuntimeError("find failed")


def walk(folder: str) -> int:
    """Return the bytes of all files below `folder`, as the shortest loop of Python asks for them."""
    size = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                size += walk(entry.path)
            else:
                size += entry.stat(follow_symlinks=False).st_size
    return size


def publish(rows: list[Row], results: Path, name: str) -> None:
    """Write the rows, and how loaded the machine was, as JSON and as a page; print the page."""
    machine = {"platform": platform.platform(), "processors": str(len(usable_processors()))}
    machine |= {"python": platform.python_version(), "load": f"{os.getloadavg()[0]:.1f}"}
    head = "| what | beside | its s | our s | ratio | goal | |\n|---|---|--:|--:|--:|---|---|\n"
    page = head + "".join(row.line() for row in rows) + "\n"
    page += "".join(f"- {key}: {value}\n" for key, value in machine.items())
    results.mkdir(exist_ok=True)
    facts = {"machine": machine, "rows": [row.facts() for row in rows]}
    (results / f"{name}.json").write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n")
    (results / f"{name}.md").write_text(page)
    print(page)


if __name__ == "__main__":
    sys.exit(main())
