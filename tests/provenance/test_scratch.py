from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import deepdiva
from deepdiva.provenance.code import find_source, read_code_state
from deepdiva.provenance.packages import hash_package, read_own_files
from deepdiva.provenance.scratch import begin_repository, import_path


def make_package(folder: Path) -> str:
    """Write another `deepdiva` and return its digest."""
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("__version__ = '0.0.7'\n")
    return hash_package(folder).digest


def code(digest: str) -> dict[str, str]:
    return {"package": "0.0.7", "package_sha256": digest}


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """Give an empty folder."""
    (tmp_path / "links").mkdir()
    return tmp_path / "links"


def test_the_gate_sees_the_tree_that_it_saw(tmp_path: Path) -> None:
    """Committed files count although git would ignore them, and the tree has the id it had."""
    repository, restored = tmp_path / "repository", tmp_path / "restored"
    for folder in (repository, restored):
        folder.mkdir()
        (folder / "idea.py").write_text("ANSWER = 42\n")
        (folder / "kept.log").write_text("kept\n")
        (folder / ".gitignore").write_text("*.log\n")
    for words in (["init", "-q"], ["add", "--force", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    before = read_code_state(find_source(repository / "idea.py", exempt=[]))
    begin_repository(restored, before.tree)
    after = read_code_state(find_source(restored / "idea.py", exempt=[]))

    assert after.tree == before.tree
    assert after.commit is None
    assert {note.path for note in after.kept} == {"idea.py", "kept.log", ".gitignore"}


def test_the_installed_package_repeats_its_own_runs(tmp_path: Path, links: Path) -> None:
    """Then the tree comes first only for what it brings itself."""
    assert import_path(tmp_path, code(read_own_files().digest), links) == ([tmp_path], None)


def test_a_tree_with_another_package_does_not_hide_the_installed_one(tmp_path: Path, links: Path) -> None:
    """A repository of DeepDIVA itself may have moved on from what was installed when it ran."""
    make_package(tmp_path / "src" / "deepdiva")
    folders, sentence = import_path(tmp_path, code(read_own_files().digest), links)

    assert folders[0] == Path(deepdiva.__file__).resolve().parent.parent
    assert sentence is None


@pytest.mark.parametrize("place", ["src", ".", "tools/python"])
def test_a_package_inside_the_tree_is_taken_by_its_digest(tmp_path: Path, links: Path, place: str) -> None:
    """The very package that ran, wherever in the tree it lies."""
    digest = make_package(tmp_path / place / "deepdiva")
    folders, sentence = import_path(tmp_path, code(digest), links)

    assert folders[0] == tmp_path / place
    assert sentence is None


def test_a_tree_that_is_the_package_gets_its_name_back(tmp_path: Path, links: Path) -> None:
    """Outside any repository the package itself is what was guarded."""
    digest = make_package(tmp_path / "code")
    folders, sentence = import_path(tmp_path / "code", code(digest), links)

    assert folders == [links]
    assert (links / "deepdiva" / "__init__.py").is_file()
    assert sentence is None


def test_a_package_that_is_nowhere_is_told(tmp_path: Path, links: Path) -> None:
    """Another version may repeat the run, but not in silence."""
    _, sentence = import_path(tmp_path, code("ab" * 32), links)

    assert sentence is not None
    assert "0.0.7" in sentence
