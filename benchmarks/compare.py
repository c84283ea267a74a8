"""Training as shipped beside the bare loop: speed, and time to the first step (`make bench`).

Both sides run as commands of their own, one after the other in turn, so that a machine that
slows down slows down both; figures are medians.  DeepDIVA runs as a user runs it: level
strict, everything recorded, the companion drawing.  Its figures come from the run folder.

Goals: at least 0.9 of the bare loop's samples per second, at most 1.5 of its time to the
first step.  Writes benchmarks/results/bench.json and bench.md; exits with 1 if one is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import make_data
from bare_loop import BATCH, MODELS
from page import page

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PICTURES = 10_000
EPOCHS = {"light": 4, "small-convnet": 2}


@dataclass(frozen=True)
class Case:
    """What both sides do alike."""

    model: str
    threads: int
    epochs: int
    """Passes over the data; the first one is not counted."""


@dataclass(frozen=True)
class Row:
    """One figure of one case, side by side."""

    what: str
    unit: str
    case: Case
    bare: list[float]
    deepdiva: list[float]
    goal: str

    @property
    def ratio(self) -> float:
        """DeepDIVA's median over the bare loop's."""
        return median(self.deepdiva) / median(self.bare)

    @property
    def reached(self) -> bool:
        """Whether the ratio is as the goal says."""
        sign, number = self.goal.split()
        return self.ratio >= float(number) if sign == ">=" else self.ratio <= float(number)

    def facts(self) -> dict[str, Any]:
        """Return the row as JSON holds it, what follows from the figures included."""
        medians = {"bare_median": median(self.bare), "deepdiva_median": median(self.deepdiva)}
        return asdict(self) | medians | {"ratio": self.ratio, "reached": self.reached}


def main() -> int:
    """Measure, write, print; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--models", nargs="*", choices=MODELS, default=list(MODELS))
    words = parser.parse_args()
    pictures = make_data.write(HERE.parent / ".cache" / "bench") / "pictures"
    cases = [Case(model, threads, EPOCHS[model]) for model in words.models for threads in words.threads]
    with tempfile.TemporaryDirectory() as out:
        _deepdiva(pictures, Path(out), Case("light", 1, 1))  # makes footprint and packed cache
        rows = [row for case in cases for row in _measure(pictures, Path(out), case, words.rounds)]
    _write(rows)
    return 0 if all(row.reached for row in rows) else 1


def _write(rows: list[Row]) -> None:
    RESULTS.mkdir(exist_ok=True)
    facts = {"machine": _machine(), "rows": [row.facts() for row in rows]}
    (RESULTS / "bench.json").write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n")
    (RESULTS / "bench.md").write_text(page(facts))
    print(page(facts))


def _measure(pictures: Path, out: Path, case: Case, rounds: int) -> Iterator[Row]:
    speeds: dict[str, list[float]] = {"bare": [], "deepdiva": []}
    starts: dict[str, list[float]] = {"bare": [], "deepdiva": []}
    for number in range(rounds):
        speeds["bare"].append(_bare(pictures, case)["samples_per_second"])
        since = time.time()
        starts["bare"].append(_bare(pictures, case, "--first-step")["first_step"] - since)
        since = time.time()
        run = _deepdiva(pictures, out, case)
        speeds["deepdiva"].append(speed(run))
        starts["deepdiva"].append(first_step(run) - since)
        latest = {side: (round(speeds[side][-1]), round(starts[side][-1], 2)) for side in speeds}
        print(f"{case}, round {number + 1} of {rounds}: {latest}", file=sys.stderr)
    yield Row("training", "samples/s", case, speeds["bare"], speeds["deepdiva"], ">= 0.9")
    yield Row("first step", "s", case, starts["bare"], starts["deepdiva"], "<= 1.5")


def _bare(pictures: Path, case: Case, *more: str) -> dict[str, float]:
    words = [
        str(HERE / "bare_loop.py"), str(pictures), "--model", case.model,
        "--threads", str(case.threads), "--epochs", str(case.epochs), *more,
    ]  # fmt: skip
    answer: dict[str, float] = json.loads(_output([sys.executable, *words]))
    return answer


def _deepdiva(pictures: Path, out: Path, case: Case) -> Path:
    """Run once as shipped and return the run folder."""
    model = case.model if case.model == "small-convnet" else MODELS[case.model]
    words = [
        "run", "image-classification", "--data", str(pictures), "--out", str(out), "--model", model,
        "--threads", str(case.threads), "--epochs", str(case.epochs), "--batch-size", str(BATCH),
        "--seed", "1", "--on-uncommitted", "snapshot", "--json",
    ]  # fmt: skip
    answer = json.loads(_output([str(Path(sys.executable).with_name("deepdiva")), *words]))
    return Path(answer["run"])


def _output(command: list[str]) -> str:
    environment = os.environ | {"PYTHONPATH": str(HERE)}  # where `light_convnet` is found
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def speed(run: Path) -> float:
    """Return samples per second from the end of the first epoch to the end of the last.

    All that a run does at the end of an epoch is in it: checkpoint, histograms, digests, and
    the validation of ten pictures.
    """
    events = _lines(run / "events.jsonl")
    ends = [e["time"] for e in events if (e["split"], e["metric"], e["scope"]) == ("train", "loss", "epoch")]
    return float((len(ends) - 1) * PICTURES / (ends[-1] - ends[0]))


def first_step(run: Path) -> float:
    """Return the time on the clock when the first step was done, from the first reading of the speed."""
    reading = _lines(run / "system.jsonl")[0]
    seconds_per_step = BATCH / reading["samples_per_second"]
    return float(reading["time"] - (reading["step"] - 1) * seconds_per_step)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _machine() -> dict[str, str]:
    """Return what the figures depend on."""
    from deepdiva.provenance.cores import physical_cores

    names = [line for line in _cpu_lines() if line.startswith("model name")]
    return {
        "cpu": names[0].partition(":")[2].strip() if names else platform.processor(),
        "physical cores": str(physical_cores()),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "measured": datetime.now(UTC).date().isoformat(),
    }


def _cpu_lines() -> list[str]:
    place = Path("/proc/cpuinfo")
    return place.read_text().splitlines() if place.exists() else []


if __name__ == "__main__":
    sys.exit(main())
