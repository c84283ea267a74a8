"""Proves what a snapshot holds for people, and that the source of a run is found again."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.provenance.conftest import Project, listing

from deepdiva.errors import ResourceError
from deepdiva.provenance.code import read_code_state
from deepdiva.provenance.snapshot import keep_code, read_places, source_of


def kept(project: Project) -> Path:
    """Keep the code of `project`, and return the folder."""
    source = project.source()
    keep_code(source, read_code_state(source), project.room / "run" / "code")
    return project.room / "run" / "code"


def test_commit_patch_and_files_are_enough_by_hand(project: Project) -> None:
    """Without DeepDIVA: check out the commit, apply the patch, copy the new files over."""
    project.write("idea.py", b"changed\n")
    project.write("package/data.bin", bytes(range(255, -1, -1)))
    project.write("new.py", b"new\n")
    (project.root / "run.sh").unlink()
    code = kept(project)

    by_hand = Project(root=project.room / "by-hand", room=project.room)
    subprocess.run(["git", "clone", "--quiet", str(project.root), str(by_hand.root)], check=True)
    by_hand.git("apply", str(code / "changes.patch"))
    shutil.copytree(code / "files", by_hand.root, dirs_exist_ok=True)

    assert listing(by_hand.root) == listing(project.root)


def test_large_changes_are_not_written_twice(project: Project) -> None:
    """A change above 1 MiB is kept verbatim and left out of the patch."""
    project.write("package/data.bin", os.urandom(2**20 + 1))
    code = kept(project)

    assert (code / "changes.patch").read_bytes() == b""
    assert (code / "files/package/data.bin").stat().st_size == 2**20 + 1


def test_a_clean_commit_keeps_no_files(project: Project) -> None:
    """What the commit holds is not copied."""
    assert not (kept(project) / "files").exists()


def test_no_link_is_made_in_a_run(project: Project) -> None:
    """Links are written down, not made: a run folder leads nowhere."""
    (project.root / "out").symlink_to("/etc")
    assert not [path for path in kept(project).rglob("*") if path.is_symlink()]


def test_a_full_disk_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for a kept file the message says where room is lacking."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(project.room))

    project.write("new.py", b"new\n")
    monkeypatch.setattr("deepdiva.provenance.snapshot.new_file", refuse)
    with pytest.raises(ResourceError, match=r"RES-001: .*new\.py"):
        kept(project)


def test_the_source_of_a_run_is_found_from_anywhere(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run says which tree guarded it, whatever folder one works in by now."""
    source = project.source()
    kept(project)
    monkeypatch.chdir(project.room)

    assert source_of(project.room / "run", exempt=[]) == source


def test_a_source_that_is_gone_is_none(project: Project) -> None:
    """Where the tree is gone, nothing is guessed."""
    kept(project)
    shutil.rmtree(project.root)
    assert source_of(project.room / "run", exempt=[]) is None


def test_a_source_of_another_kind_is_none(project: Project) -> None:
    """A folder that is a repository no longer is not the tree that ran."""
    kept(project)
    shutil.rmtree(project.root / ".git")
    assert source_of(project.room / "run", exempt=[]) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"repository": 1}', b'{"repository": "a"}', b'{"repository": "/a\\u0000"}', b"\xff"],
)
def test_damaged_hints_are_no_hints(tmp_path: Path, content: bytes) -> None:
    """Hints that make no sense are left aside."""
    (tmp_path / "where.json").write_bytes(content)
    assert read_places(tmp_path) == {}
