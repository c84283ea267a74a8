"""Proves that a word is split where its maker meant it, and that a stranger's repository stays still."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.provenance.conftest import Project, listing

from deepdiva.errors import DataError, Inconclusive
from deepdiva.provenance.clone import GitWord, clone, split_word

# -- Splitting -------------------------------------------------------------------------

ADDRESSES = [
    "https://example.org/ada/idea.git",
    "https://ada:se@cret@example.org:8443/ada/idea.git",
    "ssh://git@example.org:2222/ada/idea.git",
    "git@example.org:ada/idea.git",
    "example.org:ada/idea@home.git",
    "file:///srv/git/idea.git",
]
REVISIONS = ["main", "v1.0", "a" * 40, "0a1b2c3", "feature/new-idea", "HEAD"]
PATHS = ["request.toml", "runs/20260101-000000-idea-0123abcd/request.toml", "a@b/c.toml", "my ideas/r.toml"]


@pytest.mark.parametrize("address", ADDRESSES)
@given(revision=st.sampled_from(REVISIONS), path=st.sampled_from(PATHS))
def test_a_word_falls_into_its_three_parts(address: str, revision: str, path: str) -> None:
    """Whatever signs the address and the path hold."""
    assert split_word(f"{address}@{revision}:{path}") == GitWord(address, revision, path)


@given(st.text())
def test_any_word_is_split_or_not(word: str) -> None:
    """Nothing that can be typed is a trace; what is split can be joined again."""
    found = split_word(word)
    assert found is None or word.endswith(f"@{found.revision}:{found.path}")


@pytest.mark.parametrize(
    "word",
    [
        "latest",
        "runs/a@b:c",
        "request.toml",
        "nowhere@main:request.toml",
        "https://example.org/idea.git@main",
        "https://example.org/idea.git@main:notes.md",
        "https://example.org/idea.git@--upload-pack=x:request.toml",
        "https://example.org/idea.git@a..b:request.toml",
        "ext::sh -c touch% x@main:request.toml",
        "fd::17@main:request.toml",
        "--upload-pack=x:y@main:request.toml",
    ],
)
def test_other_words_are_none(word: str) -> None:
    """Neither names of runs, nor options, nor addresses that start a program."""
    assert split_word(word) is None


def test_a_folder_is_an_address_where_it_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is there, relative or not; it may hold the sign itself."""
    (tmp_path / "ada@home").mkdir()
    monkeypatch.chdir(tmp_path)

    found = split_word("ada@home@main:request.toml")
    assert found == GitWord(str(tmp_path / "ada@home"), "main", "request.toml")
    assert found.told == "ada@home"


def test_credentials_are_not_told() -> None:
    """What goes into a verdict is meant for others."""
    assert GitWord(ADDRESSES[1], "main", "r.toml").told == "https://example.org:8443/ada/idea.git"
    assert GitWord("file:///home/ada/idea.git", "main", "r.toml").told == "idea.git"


# -- Cloning ---------------------------------------------------------------------------


def word(project: Project, revision: str = "main") -> GitWord:
    return GitWord(f"file://{project.root}", revision, "request.toml")


@pytest.mark.parametrize("kind", ["full", "abbreviated", "tag", "branch"])
def test_a_commit_is_found_by_each_of_its_names(project: Project, tmp_path: Path, kind: str) -> None:
    """And told by its full hash, although the branch moved on."""
    commit = project.git("rev-parse", "HEAD").strip()
    project.git("tag", "-a", "-m", "one", "v1")
    project.git("branch", "old")
    project.write("idea.py", b"print('other')\n")
    project.commit()
    names = {"full": commit, "abbreviated": commit[:9], "tag": "v1", "branch": "old"}
    tree = clone(word(project, names[kind]), tmp_path / "clone")

    assert tree.reader.commit == commit
    assert tree.read("idea.py") == b"print('idea')\n"


def test_a_commit_that_no_branch_leads_to_is_fetched_by_its_hash(project: Project, tmp_path: Path) -> None:
    """Such as one that was amended since."""
    commit = project.git("rev-parse", "HEAD").strip()
    project.git("commit", "--quiet", "--amend", "-m", "other words")

    assert clone(word(project, commit), tmp_path / "clone").reader.commit == commit


