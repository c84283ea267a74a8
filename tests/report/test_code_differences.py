from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deepdiva.provenance.code import find_source, read_code_state
from deepdiva.provenance.snapshot import keep_code
from deepdiva.provenance.whole import keep_whole
from deepdiva.report.code_differences import CodeDifferences, FileChange, compare_code

Keep = Callable[[str], Path]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository of one commit that holds `idea.py` and `old.py`."""
    root = tmp_path / "repository"
    root.mkdir()
    (root / "idea.py").write_text("A = 1\nB = 2\n")
    (root / "old.py").write_text("OLD = True\n")
    git(root, "init", "-q")
    commit(root)
    return root


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True)


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Go on")


@pytest.fixture
def keep(repository: Path, tmp_path: Path) -> Keep:
    """Give a function that keeps the code as it is now in a run folder."""

    def make(name: str) -> Path:
        source = find_source(repository / "idea.py", exempt=[])
        keep_code(source, read_code_state(source), tmp_path / name / "code")
        return tmp_path / name

    return make


def only(found: CodeDifferences) -> FileChange:
    (change,) = found.files
    return change


def test_equal_trees_do_not_differ(keep: Keep) -> None:
    """The same commit twice is no difference."""
    assert not compare_code(keep("a"), keep("b"))


def test_a_change_that_no_commit_holds_is_shown(repository: Path, keep: Keep) -> None:
    """The hunk tells the line before and after, from the commit and from the run folder."""
    a = keep("a")
    (repository / "idea.py").write_text("A = 1\nB = 3\n")
    change = only(compare_code(a, keep("b")))

    assert (change.path, change.change) == ("idea.py", "changed")
    assert change.hunks == "--- a/idea.py\n+++ b/idea.py\n@@ -1,3 +1,3 @@\n A = 1\n-B = 2\n+B = 3\n \n"


def test_two_commits_are_compared(repository: Path, keep: Keep) -> None:
    """Added and removed files of two commits are told, with their lines."""
    a = keep("a")
    (repository / "new.py").write_text("NEW = 1\n")
    (repository / "old.py").unlink()
    commit(repository)
    found = compare_code(a, keep("b"))

    assert [(change.path, change.change) for change in found.files] == [
        ("new.py", "added"),
        ("old.py", "removed"),
    ]
    assert "+NEW = 1" in str(found.files[0].hunks)
    assert "-OLD = True" in str(found.files[1].hunks)
    assert found.commits[0] != found.commits[1]


def test_a_commit_of_what_was_kept_changes_no_file(repository: Path, keep: Keep) -> None:
    """The same bytes from a snapshot and from a commit are the same code."""
    (repository / "idea.py").write_text("A = 9\n")
    a = keep("a")
    commit(repository)
    found = compare_code(a, keep("b"))

    assert found.files == ()
    assert bool(found)


def test_binary_files_are_compared_by_digest(repository: Path, keep: Keep) -> None:
    """What is no text has no hunks, and says so."""
    (repository / "weights.bin").write_bytes(b"\0\1")
    a = keep("a")
    (repository / "weights.bin").write_bytes(b"\0\2")
    change = only(compare_code(a, keep("b")))

    assert (change.hunks, change.note) == (None, "no text")
    assert change.a != change.b


def test_a_mode_is_a_difference(repository: Path, keep: Keep) -> None:
    """A file that became a program is told although its bytes are the same."""
    a = keep("a")
    (repository / "idea.py").chmod(0o755)

    assert only(compare_code(a, keep("b"))).note == "was a file, is a program"


def test_without_the_repository_the_run_folders_still_tell(
    repository: Path, keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no commit can be had, kept files are named by their digests; the rest is told as unknown."""
    a = keep("a")
    (repository / "extra.py").write_text("EXTRA = 1\n")
    commit(repository)
    (repository / "idea.py").write_text("A = 5\n")
    b = keep("b")
    shutil.rmtree(repository)
    monkeypatch.chdir(tmp_path)
    found = compare_code(a, b)

    assert [(change.path, change.hunks) for change in found.files] == [("idea.py", None)]
    assert "in no repository here" in found.notices[0]


def test_a_whole_snapshot_needs_no_repository(
    repository: Path, keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that carry their whole tree, as packed ones do, are compared line by line anywhere."""
    a = keep("a")
    (repository / "idea.py").write_text("A = 5\n")
    commit(repository)
    b = keep("b")
    for run in (a, b):
        keep_whole(run, run / "source")
    shutil.rmtree(repository)
    monkeypatch.chdir(tmp_path)
    found = compare_code(a, b)

    assert found.notices == ()
    assert found.commits[0] != found.commits[1]
    assert "+A = 5" in str(only(found).hunks)


def test_a_damaged_snapshot_is_told(keep: Keep) -> None:
    """A code.json that cannot be read ends the comparison of code, not the command."""
    a, b = keep("a"), keep("b")
    (b / "code" / "code.json").write_text("{}")

    assert "the code was not compared" in compare_code(a, b).notices[0]


def test_kept_bytes_that_contradict_their_digest_are_not_shown(repository: Path, keep: Keep) -> None:
    """What somebody wrote into a run folder later is not passed off as the code that ran."""
    a = keep("a")
    (repository / "idea.py").write_text("A = 5\n")
    b = keep("b")
    (b / "code" / "files" / "idea.py").write_text("A = 6\n")

    assert only(compare_code(a, b)).hunks is None
