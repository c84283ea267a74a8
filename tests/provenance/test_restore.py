"""Proves that what ran comes back byte for byte, and that a stranger's run can do no harm."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.provenance.conftest import Project, listing

from deepdiva.errors import ConfigError, DataError, GateRefused
from deepdiva.provenance import working_tree
from deepdiva.provenance.code import find_source, read_code_state
from deepdiva.provenance.restore import restore
from deepdiva.provenance.snapshot import keep_code

# -- What researchers do to their files ----------------------------------------------


def nothing(project: Project) -> None:
    """Leave the commit as it is."""


def unstaged_change(project: Project) -> None:
    project.write("idea.py", b"print('better')\n")


def staged_change(project: Project) -> None:
    project.write("idea.py", b"print('better')\n")
    project.git("add", "idea.py")


def staged_then_changed_again(project: Project) -> None:
    staged_change(project)
    project.write("idea.py", b"print('best')\n")


def staged_then_changed_back(project: Project) -> None:
    staged_change(project)
    project.write("idea.py", b"print('idea')\n")


def deleted(project: Project) -> None:
    (project.root / "package/part.py").unlink()


def staged_deletion(project: Project) -> None:
    project.git("rm", "--quiet", "package/part.py")


def left_the_index_only(project: Project) -> None:
    project.git("rm", "--quiet", "--cached", "package/part.py")


def renamed(project: Project) -> None:
    project.git("mv", "package/part.py", "package/portion.py")


def new_file(project: Project) -> None:
    project.write("new.py", b"new = True\n")


def new_file_in_new_folder(project: Project) -> None:
    project.write("deep/er/new.py", b"new = True\n")


def new_file_announced(project: Project) -> None:
    project.write("new.py", b"new = True\n")
    project.git("add", "--intent-to-add", "new.py")


def staged_then_deleted(project: Project) -> None:
    project.write("new.py", b"new = True\n")
    project.git("add", "new.py")
    (project.root / "new.py").unlink()


def made_executable(project: Project) -> None:
    (project.root / "idea.py").chmod(0o755)


def no_longer_executable(project: Project) -> None:
    (project.root / "run.sh").chmod(0o644)


def new_program(project: Project) -> None:
    project.write("tool", b"#!/bin/sh\n", program=True)


def new_links(project: Project) -> None:
    (project.root / "to-file").symlink_to("idea.py")
    (project.root / "to-folder").symlink_to("package", target_is_directory=True)
    (project.root / "to-nothing").symlink_to("not/there")
    (project.root / "to-elsewhere").symlink_to("/etc/hostname")
    (project.root / "package/up").symlink_to("../../..")
    # Path would tidy the first of these up.
    os.symlink(b"./package//part.py", os.fsencode(project.root / "untidy"))  # noqa: PTH211
    os.symlink(b"caf\xe9", os.fsencode(project.root / "not-utf-8"))  # noqa: PTH211


def link_led_elsewhere(project: Project) -> None:
    (project.root / "link").unlink()
    (project.root / "link").symlink_to("idea.py")


def empty_and_binary(project: Project) -> None:
    project.write("nothing.bin", b"")
    project.write("zeros.bin", bytes(100_000))
    project.write("package/data.bin", bytes(reversed(range(256))))


def odd_names(project: Project) -> None:
    names = [
        b"a b.py", b"line\nbreak.py", b"tab\t.py", b"caf\xe9.py", "\u00e9.py".encode(), b"-rf",
        b'quo"te\'s.py', b"--help", b"$HOME", b"a;b&c|d", b"*.py", b"[a].py", b":(top)x",
        b"back\\slash.py", b"fo lder/\xff\xfe/x", b".hidden",
        b"...", b"con", b"trailing ", b"\xe2\x80\xae.py",
    ]  # fmt: skip
    for name in names:
        project.write(name, b"content of " + name)


def odd_names_committed_then_changed(project: Project) -> None:
    odd_names(project)
    project.commit()
    project.write(b"caf\xe9.py", b"other")
    (project.root / "line\nbreak.py").unlink()


def file_became_link(project: Project) -> None:
    (project.root / "package/part.py").unlink()
    (project.root / "package/part.py").symlink_to("../idea.py")


def link_became_file(project: Project) -> None:
    (project.root / "link").unlink()
    project.write("link", b"no link\n")


def file_became_folder(project: Project) -> None:
    (project.root / "run.sh").unlink()
    project.write("run.sh/inside.py", b"x")


def folder_became_file(project: Project) -> None:
    shutil.rmtree(project.root / "package")
    project.write("package", b"a file\n")


def folder_became_link(project: Project) -> None:
    project.write("other/part.py", b"part = 2\n")
    project.write("other/secret.py", b"")
    shutil.rmtree(project.root / "package")
    (project.root / "package").symlink_to("other", target_is_directory=True)


def folder_became_link_and_was_staged(project: Project) -> None:
    folder_became_link(project)
    project.git("add", "--all")


def line_ends_by_attributes(project: Project) -> None:
    project.write(".gitattributes", b"*.txt text eol=crlf\n*.csv text=auto\n")
    project.write("a.txt", b"one\r\ntwo\r\n")
    project.write("b.csv", b"1;2\r\n")
    project.commit()
    assert project.git("status", "--porcelain") == ""


def line_ends_by_setting(project: Project) -> None:
    project.git("config", "core.autocrlf", "true")
    project.write("a.txt", b"one\r\ntwo\r\n")
    project.write("mixed.txt", b"one\r\ntwo\n")
    project.commit()
    assert project.git("status", "--porcelain") == ""


def line_ends_changed_below_attributes(project: Project) -> None:
    line_ends_by_attributes(project)
    project.write("a.txt", b"one\r\nthree\r\n")


def keyword_expanded(project: Project) -> None:
    project.write(".gitattributes", b"*.py ident\n")
    project.write("idea.py", b"# $Id$\n")
    project.commit()
    (project.root / "idea.py").unlink()
    project.git("checkout", "--quiet", "--", "idea.py")
    assert b"$Id: " in (project.root / "idea.py").read_bytes()


def other_encoding_on_disk(project: Project) -> None:
    project.write(".gitattributes", b"*.txt working-tree-encoding=UTF-16LE\n")
    project.write("a.txt", "text\n".encode("utf-16-le"))
    project.commit()


def nested_ignore_files(project: Project) -> None:
    project.write("package/.gitignore", b"*.log\n!kept.log\n")
    project.write("package/kept.log", b"kept")


def in_conflict(project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "other")
    project.write("idea.py", b"print('theirs')\n")
    project.commit()
    project.git("checkout", "--quiet", "main")
    project.write("idea.py", b"print('ours')\n")
    project.commit()
    with pytest.raises(subprocess.CalledProcessError):
        project.git("merge", "other")


def hidden_from_status(project: Project) -> None:
    project.git("update-index", "--assume-unchanged", "idea.py")
    project.write("idea.py", b"print('nobody looks')\n")


def skipped_by_status(project: Project) -> None:
    project.git("update-index", "--skip-worktree", "idea.py")
    project.write("idea.py", b"print('nobody looks')\n")


def sparse(project: Project) -> None:
    project.git("sparse-checkout", "set", "--no-cone", "/*", "!package/")


def detached(project: Project) -> None:
    project.git("checkout", "--quiet", "--detach")
    project.write("idea.py", b"detached\n")


def packed_and_shallow(project: Project) -> None:
    for number in range(3):
        project.write("idea.py", b"%d\n" % number)
        project.commit()
    project.git("gc", "--quiet", "--aggressive")
    project.write("idea.py", b"and more\n")


CHANGES: list[Callable[[Project], None]] = [
    nothing, unstaged_change, staged_change, staged_then_changed_again, staged_then_changed_back, deleted,
    staged_deletion, left_the_index_only, renamed, new_file, new_file_in_new_folder, new_file_announced,
    staged_then_deleted, made_executable, no_longer_executable, new_program, new_links, link_led_elsewhere,
    empty_and_binary, odd_names, odd_names_committed_then_changed, file_became_link, link_became_file,
    file_became_folder, folder_became_file, folder_became_link, folder_became_link_and_was_staged,
    line_ends_by_attributes, line_ends_by_setting, line_ends_changed_below_attributes, keyword_expanded,
    other_encoding_on_disk, nested_ignore_files, in_conflict, hidden_from_status, skipped_by_status, sparse,
    detached, packed_and_shallow,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_brings_back_every_byte(project: Project, change: Callable[[Project], None]) -> None:
    """Whatever was done to the files: the restored tree is the one that ran, in bytes, modes and links."""
    change(project)

    project.round_trip()

    assert project.restored == listing(project.root)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_looking_changes_nothing(project: Project, change: Callable[[Project], None]) -> None:
    """Gate and snapshot leave the user's index, objects and files as they were, to the byte."""
    change(project)
    os.utime(project.root / "idea.py", (1, 1))  # git would like to write the new time into its index
    before = listing(project.root, without=())

    source = project.source()
    keep_code(source, read_code_state(source), project.room / "run" / "code")

    assert listing(project.root, without=()) == before


