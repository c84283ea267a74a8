"""Proves that a repository cannot act because somebody looks at it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.provenance.conftest import Project

from deepdiva.errors import GateRefused
from deepdiva.provenance.code import read_code_state
from deepdiva.provenance.git import ask, environment
from deepdiva.provenance.repository import find_repository
from deepdiva.provenance.restore import restore
from deepdiva.provenance.snapshot import keep_code

HOSTILE_SETTINGS = [
    "core.fsmonitor={}",
    "core.pager={}",
    "core.askPass={}",
    "core.sshCommand={}",
    "diff.external={}",
    "diff.evil.command={}",
    "diff.evil.textconv={}",
    "filter.evil.clean={}",
    "filter.evil.smudge={}",
    "filter.evil.process={}",
    "credential.helper=!{}",
    "alias.status=!{}",
    "gpg.program={}",
]


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Return a file that is there once a hostile program has run."""
    return tmp_path / "mark"


@pytest.fixture
def program(tmp_path: Path, mark: Path) -> str:
    """Return a program that leaves a mark."""
    place = tmp_path / "program"
    place.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    place.chmod(0o755)
    return str(place)


@pytest.mark.parametrize("setting", HOSTILE_SETTINGS)
def test_no_setting_of_a_repository_runs(project: Project, program: str, mark: Path, setting: str) -> None:
    """No program that the repository's own configuration names is started by gate, snapshot or restore."""
    project.write("idea.py", b"changed\n")
    project.write(".gitattributes", b"* filter=evil diff=evil\n")
    name, _, value = setting.format(program).partition("=")
    project.git("config", name, value)
    if "filter" in setting:
        project.git("config", "filter.evil.required", "true")

    source = project.source()
    keep_code(source, read_code_state(source), project.room / "run" / "code")
    restore(project.room / "run", project.room / "restored")

    assert not mark.exists()


def test_no_hook_runs(project: Project, program: str, mark: Path) -> None:
    """No hook of the repository is started by gate, snapshot or restore."""
    hooks = project.root / ".git/hooks"
    for name in (
        "post-checkout",
        "post-index-change",
        "fsmonitor-watchman",
        "pre-auto-gc",
        "reference-transaction",
    ):
        hooks.mkdir(exist_ok=True)
        (hooks / name).symlink_to(program)
    project.write("idea.py", b"changed\n")

    project.round_trip()

    assert not mark.exists()


def test_a_hostile_submodule_does_not_act(project: Project, program: str, mark: Path, tmp_path: Path) -> None:
    """The configuration of a submodule runs no program either."""
    library = Project(root=tmp_path / "library", room=tmp_path)
    library.write("library.py", b"library\n")
    library.git("init", "--quiet")
    library.commit()
    project.git("submodule", "--quiet", "add", str(library.root), "part")
    project.write("part/.gitattributes", b"* filter=evil\n")
    project.git("add", "--all", within="part")
    project.git("commit", "--quiet", "-m", "attributes", within="part")
    project.commit()
    for name in ("core.fsmonitor", "filter.evil.clean"):
        project.git("config", name, program, within="part")
    os.utime(project.root / "part/library.py", (1, 1))

    project.round_trip()

    assert not mark.exists()


def test_a_filter_of_the_user_may_run(
    project: Project, program: str, mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filters from the user's own configuration are the user's wish: what they call clean is clean."""
    (tmp_path / "gitconfig").write_text(f'[filter "mine"]\n\tclean = {program}\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    project.write(".gitattributes", b"*.py filter=mine\n")
    project.commit()
    os.utime(project.root / "idea.py", (1, 1))
    mark.unlink(missing_ok=True)

    assert read_code_state(project.source()).changed == ()
    assert mark.exists()


def test_missing_objects_are_not_fetched(project: Project, program: str, mark: Path) -> None:
    """A repository that lacks objects does not make git talk to whom it names."""
    blob = project.git("rev-parse", "HEAD:idea.py").strip()
    (project.root / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    project.git("config", "remote.origin.url", str(project.room))
    project.git("config", "remote.origin.promisor", "true")
    project.git("config", "protocol.file.allow", "always")
    project.git("config", "remote.origin.uploadpack", program)
    project.git("config", "extensions.partialClone", "origin")
    project.git("config", "core.repositoryFormatVersion", "1")

    with pytest.raises(GateRefused):
        ask(project.root, "cat-file", "blob", blob)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"])
def test_a_surrounding_git_leads_nowhere_else(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Variables that git sets for its hooks do not make the gate look at another repository."""
    expected = read_code_state(project.source())
    monkeypatch.setenv(name, str(project.room))

    assert read_code_state(project.source()) == expected
    assert name not in environment()


def test_no_repository_is_none(tmp_path: Path) -> None:
    """A folder outside any repository has none."""
    assert find_repository(tmp_path) is None


def test_an_empty_git_folder_is_no_repository(tmp_path: Path) -> None:
    """A folder called .git that holds nothing does not make a repository."""
    (tmp_path / ".git").mkdir()
    assert find_repository(tmp_path) is None


def test_a_missing_git_program_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code in a repository cannot be guarded without git: the message says what to install."""
    monkeypatch.setenv("PATH", str(project.room))

    with pytest.raises(GateRefused, match="GIT-001: there is no `git` program"):
        find_repository(project.root)


def test_a_working_tree_elsewhere_is_refused(project: Project) -> None:
    """A repository that claims files in another folder is not followed there."""
    project.git("config", "core.worktree", str(project.room))

    with pytest.raises(GateRefused, match="GIT-003"):
        find_repository(project.root)


def test_a_repository_of_somebody_else_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git calls dubious ownership is refused, with the way out."""
    os.chown(project.root, 12345, 12345)
    os.chown(project.root / ".git", 12345, 12345)
    monkeypatch.delenv("SUDO_UID", raising=False)

    with pytest.raises(GateRefused, match=r"(?s)dubious ownership.*safe\.directory"):
        find_repository(project.root)
