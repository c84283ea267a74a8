"""A wrecked repository comes back as it was when the run began, odd names and all."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.journeys.commands import Desk
from tests.journeys.test_reproduce import commit


def make_a_mess(desk: Desk) -> None:
    """Leave staged, unstaged and untracked work, links, programs and odd names; and an ignored file."""
    root = desk.folder
    (root / "gone.py").write_text("gone = True\n")
    (root / "run me.sh").write_text("#!/bin/sh\n")
    (root / "link").symlink_to("notes.md")
    commit(desk, "Work")
    (root / ".gitignore").write_text("__pycache__/\n*.log\nruns/\n")
    (root / "staged.py").write_text("staged = 1\n")
    (root / "notes.md").write_text("Another idea.\n")
    desk.git("add", ".")
    (root / "notes.md").write_text("A third idea, not staged.\n")
    (root / "gone.py").unlink()
    (root / "run me.sh").chmod(0o755)
    (root / "link").unlink()
    (root / "link").symlink_to("nowhere/at all")
    (root / "new folder").mkdir()
    (root / "new folder" / "é \n$HOME '\"*.txt").write_bytes(bytes(range(256)))
    (root / "-rf").write_text("")
    (root / "ignored.log").write_text("noise\n")


def test_a_wrecked_repository_comes_back(desk: Desk, tmp_path: Path) -> None:
    """`diff -r --exclude=.git` against a copy taken before is empty, ignored files aside."""
    make_a_mess(desk)
    run = desk.type(*desk.run_words("--on-uncommitted", "snapshot", epochs=1)).json["run"]
    before = tmp_path / "before"
    shutil.copytree(
        desk.folder, before, symlinks=True, ignore=shutil.ignore_patterns(".git", "runs", "*.log")
    )
    for name in ("staged.py", "notes.md", "-rf", "link"):
        (desk.folder / name).unlink()
    shutil.rmtree(desk.folder / "new folder")
    (desk.folder / "run me.sh").write_text("wrecked\n")
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "-m", "Wreck")
    desk.type("restore", run, "--to", tmp_path / "after")
    words = ["diff", "-r", "--no-dereference", "--exclude=.git", str(before), str(tmp_path / "after")]
    told = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert (tmp_path / "after" / "run me.sh").stat().st_mode & 0o111
    assert not (tmp_path / "after" / "gone.py").exists()
