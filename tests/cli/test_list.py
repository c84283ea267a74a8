from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from deepdiva.cli.list import _table
from deepdiva.cli.main import main
from deepdiva.record import list_runs
from deepdiva.record.info import write_info
from deepdiva.record.lock import RunLock

LIST = [sys.executable, "-m", "deepdiva", "list", "--out"]


def record(folder: Path, status: str = "finished", **facts: object) -> Path:
    """Make what `list` reads of a run."""
    folder.mkdir(parents=True)
    about = {"id": folder.name, "status": status, "task": "image-classification", "seed": 7, "seconds": 754.0}
    write_info(folder, about | {"test": {"loss": 0.123456, "accuracy": 0.98765}} | facts)
    return folder


def test_a_line_tells_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Name, task, seed, status, test scores with four digits and the time it took."""
    record(tmp_path / "20270101-120000-digits-abababab")

    assert main(["list", "--out", str(tmp_path)]) == 0
    line = capsys.readouterr().out.splitlines()[-1].split()
    assert line[:6] == [
        *("20270101-120000-digits-abababab", "image-classification", "7", "finished", "0.1235", "0.9877"),
    ]
    assert line[6:] == ["12", "min", "34", "s"]


def test_json_is_one_array(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts get every run, those of experiments too, in the words of the contract."""
    record(tmp_path / "b")
    record(tmp_path / "a" / "inner")

    assert main(["list", "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [run["id"] for run in told] == ["inner", "b"]
    assert told[0]["test"] == {"loss": 0.123456, "accuracy": 0.98765}


def test_incomplete_runs_are_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Running, interrupted by a kill, failed: each is called by its name, and has no scores."""
    record(tmp_path / "alive", "running", test=None)
    record(tmp_path / "dead", "running", test=None)
    record(tmp_path / "failed", "failed", test=None)
    lock = RunLock(tmp_path / "alive")

    assert main(["list", "--out", str(tmp_path)]) == 0
    lock.release()
    lines = capsys.readouterr().out.splitlines()[-3:]
    assert [line.split()[3] for line in lines] == ["running", "interrupted", "failed"]


def test_a_folder_without_runs_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing yet: the page says how to begin; a script gets an empty array."""
    assert main(["list", "--out", str(tmp_path)]) == 0
    assert "no runs" in capsys.readouterr().out
    assert main(["list", "--out", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_missing_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt --out is no empty list."""
    assert main(["list", "--out", str(tmp_path / "none")]) == 2
    assert "CFG-023" in capsys.readouterr().err


def test_a_narrow_terminal_keeps_what_matters(tmp_path: Path) -> None:
    """Where not all columns fit, name and status stay, and no cell is cut."""
    name = "20270101-120000-image-classification-abababab"
    console = Console(width=68, file=io.StringIO())
    record(tmp_path / name)
    page = console.file
    console.print(_table(tmp_path, list_runs(tmp_path), console.width))

    assert isinstance(page, io.StringIO)
    assert page.getvalue().splitlines()[-1].split() == [name, "7", "finished"]


def test_names_work_no_magic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Markup and control sequences in a name are shown, not obeyed."""
    record(tmp_path / "x", task="[bold red]\x1b[31mtask[/]")

    main(["list", "--out", str(tmp_path)])
    assert "[bold red]\\x1b[31mtask[/]" in capsys.readouterr().out


@pytest.mark.parametrize(
    "variables",
    [{"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"COLUMNS": "0"}, {"TERM": "dumb"}],
)
def test_odd_terminals_get_the_page(tmp_path: Path, variables: dict[str, str]) -> None:
    """No locale, no width, letters that the encoding does not know: the page comes, and the status is 0."""
    record(tmp_path / "Überlauf")
    words = [*LIST, str(tmp_path)]
    done = subprocess.run(words, env=os.environ | variables, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"0.9877" in done.stdout


def test_a_closed_pipe_leaves_no_trace(tmp_path: Path) -> None:
    """`deepdiva list | head -1` ends quietly."""
    for index in range(800):
        folder = tmp_path / f"{index:04d}-{'long' * 20}"
        folder.mkdir()
        (folder / "run.json").write_text('{"status": "finished"}')
    with subprocess.Popen([*LIST, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) in (0, 141)
