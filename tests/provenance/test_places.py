"""Rules about where things lie that belong to no run and no data set."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deepdiva.errors import ResourceError
from deepdiva.provenance.places import is_ours, mark_as_ours, state_folder


def test_the_variable_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DEEPDIVA_HOME stands above every other place."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path))

    assert state_folder() == tmp_path


def test_a_relative_variable_is_taken_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder stays the same when the program later works elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPDIVA_HOME", "state")

    assert state_folder() == tmp_path / "state"


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("linux", ".local/state/deepdiva"), ("darwin", "Library/Application Support/deepdiva")],
)
def test_without_it_the_platform_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, expected: str
) -> None:
    """Each system has a folder for the state of programs."""
    for name in ("DEEPDIVA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)

    assert state_folder() == tmp_path / expected


def test_the_xdg_variable_counts_where_it_is_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The XDG base directory specification asks to ignore relative values."""
    monkeypatch.delenv("DEEPDIVA_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(sys, "platform", "linux")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "deepdiva"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_folder() == Path("/home/ada/.local/state/deepdiva")


def test_a_user_without_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Service accounts have no home; the answer is a sentence, not a trace."""
    monkeypatch.delenv("DEEPDIVA_HOME")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(ResourceError, match="set DEEPDIVA_HOME"):
        state_folder()


def test_marked_folders_are_known_again(tmp_path: Path) -> None:
    """A folder of ours ignores all of itself."""
    assert not is_ours(tmp_path)
    mark_as_ours(tmp_path)

    assert is_ours(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "*\n"


def test_a_gitignore_of_the_user_stays(tmp_path: Path) -> None:
    """What somebody wrote is never overwritten."""
    (tmp_path / ".gitignore").write_text("*.tmp\n")
    mark_as_ours(tmp_path)

    assert (tmp_path / ".gitignore").read_text() == "*.tmp\n"
    assert not is_ours(tmp_path)
