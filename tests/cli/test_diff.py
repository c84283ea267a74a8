from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepdiva.cli.main import main
from deepdiva.provenance.file_table import FileEntry
from deepdiva.provenance.footprint import Footprint, serialize
from deepdiva.provenance.inputs import Input, save
from deepdiva.record import RunWriter
from deepdiva.record.info import write_info
from deepdiva.record.lock import RunLock

STAMP: dict[str, Any] = {
    "environment": {
        "python": "CPython 3",
        "platform": "Linux",
        "packages": {"torch": {"version": "2.14", "sha256": "a" * 64}},
        "hardware": {"cpu": {"model": "One"}, "processors": 2},
        "variables": {"OMP_NUM_THREADS": "1"},
        "inherited": {},
    },
    "numeric_class": {"canary": "c" * 64, "threads": 1},
    "data": {"files": 2},
}


def make_run(
    folder: Path,
    *,
    seed: int = 7,
    rate: float = 0.1,
    loss: float = 2.0,
    stamp: dict[str, Any] | None = None,
    files: tuple[str, ...] = ("a.png", "b.png"),
) -> Path:
    """Write a run of two steps."""
    (folder / "data").mkdir(parents=True)
    (folder / "environment").mkdir()
    info = {"id": folder.name, "task": "t", "seed": seed, "status": "running", "seconds": None}
    lock = RunLock(folder)
    write_info(folder, info)
    (folder / "request.toml").write_text(f'task = "[bold]t"\nseed = {seed}\n[config]\nrate = {rate}\n')
    (folder / "stamp.json").write_text(json.dumps(stamp or STAMP))
    entries = {name: FileEntry(1, 1, "0" * 64) for name in files}
    (folder / "data" / "footprint.json").write_bytes(serialize(Footprint(entries)))
    (folder / "environment" / "deepdiva.json").write_text('{"files": {"a.py": "1"}}')
    with RunWriter(folder, lock, info) as writer:
        writer.chain_weights(epoch=0, step=0, sha256="ab" * 32)
        for step, value in ((1, 3.0), (2, loss)):
            writer.chain_step(step, np.float32(value), np.arange(4, dtype=np.uint64))
        writer.finish("interrupted", {"val": {"loss": loss}, "best_epoch": 1, "steps": 2})
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "one")


def differences(capsys: pytest.CaptureFixture[str], a: Path, b: Path) -> Any:
    assert main(["diff", str(a), str(b), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_equal_runs_differ_in_nothing(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No part tells anything, and the chains agree to the end."""
    told = differences(capsys, run, make_run(tmp_path / "two"))

    assert (told["equal_ground"], told["equal_results"]) == (True, True)
    assert told["settings"] == told["seeds"] == told["packages"] == told["variables"] == []
    assert told["results"]["chain"]["parted_at"] is None


def test_settings_and_seeds_are_told(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each by its full name, with both values."""
    told = differences(capsys, run, make_run(tmp_path / "two", seed=8, rate=0.2))

    assert told["settings"] == [{"name": "config.rate", "a": 0.1, "b": 0.2}]
    assert told["seeds"] == [{"name": "seed", "a": 7, "b": 8}]
    assert told["equal_ground"] is False


def test_the_ground_is_told(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Packages, hardware, variables and the numeric class each in their part."""
    environment = STAMP["environment"] | {
        "packages": {"torch": {"version": "2.15", "sha256": "b" * 64}},
        "hardware": {"cpu": {"model": "Two"}, "processors": 2},
        "variables": {},
    }
    other = STAMP | {"environment": environment, "numeric_class": {"canary": "d" * 64, "threads": 1}}
    told = differences(capsys, run, make_run(tmp_path / "two", stamp=other))

    assert told["packages"] == [{"name": "torch", "a": "2.14 (aaaaaaaaaaaa)", "b": "2.15 (bbbbbbbbbbbb)"}]
    assert told["hardware"] == [{"name": "cpu.model", "a": "One", "b": "Two"}]
    assert told["variables"] == [{"name": "OMP_NUM_THREADS", "a": "1", "b": None}]
    assert [fact["name"] for fact in told["numeric_class"]] == ["canary"]


def test_undeclared_inputs_are_told(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By content; where one run was not watched, that is said, and nothing is called a difference."""
    other = make_run(tmp_path / "two")
    save(run, (Input("file", "weights.npy", "idea.py:12", "a" * 64, 8),), {})
    unwatched = differences(capsys, run, other)
    save(other, (Input("file", "weights.npy", "idea.py:40", "b" * 64, 8),), {})
    told = differences(capsys, run, other)

    assert unwatched["inputs"] is None
    assert any("undeclared inputs were not compared" in notice for notice in unwatched["notices"])
    assert told["inputs"] == [{"name": "file weights.npy", "a": "a" * 64, "b": "b" * 64}]
    assert told["equal_ground"] is False


def test_files_of_the_data_are_told(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Added and removed files by their path, from the two recorded footprints."""
    told = differences(capsys, run, make_run(tmp_path / "two", files=("a.png", "c.png")))

    assert told["data"] == {"added": ["c.png"], "removed": ["b.png"], "changed": []}


def test_where_the_results_part_is_told(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first step whose line differs, whether the samples did, and the scores side by side."""
    told = differences(capsys, run, make_run(tmp_path / "two", loss=2.5))["results"]

    assert told["chain"]["first_line"] == {"step": 2, "other_samples": False, "loss": {"a": 2.0, "b": 2.5}}
    assert told["scores"] == {"val/loss": {"a": 2.0, "b": 2.5}}


def test_the_page_shows_it(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People read the same, part by part, and what is equal at the end."""
    assert main(["diff", str(run), str(make_run(tmp_path / "two", rate=0.2, loss=2.5))]) == 0
    told = capsys.readouterr().out

    assert "config.rate  0.1  0.2" in told
    assert [line.split() for line in told.splitlines() if "val/loss" in line] == [
        ["val/loss", "2.0000", "2.5000", "+0.5000"]
    ]
    assert "the chains part at step 2: the same samples in the same order, loss 2 in A, 2.5 in B" in told
    assert "equal: seeds, packages, hardware, variables, numeric class, code, data" in told


def test_names_of_others_have_no_effect(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither markup nor control sequences of a record reach the terminal."""
    other = make_run(tmp_path / "two")
    (other / "request.toml").write_text(
        'task = "\\u001b[31m[bold]x[/bold]"\nseed = 7\n[config]\nrate = 0.1\n'
    )
    assert main(["diff", str(run), str(other)]) == 0
    told = capsys.readouterr().out

    assert "\\x1b[31m[bold]x[/bold]" in told
    assert "\x1b" not in told


def test_records_are_read_without_torch(run: Path) -> None:
    """A laptop that never computed anything compares runs."""
    code = (
        "import sys; from deepdiva.cli.main import main; main(sys.argv[1:]);"
        "print('torch' in sys.modules, file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, "diff", str(run), str(run)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)

    assert done.stderr == "False\n"


def test_damage_is_told_and_the_rest_compared(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record that lost files is still compared in what is left."""
    other = make_run(tmp_path / "two", rate=0.2)
    (other / "data" / "footprint.json").write_text("{")
    (other / "chain.jsonl").unlink()
    (other / "environment" / "deepdiva.json").unlink()
    told = differences(capsys, run, other)

    assert told["settings"] != []
    assert told["results"]["chain"] is None
    assert len(told["notices"]) == 4  # the code.json is missing in all of these runs
