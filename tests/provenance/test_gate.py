"""Proves what the gate lets through and what it refuses, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.provenance.conftest import Project

from deepdiva.errors import DataChanged, UncommittedCode
from deepdiva.provenance.code import Source
from deepdiva.provenance.gate import OnUncommitted, check, read_environment
from deepdiva.provenance.stamp import NumericClass, Stamp

NUMERIC_CLASS = NumericClass(
    canary="0" * 64, level="strict", device="cpu", threads=1, torch="2", compile=False, precision="float32"
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a small data set."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    return folder


def ask(source: Source, data: Path, on_uncommitted: OnUncommitted = "refuse") -> Stamp:
    """Come to the gate."""
    return check(
        source=source,
        on_uncommitted=on_uncommitted,
        data_root=data,
        request_sha256="f" * 64,
        seed=7,
        numeric_class=NUMERIC_CLASS,
    )


def test_committed_code_and_known_data_pass(project: Project, data: Path) -> None:
    """A clean repository and verified data make a stamp that holds all it was given."""
    stamp = ask(project.source(), data)

    assert (stamp.seed, stamp.request_sha256, stamp.numeric_class) == (7, "f" * 64, NUMERIC_CLASS)
    assert stamp.code.commit == project.git("rev-parse", "HEAD").strip()
    assert list(stamp.data.footprint.files) == ["a.txt"]


def test_uncommitted_files_are_named_with_the_two_ways_on(project: Project, data: Path) -> None:
    """Changed, new and deleted files refuse the run: all are named, and both ways on are said."""
    project.write("idea.py", b"changed\n")
    project.write("new.py", b"new\n")
    (project.root / "package/part.py").unlink()

    with pytest.raises(UncommittedCode) as refusal:
        ask(project.source(), data)
    words = str(refusal.value)
    assert words.startswith("SRC-001: 3 files of ")
    assert [line.strip() for line in words.splitlines()[1:4]] == [
        "idea.py",
        "new.py",
        "package/part.py (deleted)",
    ]
    assert "commit (or ignore) them" in words
    assert "--on-uncommitted snapshot" in words
    assert refusal.value.exit_code == 3


def test_a_snapshot_lets_uncommitted_files_pass(project: Project, data: Path) -> None:
    """With a snapshot the same files go into the stamp."""
    project.write("new.py", b"new\n")
    assert ask(project.source(), data, "snapshot").code.changed == ("new.py",)


def test_many_files_are_counted(project: Project, data: Path) -> None:
    """A message names twenty files and counts the others."""
    for number in range(30):
        project.write(f"new{number:02}.py")

    with pytest.raises(UncommittedCode, match=r"30 files[^+]*new19\.py\n *and 10 more"):
        ask(project.source(), data)


def test_names_cannot_move_the_terminal(project: Project, data: Path) -> None:
    """Control characters in the name of a file are shown, not sent."""
    project.write("a\x1b[2Jb.py")
    with pytest.raises(UncommittedCode) as refusal:
        ask(project.source(), data)
    assert "\x1b" not in str(refusal.value)


def test_a_repository_without_a_commit_says_so(tmp_path: Path, data: Path) -> None:
    """Before the first commit everything is uncommitted, and the message knows why."""
    project = Project(root=tmp_path / "project", room=tmp_path)
    project.write("idea.py")
    project.git("init", "--quiet")

    with pytest.raises(UncommittedCode, match=r"1 file of .* there is none yet:\n *idea\.py"):
        ask(project.source(), data)


def test_code_outside_git_passes(tmp_path: Path, data: Path) -> None:
    """Outside git there is nothing to commit to: the tree itself is the record."""
    project = Project(root=tmp_path / "project", room=tmp_path)
    project.write("idea.py")
    assert ask(project.source(), data).code.kind == "tree"


def test_changed_data_refuses(project: Project, data: Path) -> None:
    """Data that differs from its footprint does not pass, however clean the code is."""
    ask(project.source(), data)
    (data / "a.txt").write_text("other")

    with pytest.raises(DataChanged, match=r"a\.txt"):
        ask(project.source(), data)


def test_code_is_judged_before_data_is_read(project: Project, tmp_path: Path) -> None:
    """The cheap refusal comes first: uncommitted code refuses before a data set is looked at."""
    project.write("new.py")
    with pytest.raises(UncommittedCode):
        ask(project.source(), tmp_path / "missing")


def test_the_environment_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in the environment of the process is nowhere in what is recorded of it."""
    for name in ("SOME_TOKEN", "TORCH_TOKEN", "CUDA_PASSWORD", "LD_LIBRARY_SECRET"):
        monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("TORCH_HOME", "https://me:hunter2@example.org/")

    assert "hunter2" not in str(read_environment())
