"""Journeys of `data diff`: what people read, what programs read, and the exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from deepdiva.cli.main import main


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return a data set with a footprint, and a copy in which something of each kind happened."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))
    a, b = tmp_path / "a", tmp_path / "b"
    for name in ("train/cat/1", "train/cat/2", "train/dog/3", "train/dog/4", "train/cow/5", "test/cat/6"):
        (a / name).parent.mkdir(parents=True, exist_ok=True)
        (a / name).write_text(f"content of {name}")
    assert main(["data", "verify", str(a)]) == 0
    shutil.copytree(a, b)
    (b / "train" / "cow").rename(b / "train" / "ox")
    (b / "val" / "cat").mkdir(parents=True)
    (b / "train" / "cat" / "1").rename(b / "val" / "cat" / "1")
    (b / "train" / "dog" / "3").rename(b / "train" / "cat" / "3")
    (b / "train" / "dog" / "4").write_text("changed")
    (b / "test" / "cat" / "6").unlink()
    (b / "notes").write_text("new")
    return a, b


def told(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> str:
    """Return what a verb prints."""
    capsys.readouterr()
    assert main(["data", *map(str, words)]) == code
    return capsys.readouterr().out


def test_every_kind_is_told(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """By its meaning: a renamed folder is one line, a move says from where to where."""
    page = told(capsys, "diff", *pair)

    assert "train/cow/ -> train/ox/   all 1 file\n" in page
    assert "moved: 2 files (1 to another class, 1 to another split)" in page
    assert "  train/cat/1 -> val/cat/1\n" in page
    assert "  train/dog/3 -> train/cat/3\n" in page
    assert "  train/dog/4   sha256 " in page
    assert "22 -> 7 bytes" in page
    assert "added: 1 file\n  notes   3 bytes\n" in page
    assert "removed: 1 file\n  test/cat/6   21 bytes\n" in page
    (totals,) = (line.split() for line in page.splitlines() if line.startswith("train/"))
    assert totals == ["train/", "5", "4", "0", "0", "1", "3", "2"]


def test_programs_get_all_of_it(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """One object, with digests and sizes; both ways round it is the same story."""
    there: dict[str, Any] = json.loads(told(capsys, "diff", *pair, "--json"))
    back: dict[str, Any] = json.loads(told(capsys, "diff", *reversed(pair), "--json"))

    assert (there["equal"], there["added"], there["removed"]) == (False, ["notes"], ["test/cat/6"])
    assert there["changed"] == ["train/dog/4"]
    assert there["moved"] == [
        ["train/cat/1", "val/cat/1"],
        ["train/cow/5", "train/ox/5"],
        ["train/dog/3", "train/cat/3"],
    ]
    assert there["folders"] == [{"old": "train/cow", "new": "train/ox", "files": 1}]
    assert there["contents"]["b"]["train/dog/4"]["size"] == 7
    assert there["totals"]["train/"]["moved_in"] == 2
    assert (back["added"], back["removed"]) == (there["removed"], there["added"])
    assert sorted(back["moved"]) == sorted([new, old] for old, new in there["moved"])


def test_equal_is_said(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A folder and its own footprint; neither changes by being looked at."""
    a, b = pair
    before = (sorted(b.rglob("*")), (a / "footprint.json").read_bytes())

    assert "equal: the same files" in told(capsys, "diff", a, a / "footprint.json")
    assert json.loads(told(capsys, "diff", b, b, "--deep", "--json"))["equal"]
    assert (sorted(b.rglob("*")), (a / "footprint.json").read_bytes()) == before


def test_a_long_list_is_cut_and_counted(
    pair: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twenty lines of a kind."""
    (tmp_path / "many").mkdir()
    for number in range(30):
        (tmp_path / "many" / f"{number:02d}").write_text(str(number))
    page = told(capsys, "diff", pair[0], tmp_path / "many")

    assert "  19   2 bytes\n  ... and 10 more; --json tells all\n" in page


def test_what_is_no_data_is_refused(
    pair: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a message, with the exit code of data."""
    assert main(["data", "diff", str(pair[0]), str(tmp_path / "nowhere")]) == 4
    assert "DATA-046" in capsys.readouterr().err
    (tmp_path / "crate.zip").write_bytes(b"PK no zip")
    assert main(["data", "diff", str(pair[0]), str(tmp_path / "crate.zip")]) in (2, 4)
    assert "to go on" in capsys.readouterr().err