def test_ignored_files_stay_behind(project: Project) -> None:
    """Ignored files are not code: they are neither kept nor restored."""
    project.write(".gitignore", b"*.log\n")
    project.write("noise.log", b"noise")
    project.round_trip()

    expected = listing(project.root)
    del expected[b"noise.log"]
    assert project.restored == expected


@pytest.mark.parametrize("pattern", [b"idea.py\n", b"*\n"])
def test_a_file_that_runs_is_kept_although_ignored(project: Project, pattern: bytes) -> None:
    """The file that is run counts as changed where git ignores it: no commit would hold it."""
    project.write(".gitignore", pattern)
    project.git("add", "--force", ".gitignore")
    project.git("rm", "--quiet", "--cached", "idea.py")
    project.commit()

    assert "idea.py" in read_code_state(project.source()).changed
    project.round_trip()
    assert project.restored == listing(project.root)


def test_a_file_that_runs_in_an_ignored_folder_is_kept(project: Project) -> None:
    """The file that is run counts as changed where git ignores the folder around it."""
    project.write(".gitignore", b"scratch/\n")
    project.commit()
    entry = project.write("scratch/idea.py", b"print('scratch')\n")

    assert read_code_state(find_source(entry, exempt=[])).changed == ("scratch/idea.py",)


