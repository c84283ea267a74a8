"""A run takes its packages along: rebuilt from its lock, they give the same bits."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.journeys.commands import Desk


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_run_is_reproduced_in_an_environment_made_from_its_lock(desk: Desk, home: Path) -> None:
    """Packages, Python and bits as recorded; kept for the next time; nothing of this environment leaks in."""
    run = desk.type(*desk.run_words(epochs=1)).json
    try:
        first = desk.type("reproduce", run["id"], "--environment", "rebuild", "--json")
        second = desk.type("reproduce", run["id"], "--environment", "rebuild", "--json")
        (kept,) = (home / "environments").iterdir()
    finally:
        shutil.rmtree(home / "environments", ignore_errors=True)

    for answer in (first, second):
        assert answer.json["verdict"] == "REPRODUCED"
        assert answer.json["weights_sha256"] == run["weights_sha256"]
        assert not any("absent" in line for line in answer.json["differences"])
    assert "may take minutes" in first.err
    assert f"made before: {kept}" in second.err


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_restored_run_brings_a_command_that_works(desk: Desk, tmp_path: Path) -> None:
    """`DIR/.venv/bin/deepdiva` runs the request again, and the tree around it stays clean."""
    run = desk.type(*desk.run_words(epochs=1)).json
    to = tmp_path / "restored"
    desk.type("restore", run["run"], "--to", to, "--environment")
    try:
        words = [to / ".venv/bin/deepdiva", "run", Path(run["run"], "request.toml"), "--json"]
        done = subprocess.run(
            [*map(str, words), "--out", str(tmp_path / "out"), "--on-uncommitted", "snapshot"],
            cwd=to,
            capture_output=True,
            text=True,
            check=True,
        )
        subprocess.run(["git", "init", "--quiet"], cwd=to, check=True)
        status = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=all"],
            cwd=to,
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        shutil.rmtree(to / ".venv")

    assert f'"weights_sha256": "{run["weights_sha256"]}"' in done.stdout
    assert ".venv" not in status.stdout