def test_the_tree_is_written_byte_for_byte(project: Project, tmp_path: Path) -> None:
    """Modes, links and all; a folder of it alone, too."""
    tree = clone(word(project), tmp_path / "clone")
    assert tree.write(tmp_path / "all") == []
    tree.write(tmp_path / "part", "package/")

    assert listing(tmp_path / "all") == listing(project.root)
    assert listing(tmp_path / "part") == listing(project.root / "package")
    assert tree.tree == project.git("rev-parse", "HEAD^{tree}").strip()


def test_what_is_not_there_is_told_in_gits_words(project: Project, tmp_path: Path) -> None:
    """No repository, no commit, no file, and a link that leads to one: each is INCONCLUSIVE."""
    (project.root / "leads.toml").symlink_to("idea.py")
    project.commit()
    with pytest.raises(Inconclusive, match="does not appear to be a git repository") as lost:
        clone(GitWord("file:///nowhere/at/all", "main", "request.toml"), tmp_path / "a")
    with pytest.raises(Inconclusive, match="Needed a single revision") as unknown:
        clone(word(project, "v9"), tmp_path / "b")
    tree = clone(word(project), tmp_path / "c")
    with pytest.raises(Inconclusive) as absent:
        tree.read("request.toml")
    with pytest.raises(Inconclusive, match="no plain file") as link:
        tree.read("leads.toml")

    codes = [error.value.code for error in (lost, unknown, absent, link)]
    assert codes == ["REP-001", "REP-002", "REP-003", "REP-003"]


def test_a_hostile_repository_runs_nothing(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its hooks and settings, nor filters and submodules that its tree asks for."""
    mark = tmp_path / "ran"
    script = project.write("../evil.sh", f"#!/bin/sh\ntouch '{mark}'\ncat\n".encode(), program=True)
    for hook in ("post-checkout", "reference-transaction", "pre-upload", "post-merge", "fsmonitor-watchman"):
        project.write(f".git/hooks/{hook}", script.read_bytes(), program=True)
    for setting in (
        "core.fsmonitor",
        "filter.evil.smudge",
        "filter.evil.clean",
        "uploadpack.packObjectsHook",
    ):
        project.git("config", setting, str(script))
    project.write(".gitattributes", b"*.py filter=evil\n")
    modules = f'[submodule "s"]\n\tpath = s\n\turl = ext::sh -c "touch% {mark}"\n'
    project.write(".gitmodules", modules.encode())
    commit = project.git("rev-parse", "HEAD").strip()
    quiet = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "filter.evil.clean=cat"]
    project.git(*quiet, "add", ".gitattributes", ".gitmodules")
    project.git(*quiet, "update-index", "--add", "--cacheinfo", f"160000,{commit},s")
    project.git(*quiet, "commit", "--quiet", "-m", "evil")
    mark.unlink(missing_ok=True)
    template = tmp_path / "template" / "hooks"
    template.mkdir(parents=True)
    (template / "post-checkout").write_bytes(script.read_bytes())
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template.parent))
    lines = clone(word(project), tmp_path / "clone").write(tmp_path / "tree")

    assert not mark.exists()
    assert lines == [f"submodule s, commit {commit}"]
    assert (tmp_path / "tree" / "idea.py").read_bytes() == b"print('idea')\n"


@pytest.mark.parametrize("path", ["../out", ".git/hooks/post-checkout", "a//b"])
def test_a_hostile_tree_cannot_climb(project: Project, tmp_path: Path, path: str) -> None:
    """A commit made by hand may name any path; git's own check, or ours, refuses it."""
    blob = project.git("hash-object", "-w", "idea.py").strip()
    content = f"100644 {path}\0".encode() + bytes.fromhex(blob)
    made = subprocess.run(
        ["git", "-C", str(project.root), "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
        input=content, capture_output=True, check=True, env=os.environ,
    )  # fmt: skip
    commit = project.git("commit-tree", "-m", "evil", made.stdout.decode().strip()).strip()
    project.git("update-ref", "refs/heads/evil", commit)

    with pytest.raises((Inconclusive, DataError)):
        clone(word(project, "evil"), tmp_path / "clone").write(tmp_path / "tree")
    assert not (tmp_path / "out").exists()