def test_before_the_first_commit_the_whole_tree_is_kept(tmp_path: Path) -> None:
    """A repository without a commit is restored from the snapshot alone."""
    project = Project(root=tmp_path / "project", room=tmp_path / "room")
    project.root.mkdir()
    project.git("init", "--quiet")
    project.write("idea.py", b"idea\n")
    project.write("staged.py", b"staged\n")
    project.git("add", "staged.py")

    restored = project.round_trip()

    assert project.restored == listing(project.root)
    assert restored.code.commit is None


def test_outside_git_the_folder_is_kept(tmp_path: Path) -> None:
    """Without a repository the folder of the file comes back, caches and environments aside."""
    project = Project(root=tmp_path / "project", room=tmp_path / "room")
    project.write("idea.py", b"idea\n")
    project.write(b"caf\xe9/tool", b"#!/bin/sh\n", program=True)
    (project.root / "link").symlink_to("nowhere")
    expected = listing(project.root)
    project.write("__pycache__/idea.cpython-311.pyc", b"x")
    project.write("venv/pyvenv.cfg", b"home = /usr\n")
    project.write("runs/.gitignore", b"*\n")
    project.write("runs/old.txt", b"old")
    project.write("data/picture.png", b"png")

    restored = project.round_trip("data")

    assert project.restored == expected
    assert restored.code.kind == "tree"


def test_a_linked_working_tree_comes_back(project: Project) -> None:
    """A working tree beside the main one is guarded by itself, and found again when it is gone."""
    project.git("worktree", "add", "--quiet", "-b", "side", "../side")
    side = Project(root=project.root.parent / "side", room=project.room)
    side.write("idea.py", b"side\n")
    source = side.source()
    keep_code(source, read_code_state(source), side.room / "run" / "code")
    expected = listing(side.root)
    shutil.rmtree(side.root)

    restore(side.room / "run", side.room / "restored")

    assert side.restored == expected


