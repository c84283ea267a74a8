"""`kill -9` of the whole command at any moment: the folder stays readable, and `resume` ends alike."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.commands import Desk, facts

from deepdiva.record import read_run

MOMENTS = 20
"""For each number of workers."""
HARD = (
    *("--flip", "--shift", "1", "--precision", "bfloat16"),
    *("--optimizer", "AdamW", "--learning-rate", "0.001"),
)
"""What makes going on hard: augmentation, an optimizer with a memory, mixed precision."""


def words_of(desk: Desk, *more: str | Path) -> list[str | Path]:
    return desk.run_words("--checkpoint-every-steps", "5", *HARD, *more, epochs=2)


@pytest.fixture(scope="module")
def whole(shared_desk: Desk) -> tuple[dict[str, Any], float]:
    """Return the answer of a run that nobody kills, and the seconds from its folder to its end."""
    process = shared_desk.start(*words_of(shared_desk, "--out", "whole"))
    folder = wait_for_folder(process, shared_desk.folder / "whole")
    since = time.monotonic()
    process.communicate(timeout=120)
    assert process.returncode == 0
    return read_run(folder).as_json(), time.monotonic() - since


def wait_for_folder(process: subprocess.Popen[str], out: Path) -> Path:
    """Return the run folder as soon as there is one."""
    while process.poll() is None:
        found = [folder for folder in out.glob("2*") if (folder / "run.json").exists()]
        if found:
            return found[0]
        time.sleep(0.01)
    raise AssertionError(process.communicate()[1])


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("workers", ["0", "2"])
def test_killed_at_any_moment_it_ends_alike(
    shared_desk: Desk, whole: tuple[dict[str, Any], float], tmp_path: Path, workers: str
) -> None:
    """Twenty seeded moments: weights, scores, chain and events are those of the run that nobody killed."""
    reference, seconds = whole
    draws = random.Random(int(workers))
    killed = 0
    for moment in range(MOMENTS):
        out = tmp_path / str(moment)
        process = shared_desk.start(*words_of(shared_desk, "--out", out, "--workers", workers))
        folder = wait_for_folder(process, out)
        time.sleep(draws.random() * seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)  # comes back when its workers and its companion are gone, too
        killed += process.returncode == -signal.SIGKILL

        assert read_run(folder).status in ("running", "interrupted", "finished")
        resumed = shared_desk.type("resume", folder, "--json").json
        assert resumed["weights_sha256"] == reference["weights_sha256"], f"moment {moment}"
        assert resumed["test"] == reference["test"], f"moment {moment}"
        assert facts(folder) == facts(reference["run"]), f"moment {moment}"
        shared_desk.type("verify", folder)
    assert killed > MOMENTS // 2
