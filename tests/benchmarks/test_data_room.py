"""The benchmark of the data room measures what it says, on a few files."""

import json
from pathlib import Path

import pytest

from data_room import Row, main, measure, walk, write


def test_rows_hold_both_sides(tmp_path: Path) -> None:
    """Every row has the rounds asked for, and nothing it measured changed the files."""
    small = write(tmp_path / "small", files=20, size=100)
    large = write(tmp_path / "large", files=2, size=3 * 2**20)
    rows = measure(small, large, rounds=2)

    assert {len(row.ours) for row in rows} == {len(row.theirs) for row in rows} == {2}
    assert rows[0].what == "deep footprint by sha256, 20 small files"
    assert rows[-1].what == "quick verification, unchanged small files (processor time)"
    assert walk(str(large)) == 2 * 3 * 2**20


def test_goals_are_held_against_the_best_round() -> None:
    """Speed counts upwards, time downwards."""
    fast = Row("footprint", "sha256sum", [2.0, 3.0], [9.0, 2.0], ">= 0.9")
    slow = Row("verification", "stat", [1.0], [1.6], "<= 1.5")

    assert (fast.reached, slow.reached) == (True, False)
    assert "| 1.60 | <= 1.5 | **missed** |" in slow.line()


def test_one_command_writes_json_and_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--quick` runs everything on a hundredth of the files."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))
    assert main(["--quick", "--rounds", "1", "--results", str(tmp_path)]) in (0, 1)
    facts = json.loads((tmp_path / "data_room.json").read_text())

    assert len(facts["rows"]) >= 3
    assert (tmp_path / "data_room.md").read_text().count("\n| ") == len(facts["rows"])
