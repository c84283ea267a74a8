"""Proves the words and answers of `deepdiva restore`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from deepdiva.cli.main import main
from deepdiva.provenance.code import find_source, read_code_state
from deepdiva.provenance.snapshot import keep_code


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run whose repository holds a committed file and a new one."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "idea.py").write_text("idea\n")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "work"]):
        subprocess.run(["git", "-C", str(root), *words], check=True)
    (root / "new.py").write_text("new\n")
    source = find_source(root / "idea.py", exempt=[])
    folder = tmp_path / "runs" / "20260101-000000-idea-01234567"
    keep_code(source, read_code_state(source), folder / "code")
    (folder / "run.json").write_text("{}")
    return folder


def test_restores_and_says_what(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The code comes back, and the command says how much, from where, and what to do about packages."""
    assert main(["restore", str(run), "--to", str(tmp_path / "restored")]) == 0

    assert sorted(path.name for path in (tmp_path / "restored").iterdir()) == ["idea.py", "new.py"]
    words = capsys.readouterr().out
    assert words.startswith("2 files in ")
    assert "pylock.toml" in words


def test_json_is_one_object(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json standard output is one object."""
    assert main(["restore", str(run), "--to", str(tmp_path / "restored"), "--json"]) == 0

    facts = json.loads(capsys.readouterr().out)
    assert (facts["files"], facts["kept"], facts["missing"]) == (2, ["new.py"], [])


def test_a_run_is_found_by_name(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name below --out means its run."""
    monkeypatch.chdir(tmp_path)
    assert main(["restore", run.name, "--to", "restored"]) == 0
    assert (tmp_path / "restored/new.py").exists()


def test_a_full_target_answers_2(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A target that holds something is a wrong word, answered with 2 and no traceback."""
    assert main(["restore", str(run), "--to", str(tmp_path)]) == 2
    assert "CFG-013" in capsys.readouterr().err


def test_a_damaged_run_answers_4(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A snapshot that cannot be trusted is answered with 4."""
    (run / "code/code.json").write_text("{}")
    assert main(["restore", str(run), "--to", str(tmp_path / "restored")]) == 4
    assert "SRC-010" in capsys.readouterr().err


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` shows a whole command line."""
    with pytest.raises(SystemExit) as ending:
        main(["restore", "--help"])
    assert ending.value.code == 0
    assert "deepdiva restore latest --to restored" in " ".join(capsys.readouterr().out.split())
