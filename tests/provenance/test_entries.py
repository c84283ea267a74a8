"""Proves that files and trees get the names that git gives them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.provenance.conftest import Project

from deepdiva.errors import GateRefused
from deepdiva.provenance.entries import Entry, _read, look, object_id, tree_id
from deepdiva.provenance.git import Algorithm

NAMES = st.text(alphabet="ab.-0 \u00e9", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map(tuple), st.binary(max_size=9), max_size=8))
def test_the_order_of_entries_does_not_matter(files: dict[tuple[str, ...], bytes]) -> None:
    """A tree is what it holds, in whatever order it was listed."""
    found = {"/".join(path): Entry("100644", object_id("blob", data, "sha1")) for path, data in files.items()}
    assert tree_id(found, "sha1") == tree_id(dict(reversed(found.items())), "sha1")


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_a_tree_is_named_as_git_names_it(tmp_path: Path, kind: str) -> None:
    """Folders sort as if their names ended with a slash, in both object formats."""
    project = Project(root=tmp_path / "project", room=tmp_path)
    project.root.mkdir()
    project.git("init", "--quiet", f"--object-format={kind}")
    for path in ("a", "a.b", "a-b/c", "b/a/c", "b.a", "b0", "b/a.c", "z/\u00e9"):
        project.write(path, path.encode(), program=path == "b0")
    (project.root / "link").symlink_to("a-b")
    project.commit()
    algorithm: Algorithm = "sha256" if kind == "sha256" else "sha1"

    paths = project.git("ls-files", "-z").split("\0")[:-1]
    found = {path: look(project.root, path, algorithm) for path in paths}

    named = {path: content.entry for path, content in found.items() if content is not None}
    assert tree_id(named, algorithm) == project.git("rev-parse", "HEAD^{tree}").strip()


def test_what_is_behind_a_link_is_not_there(tmp_path: Path) -> None:
    """A file is looked at below its root only: through a linked folder there is nothing."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_text("x")
    (tmp_path / "linked").symlink_to("real")

    assert look(tmp_path, "real/file", "sha1") is not None
    assert look(tmp_path, "linked/file", "sha1") is None


def test_specials_are_not_opened(tmp_path: Path) -> None:
    """A pipe in the tree is no file, and nobody waits for a writer."""
    os.mkfifo(tmp_path / "pipe")
    assert look(tmp_path, "pipe", "sha1") is None


def test_a_file_that_grows_meanwhile_refuses(tmp_path: Path) -> None:
    """A file that is written to while it is read is named."""
    place = tmp_path / "file"
    place.write_text("x")
    seen = place.lstat()
    place.write_text("xx")

    with pytest.raises(GateRefused, match="SRC-006: file changes while it is read"):
        _read(tmp_path, "file", seen, "sha1")


def test_a_file_is_named_as_git_names_it(tmp_path: Path) -> None:
    """The id of a file is that of `git hash-object`."""
    place = tmp_path / "file"
    place.write_bytes(bytes(range(256)) * 9000)
    words = ["git", "hash-object", "--no-filters", str(place)]
    expected = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    found = look(tmp_path, "file", "sha1")
    assert found is not None
    assert found.entry == Entry("100644", expected)
