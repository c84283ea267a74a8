"""Proves which source tree guards a run, and what is known of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.provenance.conftest import Project

import deepdiva
from deepdiva.errors import GateRefused
from deepdiva.provenance import folders
from deepdiva.provenance.code import Source, find_source, read_code_state, remote_address

PACKAGE = Path(deepdiva.__file__).resolve().parent


def test_a_file_is_guarded_by_its_repository(project: Project) -> None:
    """`FILE.py` stands in a repository: all of that repository is guarded."""
    assert project.source() == Source(project.root, "git", (), project.root / "idea.py")


def test_a_file_outside_git_is_guarded_by_its_folder(tmp_path: Path) -> None:
    """`FILE.py` outside git: its folder is guarded."""
    (tmp_path / "idea.py").touch()
    assert find_source(tmp_path / "idea.py", exempt=[]) == Source(tmp_path, "tree", (), tmp_path / "idea.py")


def test_a_built_in_task_is_guarded_by_where_one_works(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A built-in task, started inside a repository: that repository is guarded."""
    monkeypatch.chdir(project.root / "package")
    assert find_source(None, exempt=[]) == Source(project.root, "git")


def test_a_built_in_task_outside_git_is_guarded_by_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A built-in task, started outside any repository: the installed package alone is guarded."""
    monkeypatch.chdir(tmp_path)
    source = find_source(None, exempt=[])

    assert source == Source(PACKAGE, "tree")
    assert "provenance/code.py" in [note.path for note in read_code_state(source).kept]


def test_a_linked_file_is_guarded_where_it_lies(project: Project) -> None:
    """A link to `FILE.py` from elsewhere: the repository of the file is guarded."""
    (project.room / "idea.py").symlink_to(project.root / "idea.py")
    assert find_source(project.room / "idea.py", exempt=[]).root == project.root


def test_data_and_runs_are_exempt(project: Project) -> None:
    """New files below the folders of data and runs are not uncommitted code."""
    project.write("data/a.png")
    project.write("runs/1/log.txt")

    assert read_code_state(project.source("data", "runs")).changed == ()


def test_names_that_only_begin_alike_are_not_exempt(project: Project) -> None:
    """`data.py` and `data2` are guarded beside an exempt `data`."""
    project.write("data.py")
    project.write("data2/a")

    assert read_code_state(project.source("data")).changed == ("data.py", "data2/a")


def test_a_link_to_data_is_exempt(project: Project) -> None:
    """A link in the repository that `--data` names is no code, wherever it leads."""
    (project.root / "data").symlink_to(project.room)
    assert read_code_state(project.source("data")).changed == ()


def test_the_whole_repository_is_never_exempt(project: Project) -> None:
    """Data that holds all of the repository does not switch the gate off."""
    project.write("new.py")
    assert read_code_state(project.source(".", "..")).changed == ("new.py",)


def test_the_file_that_runs_is_never_exempt(project: Project) -> None:
    """Data that holds the file itself does not take it out of the gate."""
    project.write("package/part.py", b"changed\n")
    source = find_source(project.root / "package/part.py", exempt=[project.root / "package"])
    assert read_code_state(source).changed == ("package/part.py",)


def test_folders_that_ignore_themselves_are_left_out(project: Project) -> None:
    """What we wrote ourselves holds a `.gitignore` with `*`, and is never uncommitted code."""
    project.write("digits/.gitignore", b"*\n")
    project.write("digits/train/0/1.png")
    assert read_code_state(project.source()).changed == ()


def test_a_clean_clone_has_the_tree_of_its_commit(project: Project) -> None:
    """The digest of an unchanged tree is the very id that git gives the tree of the commit."""
    state = read_code_state(project.source())

    assert state.tree == project.git("rev-parse", "HEAD^{tree}").strip()
    assert (state.changed, state.deleted, state.kept, state.left_out) == ((), (), (), ())


def test_the_tree_of_changes_is_the_one_git_would_commit(project: Project) -> None:
    """The digest of a changed tree is the id that git gives it once it is committed."""
    project.write("package/new.py", b"new\n")
    project.write("package-2/x", b"")
    (project.root / "link").unlink()
    state = read_code_state(project.source())
    project.commit()

    assert state.tree == project.git("rev-parse", "HEAD^{tree}").strip()


def test_an_object_format_of_64_digits_is_understood(tmp_path: Path) -> None:
    """Repositories that name objects by SHA-256 are guarded alike."""
    project = Project(root=tmp_path / "project", room=tmp_path)
    project.root.mkdir()
    project.git("init", "--quiet", "--object-format=sha256")
    project.write("idea.py", b"idea\n")
    project.commit()

    assert read_code_state(project.source()).tree == project.git("rev-parse", "HEAD^{tree}").strip()


def test_commit_branch_and_remote_are_known(project: Project) -> None:
    """Commit in full, branch by name, remote without the password in it."""
    project.git("remote", "add", "origin", "https://ada:secret@example.org/idea.git")
    state = read_code_state(project.source())

    assert state.commit == project.git("rev-parse", "HEAD").strip()
    assert (state.branch, state.remote) == ("main", "https://example.org/idea.git")


def test_a_detached_head_has_no_branch(project: Project) -> None:
    """Where HEAD is detached there is a commit and no branch."""
    project.git("checkout", "--quiet", "--detach")
    state = read_code_state(project.source())

    assert state.branch is None
    assert state.commit is not None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://token@example.org/a.git", "https://example.org/a.git"),
        ("https://ada:se@cret@example.org/a.git", "https://example.org/a.git"),
        ("https://example.org/a.git?private_token=secret", "https://example.org/a.git"),
        ("ssh://git:secret@example.org:22/a.git", "ssh://git@example.org:22/a.git"),
        ("git@example.org:a/b.git", "git@example.org:a/b.git"),
        ("ada:secret@example.org:a/b.git", "ada@example.org:a/b.git"),
        ("git://example.org/a.git", "git://example.org/a.git"),
        ("/home/ada/a", None),
        ("../a", None),
        ("file:///home/ada/a", None),
        ("C:\\a", None),
        ("ext::sh -c true", None),
        (None, None),
    ],
)
def test_addresses_lose_their_secrets(address: str | None, expected: str | None) -> None:
    """Credentials are stripped, and a folder of this machine is nobody's address."""
    assert remote_address(address) == expected


@given(st.text(alphabet="abcxyz0189-._~!$&'()*+,;=:%", min_size=8))
def test_no_password_survives(password: str) -> None:
    """Whatever stands between `//` and `@` of a web address is gone."""
    kept = remote_address(f"https://ada:{password}@example.org/idea")
    assert kept == "https://example.org/idea"


def test_a_folder_that_is_no_source_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside git, a folder of more files than source has is not copied into every run."""
    monkeypatch.setattr(folders, "MOST_FILES", 3)
    for number in range(4):
        (tmp_path / f"{number}.py").touch()

    with pytest.raises(GateRefused, match="SRC-004"):
        read_code_state(find_source(tmp_path / "0.py", exempt=[]))


def test_a_file_that_cannot_be_read_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new file without permission to read is refused by name."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    project.write("new.py", b"new\n")
    monkeypatch.setattr("deepdiva.provenance.entries.open_plain", refuse)

    with pytest.raises(GateRefused, match=r"SRC-005: new\.py cannot be read: Permission denied"):
        read_code_state(project.source())
