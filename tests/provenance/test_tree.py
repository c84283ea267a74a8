"""Rules about what a data folder may hold, and how its files are opened."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepdiva.errors import DataError
from deepdiva.provenance.reading import TreeReader
from deepdiva.provenance.tree import DEEPEST, look_at, printable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1").write_text("one")
    return folder


@pytest.fixture
def nobody() -> Iterator[Path]:
    """Return a folder that an ordinary user may enter, and be that user where the tests run as root."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        if os.geteuid() != 0:
            yield Path(folder)
            return
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_a_link_in_a_loop_is_refused_without_hanging(root: Path) -> None:
    """The original followed links until the system gave up."""
    (root / "a" / "again").symlink_to("..")

    with pytest.raises(DataError, match=r"DATA-040 a/again: a link to \.\."):
        look_at(root)


def test_a_link_that_points_nowhere_is_refused(root: Path) -> None:
    """A link is refused by its name, whether it leads anywhere or not."""
    (root / "a" / "2").symlink_to("missing")

    with pytest.raises(DataError, match="DATA-040 a/2"):
        look_at(root)


def test_a_link_out_of_the_folder_is_refused(root: Path) -> None:
    """Data outside of the folder is no part of the data set."""
    (root / "a" / "2").symlink_to("/etc/passwd")

    with pytest.raises(DataError, match="DATA-041 a/2: a link out of the folder, to /etc/passwd"):
        look_at(root)


def test_the_folder_itself_may_be_a_link(root: Path, tmp_path: Path) -> None:
    """Who types the name of a link means what it points to."""
    (tmp_path / "latest").symlink_to(root)

    assert list(look_at(tmp_path / "latest").files) == ["a/1"]


def test_special_files_are_named_and_never_opened(root: Path) -> None:
    """Opening a pipe would wait for ever."""
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root)  # names of sockets are short
        try:
            server.bind("socket")
        finally:
            os.chdir(here)

        with pytest.raises(DataError, match=r"(?s)DATA-045 pipe.*DATA-045 socket"):
            look_at(root)


@pytest.mark.parametrize(
    ("name", "code", "shown"),
    [
        ("two\nlines", "DATA-030", r"'a/two\\nlines'"),
        ("tab\t", "DATA-030", r"'a/tab\\t'"),
        ("\x1b[31mred", "DATA-030", r"'a/\\x1b"),
        (os.fsdecode(b"caf\xe9"), "DATA-031", r"b'a/caf\\xe9'"),
    ],
)
def test_names_that_cannot_travel_are_refused_and_shown_escaped(
    root: Path, name: str, code: str, shown: str
) -> None:
    """Control characters and names that are not UTF-8 are found before anything is read."""
    (root / "a" / name).write_text("1")

    with pytest.raises(DataError, match=f"{code} {shown}"):
        look_at(root)


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("caf\u00e9", "cafe\u0301", "DATA-032"),
        ("A.png", "a.png", "DATA-033"),
        ("Stra\u00dfe", "STRASSE", "DATA-033"),
    ],
)
def test_twins_are_refused(root: Path, first: str, second: str, code: str) -> None:
    """Two names that are one on another file system would lose a file in a copy."""
    (root / "a" / first).write_text("1")
    (root / "a" / second).write_text("2")

    with pytest.raises(DataError, match=code):
        look_at(root)


def test_the_same_name_in_two_folders_is_no_twin(root: Path) -> None:
    """Names are compared within a folder."""
    (root / "b").mkdir()
    (root / "b" / "1").write_text("one")

    assert set(look_at(root).files) == {"a/1", "b/1"}


@pytest.mark.parametrize(
    "name", ["\u202egnp.exe", "-rf", "%s", "$HOME", "two words", "\U0001f600.png", "caf\u00e9", "'\"", "#;&|"]
)
def test_odd_names_work(root: Path, name: str) -> None:
    """Whatever can be a name of a file can be one of a data set."""
    (root / "a" / name).write_text("1")

    assert f"a/{name}" in look_at(root).files


@pytest.mark.parametrize("name", ["con", "AUX.txt", "lpt1.png", "dot.", "space ", "a:b", "back\\slash", "x?"])
def test_names_that_windows_cannot_hold_are_noted(root: Path, name: str) -> None:
    """They work here, and a notice tells those who share the data set."""
    (root / "a" / name).write_text("1")

    assert look_at(root).unportable == [f"a/{name}"]


@pytest.mark.parametrize("name", ["console.txt", "auxiliary", "com.png", "a.b", "lpt10"])
def test_names_that_only_look_like_it_are_not_noted(root: Path, name: str) -> None:
    """Reserved names are reserved as a whole."""
    (root / "a" / name).write_text("1")

    assert look_at(root).unportable == []


def test_ignored_entries_are_counted(root: Path) -> None:
    """What is left out is left out by one list, and one can know how much it was."""
    for name in ("Thumbs.db", ".DS_Store", "._1", ".gitignore"):
        (root / "a" / name).write_text("1")
    (root / ".git").mkdir()
    (root / ".git" / "HEAD").write_text("ref")

    tree = look_at(root)

    assert list(tree.files) == ["a/1"]
    assert tree.ignored == 5


def test_a_file_that_may_not_be_entered_is_named(nobody: Path) -> None:
    """A folder without permission is an error of ours, with its name."""
    (nobody / "closed").mkdir()
    (nobody / "closed").chmod(0)

    with pytest.raises(DataError, match="DATA-044 closed: cannot be opened: Permission denied"):
        look_at(nobody)


def test_endless_depth_is_refused(tmp_path: Path) -> None:
    """Deep trees are walked, endless ones are not."""
    place = tmp_path
    for _ in range(DEEPEST + 1):
        place /= "d"
    place.mkdir(parents=True)

    with pytest.raises(DataError, match="DATA-034"):
        look_at(tmp_path)


def test_thirty_levels_are_fine(tmp_path: Path) -> None:
    """Archives of scans are that deep."""
    place = tmp_path.joinpath(*["level"] * 30)
    place.mkdir(parents=True)
    (place / "1").write_text("one")

    assert list(look_at(tmp_path).files) == ["level/" * 30 + "1"]


def test_all_faults_are_named_at_once(root: Path) -> None:
    """Nobody has to start ten times to find ten faults."""
    for number in range(3):
        (root / f"link {number}").symlink_to("a")

    with pytest.raises(DataError, match=r"(?s)3 entries.*link 0.*link 1.*link 2"):
        look_at(root)


def test_reading_never_follows_a_link(root: Path) -> None:
    """A file or folder that became a link after the scan is not opened."""
    (root / "b").symlink_to("a")
    (root / "a" / "2").symlink_to("1")

    with TreeReader(root) as reader:
        for path in ("b/1", "a/2"):
            with pytest.raises(OSError, match=r"symbolic links|Not a directory"):
                reader.open(path)
        os.close(reader.open("a/1"))


@pytest.mark.parametrize("path", ["a b", "caf\u00e9", "\U0001f600"])
def test_harmless_names_are_shown_as_they_are(path: str) -> None:
    """Only what could move a terminal is escaped."""
    assert printable(path) == path


@pytest.mark.parametrize("path", ["\x1b[2J", "a\nb", "\u202egnp", "\udce9"])
def test_names_that_move_a_terminal_are_escaped(path: str) -> None:
    """A name of a file never becomes a command to the terminal."""
    assert printable(path).isascii()
    assert "\x1b" not in printable(path)