def test_a_folder_inside_is_guarded_by_its_repository(project: Project) -> None:
    """A file deep in a repository brings the whole repository back."""
    project.write("package/part.py", b"part = 3\n")
    source = find_source(project.root / "package/part.py", exempt=[])

    assert source.root == project.root
    assert read_code_state(source).changed == ("package/part.py",)


@pytest.mark.parametrize("staged", [True, False])
def test_exempt_folders_are_as_committed(project: Project, staged: bool) -> None:
    """Of a data folder that is committed, the commit's files come back; changes there are no code."""
    project.write("data*/a.txt", b"a")
    project.write("data*/gone.txt", b"gone")
    project.commit()
    expected = listing(project.root)
    project.write("data*/a.txt", b"changed")
    project.write("data*/b.txt", b"new")
    (project.root / "data*/gone.txt").unlink()
    if staged:
        project.git("add", "--all")

    restored = project.round_trip("data*")

    assert project.restored == expected
    assert restored.code.changed == ()


# -- Submodules ----------------------------------------------------------------------


@pytest.fixture
def with_submodule(project: Project, tmp_path: Path) -> Project:
    """Return a project with a submodule `part` at a commit."""
    library = Project(root=tmp_path / "library", room=tmp_path)
    library.write("library.py", b"library = 1\n")
    library.git("init", "--quiet", "--initial-branch=main")
    library.commit()
    project.git("submodule", "--quiet", "add", str(library.root), "part")
    project.commit()
    return project


def test_a_submodule_comes_back_filled(with_submodule: Project) -> None:
    """The pointer is restored, and the files behind it while their commit is on this machine."""
    restored = with_submodule.round_trip()

    assert with_submodule.restored == listing(with_submodule.root)
    assert restored.missing == ()


def test_a_moved_submodule_pointer_comes_back(with_submodule: Project) -> None:
    """A submodule that stands at another commit than the repository says comes back at that commit."""
    with_submodule.write("part/library.py", b"library = 2\n")
    with_submodule.git("commit", "--quiet", "-am", "two", within="part")

    restored = with_submodule.round_trip()

    assert with_submodule.restored == listing(with_submodule.root)
    assert restored.code.changed == ("part",)


@pytest.mark.parametrize("path", ["part/library.py", "part/new.py"])
def test_a_dirty_submodule_is_refused(with_submodule: Project, path: str) -> None:
    """Changes inside a submodule are in no snapshot: the gate names them."""
    with_submodule.write(path, b"changed\n")

    with pytest.raises(GateRefused, match=rf"SRC-003: submodule part .*{path.removeprefix('part/')}"):
        read_code_state(with_submodule.source())


def test_a_submodule_that_is_nowhere_is_named(with_submodule: Project) -> None:
    """Where the commit of a submodule cannot be found, its folder is empty and the user is told."""
    source = with_submodule.source()
    keep_code(source, read_code_state(source), with_submodule.room / "run" / "code")
    shutil.rmtree(with_submodule.root / "part")
    shutil.rmtree(with_submodule.root / ".git/modules")

    restored = restore(with_submodule.room / "run", with_submodule.room / "restored")

    assert [line.partition(",")[0] for line in restored.missing] == ["submodule part"]
    assert (with_submodule.room / "restored/part").is_dir()


def test_a_repository_inside_is_refused(project: Project) -> None:
    """A repository inside that is no submodule and not ignored can be kept by nobody: it is named."""
    project.write("inner/file.py", b"x")
    project.git("init", "--quiet", "inner")

    with pytest.raises(GateRefused, match=r"SRC-002: .* inner/"):
        read_code_state(project.source())


# -- Files too large for a snapshot --------------------------------------------------


