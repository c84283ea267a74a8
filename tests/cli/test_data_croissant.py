"""Journeys of `data croissant`: a file that the public validator accepts, and nothing overwritten."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deepdiva.cli.main import main

KNOWN = (
    "--license",
    "CC-BY-4.0",
    "--url",
    "https://example.org",
    "--creator",
    "A",
    "B",
    "--cite",
    "A, B: C.",
)


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return digits, and stand two folders above them."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert main(["data", "get", "digits", "--to", "data"]) == 0
    capsys.readouterr()
    return Path("data/digits")


def validate(place: Path) -> str:
    """Run the public validator on a file; return what it says."""
    command = [sys.executable, "-W", "ignore", "-m", "mlcroissant.scripts.validate", "--jsonld", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.slow
def test_the_validator_accepts_it(digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without errors; without warnings, too, once all is told that was asked for."""
    assert main(["data", "croissant", str(digits)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("wrote ")
    assert "add --license --url --creator --published --cite" in told.err
    assert "3 warning(s)" in validate(Path("data/digits.croissant.json"))

    to = Path("all.json")
    words = [str(digits), *KNOWN, "--published", "1998-07-01", "--to", str(to), "--json"]
    assert main(["data", "croissant", *words]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["record_sets"] == ["train", "val", "test"]
    assert told.err == ""
    assert "warning" not in validate(to)
    assert json.loads(to.read_bytes())["creator"][1]["name"] == "B"


def test_paths_begin_where_the_file_lies(digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Above the data, beside them, printed; and elsewhere, which is said."""
    above: dict[str, str] = {}
    (Path("away")).mkdir()
    for to in ("here.json", "data/beside.json", "away/elsewhere.json", "-"):
        assert main(["data", "croissant", str(digits), "--to", to]) == 0
        told = capsys.readouterr()
        content = told.out if to == "-" else Path(to).read_text()
        above[to] = json.loads(content)["distribution"][0]["includes"][0]
        assert ("lies in no folder above" in told.err) == (to == "away/elsewhere.json")

    assert above == {
        "here.json": "data/digits/train/**/*.png",
        "data/beside.json": "digits/train/**/*.png",
        "away/elsewhere.json": "train/**/*.png",
        "-": "train/**/*.png",
    }


def test_nothing_is_overwritten_and_no_data_set_grows(
    digits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same again is fine; another file in its place, or a place in the data, is refused."""
    assert main(["data", "croissant", str(digits), "--to", "here.json"]) == 0
    assert main(["data", "croissant", str(digits), "--to", "here.json"]) == 0
    capsys.readouterr()
    assert main(["data", "croissant", str(digits), "--to", "here.json", "--name", "other"]) == 2
    assert "CFG-039" in capsys.readouterr().err
    assert json.loads(Path("here.json").read_bytes())["name"] == "digits"
    Path("link").symlink_to(digits)
    for inside in (digits / "croissant.json", Path("link/train/new.json")):
        assert main(["data", "croissant", str(digits), "--to", str(inside)]) == 2
        assert "CFG-037" in capsys.readouterr().err
        assert not inside.exists()


def test_data_that_changed_are_not_described(digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The identifier would be that of another data set."""
    (digits / "train" / "0" / "new.png").write_bytes(b"no picture")

    assert main(["data", "croissant", str(digits), "--to", "here.json"]) == 4
    assert "DATA-043" in capsys.readouterr().err
    assert not Path("here.json").exists()


@pytest.mark.parametrize("to", ["nowhere/deep/x.json", "data", "."])
def test_an_odd_place_is_refused(digits: Path, to: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By a message, never by a traceback."""
    assert main(["data", "croissant", str(digits), "--to", to]) in (2, 8)
    assert "to go on" in capsys.readouterr().err
