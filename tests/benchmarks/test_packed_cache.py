"""The benchmark of the packed cache feeds the same pictures on both sides."""

import json
from pathlib import Path

import pytest

from packed_cache import LATER, QUICK, main


def test_one_command_writes_json_and_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--quick` runs both sides on some pictures; later epochs never come from their files again."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))
    assert main(["--quick", "--rounds", "1", "--results", str(tmp_path)]) in (0, 1)
    rows = json.loads((tmp_path / "packed_cache.json").read_text())["rows"]

    assert [row["what"] for row in rows] == [f"first epoch, {10 * QUICK:,} pictures", "later epochs"]
    assert [len(row["ours"]) for row in rows] == [len(row["theirs"]) for row in rows] == [1, LATER]
    assert rows[1]["speed"] > 1, rows