def test_a_large_file_is_named_not_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the limit is listed with size and digest, and said to be missing after a restore."""
    monkeypatch.setattr(working_tree, "LARGEST_KEPT", 1000)
    project.write("huge.bin", b"x" * 1001)
    project.write("package/data.bin", b"y" * 1001)

    restored = project.round_trip()

    assert [note.path for note in restored.code.left_out] == ["huge.bin", "package/data.bin"]
    assert [line.split(",")[0] for line in restored.missing] == ["huge.bin", "package/data.bin"]
    assert restored.code.notices[0].startswith("'huge.bin', 1,001 bytes, is named and hashed but too large")
    expected = listing(project.root)
    del expected[b"huge.bin"], expected[b"package/data.bin"]
    assert project.restored == expected


def test_lfs_files_are_known_by_their_pointers(project: Project) -> None:
    """What git-lfs manages is named by its pointer, neither read nor copied; the pointer comes back."""
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 12345\n"
    project.write("weights.bin", pointer)
    project.commit()
    project.write(".gitattributes", b"*.bin filter=lfs\n")
    project.commit()

    restored = project.round_trip()

    notes = {note.path: note for note in restored.code.left_out}
    assert (notes["weights.bin"].size, notes["weights.bin"].sha256) == (12345, "ab" * 32)
    assert project.restored[b"weights.bin"] == ("file", pointer)


# -- Where the commit comes from -----------------------------------------------------


def kept_run(project: Project) -> Path:
    """Return a run of `project` with a new file."""
    project.write("new.py", b"new\n")
    source = project.source()
    keep_code(source, read_code_state(source), project.room / "run" / "code")
    return project.room / "run"


def test_the_commit_is_found_around_the_working_directory(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the repository has moved, the one around the working directory serves."""
    run, expected = kept_run(project), listing(project.root)
    project.root.rename(project.room / "moved")
    monkeypatch.chdir(project.room / "moved" / "package")

    restore(run, project.room / "restored")

    assert project.restored == expected


@pytest.fixture
def served(project: Project) -> Iterator[str]:
    """Serve the projects beside this one on loopback, and give the address of `project`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["--export-all", "--listen=127.0.0.1", f"--port={port}", "--reuseaddr"]
    server = subprocess.Popen(["git", "daemon", *words, f"--base-path={project.root.parent}"])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"git://127.0.0.1:{port}/served"
    finally:
        server.terminate()
        server.wait()


def test_the_commit_is_fetched_from_its_remote(
    project: Project, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When no repository on this machine has the commit, it is fetched from the address in the record."""
    project.git("remote", "add", "origin", served)
    run, expected = kept_run(project), listing(project.root)
    project.git("clone", "--quiet", "--bare", ".", "../served")
    shutil.rmtree(project.root)
    monkeypatch.chdir(project.room)

    restore(run, project.room / "restored")

    assert project.restored == expected


def test_a_commit_that_is_nowhere_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the commit nothing is restored: the message names it and where it was looked for."""
    run = kept_run(project)
    shutil.rmtree(project.root)
    monkeypatch.chdir(project.room)

    with pytest.raises(DataError, match=r"SRC-012: commit [0-9a-f]{40} was not found in .*project"):
        restore(run, project.room / "restored")
    assert not (project.room / "restored").exists()


@pytest.mark.parametrize("address", ["ext::sh -c touch% {}", "file://{}", "--upload-pack=touch {}", "{}"])
def test_a_strangers_address_runs_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """An address that would run a program, or lead to a folder of this machine, is not followed."""
    run = kept_run(project)
    mark = project.room / "mark"
    change(run, lambda facts: facts.update(remote=address.format(mark)))
    shutil.rmtree(project.root)
    monkeypatch.chdir(project.room)

    with pytest.raises(DataError, match="SRC-012"):
        restore(run, project.room / "restored")
    assert not mark.exists()


# -- Targets -------------------------------------------------------------------------


def test_an_empty_folder_may_be_the_target(project: Project) -> None:
    """A folder that is there and empty is filled."""
    run = kept_run(project)
    (project.room / "restored").mkdir()

    restore(run, project.room / "restored")

    assert project.restored == listing(project.root)


@pytest.mark.parametrize("kind", ["full", "file", "link"])
def test_nothing_is_overwritten(project: Project, kind: str) -> None:
    """A target that holds something, or is no folder, stays as it is."""
    run, target = kept_run(project), project.room / "restored"
    if kind == "full":
        target.mkdir()
        (target / "mine").write_text("mine")
    elif kind == "file":
        target.write_text("mine")
    else:
        target.symlink_to(project.room)
    before = listing(project.room)

    with pytest.raises(ConfigError, match="CFG-013"):
        restore(run, target)
    assert listing(project.room) == before


# -- Runs made by a stranger ---------------------------------------------------------


def change(run: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Edit the manifest of a run."""
    place = run / "code" / "code.json"
    facts = json.loads(place.read_bytes())
    edit(facts)
    place.write_text(json.dumps(facts))


