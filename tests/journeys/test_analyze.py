"""Journeys of `data analyze`: words in; a table, one JSON object or a page out; the right exit code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.data.drawing import draw_class_folders
from tests.journeys.commands import Desk


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "state"))


def test_digits(shared_desk: Desk, digits: Path, tmp_path: Path) -> None:
    """Digits are analyzed, asked again decode nothing, and give page and analytics.csv on demand."""
    words = ("data", "analyze", digits)
    first = shared_desk.type(*words, "--json", "--processes", "2").json
    assert {split: facts["samples"] for split, facts in first["splits"].items()} == {
        "train": 1087,
        "val": 355,
        "test": 355,
    }
    assert first["normalization_from"] == "train"
    assert first["mean"] == pytest.approx([0.30701838348034705], abs=1e-15)
    assert (first["duplicates"], first["corrupt"]) == ([], [])
    page, csv = tmp_path / "page.html", tmp_path / "analytics.csv"
    again = shared_desk.type(*words, "--json", "--page", page, "--analytics-csv", csv)
    assert again.json["decoded"] == 0
    assert {**again.json, "decoded": 1797} == first
    assert page.read_text().startswith("<!doctype html>")
    assert csv.read_text().startswith("mean[RGB],0.30701838348034705,")
    table = shared_desk.type(*words).out
    assert "0.307018383480" in table
    assert "1.0159" in table


def test_bad_files_are_named_at_the_end(shared_desk: Desk, tmp_path: Path) -> None:
    """All is printed, then every bad file is named, and the exit code is 4; --json stays one object."""
    root = draw_class_folders(tmp_path / "data")
    for name in ("train/cat/torn.png", "val/dog/\u202eodd.png"):
        (root / name).write_bytes(b"\x89PNG")
    told = shared_desk.type("data", "analyze", root, expect=4)
    assert "pixels, from 0 to 1" in told.out
    assert "torn.png" in told.err
    assert "\u202e" not in told.out + told.err
    answer = shared_desk.type("data", "analyze", root, "--json", expect=4).json
    assert [bad["file"] for bad in answer["corrupt"]] == ["train/cat/torn.png", "val/dog/\u202eodd.png"]


@pytest.mark.parametrize("words", [("--page", "page.pdf"), ("--processes", "0"), ("--layout", "heap")])
def test_odd_words_are_refused(shared_desk: Desk, tmp_path: Path, words: tuple[str, str]) -> None:
    """Words that cannot be meant end with 2, before anything is read."""
    shared_desk.type("data", "analyze", tmp_path / "nowhere", *words, expect=2)


def test_another_layout_is_explained(shared_desk: Desk, tmp_path: Path) -> None:
    """A folder of no known layout gives 4 and the shapes that are known."""
    (tmp_path / "heap").mkdir()
    shutil.copy(__file__, tmp_path / "heap" / "some.txt")
    assert "DATA-015" in shared_desk.type("data", "analyze", tmp_path / "heap", expect=4).err