@pytest.mark.parametrize(
    "path",
    [
        "../out",
        "/tmp/out",
        "a/../../out",
        ".git/hooks/post-checkout",
        ".GIT/config",
        "a//b",
        ".",
        "",
        "a\0b",
        "a/",
    ],
)
@pytest.mark.parametrize("key", ["path", "deleted"])
def test_paths_that_lead_out_are_refused(project: Project, path: str, key: str) -> None:
    """Climbing, absolute, empty and git's own paths are refused before anything is written."""
    run = kept_run(project)
    change(run, lambda f: f["kept"][0].update(path=path) if key == "path" else f["deleted"].append(path))
    before = listing(project.room)

    with pytest.raises(DataError, match="SRC-010"):
        restore(run, project.room / "restored")
    assert listing(project.room) == before


def test_nothing_is_written_through_a_link(project: Project) -> None:
    """A tree with a file below one of its own links is refused."""
    (project.root / "out").symlink_to(project.room)
    run = kept_run(project)
    change(run, lambda facts: facts["kept"][0].update(path="out/new.py"))

    with pytest.raises(DataError, match=r"SRC-010: .*lies below 'out'"):
        restore(run, project.room / "restored")
    assert not (project.room / "new.py").exists()


def test_no_link_in_the_run_folder_is_followed(project: Project) -> None:
    """A link put in place of a kept file is not read through."""
    run = kept_run(project)
    place = run / "code/files/new.py"
    shutil.copy(place, project.room / "elsewhere")
    place.unlink()
    place.symlink_to(project.room / "elsewhere")

    with pytest.raises(DataError, match="SRC-011"):
        restore(run, project.room / "restored")


def test_a_link_among_the_folders_of_the_run_is_not_followed(project: Project) -> None:
    """A link put in place of the folder of kept files is not read through."""
    run = kept_run(project)
    shutil.move(run / "code/files", project.room / "elsewhere")
    (run / "code/files").symlink_to(project.room / "elsewhere")

    with pytest.raises(DataError, match="SRC-011"):
        restore(run, project.room / "restored")


def test_changed_bytes_are_noticed(project: Project) -> None:
    """One flipped bit in a kept file, and nothing is restored."""
    run = kept_run(project)
    (run / "code/files/new.py").write_bytes(b"nev\n")

    with pytest.raises(DataError, match=r"SRC-013: new\.py"):
        restore(run, project.room / "restored")
    assert not (project.room / "restored").exists()
    assert not list(project.room.glob(".deepdiva-*"))


def test_a_file_hidden_from_the_manifest_is_noticed(project: Project) -> None:
    """A manifest that no longer names a file does not fit the digest of the tree."""
    run = kept_run(project)
    change(run, lambda facts: facts["kept"].clear())

    with pytest.raises(DataError, match="SRC-013"):
        restore(run, project.room / "restored")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"format": 1}', b"\xff", b"[" * 100_000])
def test_a_damaged_manifest_is_an_error_of_ours(project: Project, content: bytes) -> None:
    """Whatever stands in code.json: no traceback."""
    run = kept_run(project)
    (run / "code" / "code.json").write_bytes(content)

    with pytest.raises(DataError, match="SRC-010"):
        restore(run, project.room / "restored")


def test_a_hostile_commit_cannot_climb(project: Project) -> None:
    """A commit whose tree names `..` is refused."""
    blob = project.git("rev-parse", "HEAD:idea.py").strip()
    raw = b"100644 ..\0" + bytes.fromhex(blob)
    words = ["git", "-C", str(project.root), "hash-object", "-t", "tree", "-w", "--stdin", "--literally"]
    tree = subprocess.run(words, input=raw, check=True, capture_output=True).stdout.decode().strip()
    commit = project.git("commit-tree", "-m", "hostile", tree).strip()
    run = kept_run(project)
    change(run, lambda facts: facts.update(commit=commit))

    with pytest.raises(DataError, match="SRC-010"):
        restore(run, project.room / "restored")
