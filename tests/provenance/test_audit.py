"""Rules for the events by which files, folders, programs and hosts are noticed."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

import pytest
from tests.provenance.stacks import IMPORT, INSTALLED, OURS, STANDARD, THEIRS, called_by

from deepdiva.provenance import audit
from deepdiva.provenance.audit import on_event
from deepdiva.provenance.reads import Notebook

READ, WRITE = os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """Return the notebook that is written into."""
    found = Notebook()
    monkeypatch.setattr(audit, "NOTEBOOK", found)
    return found


def happen(files: list[str], event: str, *words: Any) -> None:
    """Let the innermost of `files` cause an event; the hook itself, without checks of its arguments."""
    space: dict[str, Any] = {"on_event": inspect.unwrap(on_event), "event": event, "words": words}
    exec(compile("def act():\n    on_event(event, words)", files[-1], "exec"), space)
    called_by(files[:-1], space["act"])


def names(book: Notebook) -> dict[str, str]:
    return {subject.name: subject.kind for subject in book.heard()}


def test_a_file_that_is_read_is_noted(
    book: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is meant where the process works, with the line that asked; through packages, too."""
    monkeypatch.chdir(tmp_path)
    happen([OURS, THEIRS], "open", "a.npy", "r", READ)
    happen([OURS, THEIRS, INSTALLED], "open", b"/b.npy", "rb", READ)
    happen([OURS, INSTALLED], "open", "/hub/x.pth", "rb", READ)

    assert names(book) == {str(tmp_path / "a.npy"): "file", "/b.npy": "file", "/hub/x.pth": "file"}
    assert [reader.others for reader in book.heard().values()] == [False, False, True]
    assert book.heard().popitem()[1].line.file == INSTALLED


def test_what_this_package_reads_is_its_own_affair(book: Notebook) -> None:
    """It reads what it verified; only where training code hands it a path, that path counts."""
    happen([OURS], "open", "/x", "r", READ)
    happen([OURS, THEIRS, OURS], "open", "relative-to-a-folder.png", None, READ)
    happen([OURS, THEIRS, OURS], "open", "/labels.csv", "r", READ)

    assert names(book) == {"/labels.csv": "file"}


def test_a_module_that_is_named_counts(book: Notebook) -> None:
    """`--model lone:Net` has this package import what the user named; where it lies is judged later."""
    happen([OURS, IMPORT], "open", "/anywhere/lone.py", "r", READ)

    ((subject, reader),) = book.heard().items()
    assert (subject.name, reader.others) == ("/anywhere/lone.py", True)


@pytest.mark.parametrize("flags", [WRITE, os.O_RDWR | os.O_CREAT | os.O_EXCL])
def test_what_was_written_first_is_no_input(book: Notebook, tmp_path: Path, flags: int) -> None:
    """Neither under its name nor under the one that it was given then."""
    place = str(tmp_path / "scratch")
    happen([OURS, THEIRS], "open", place, "w", flags)
    happen([OURS, THEIRS], "os.rename", place, f"{place}-2", -1, -1)
    happen([OURS, THEIRS], "open", place, "r", READ)
    happen([OURS, THEIRS], "open", f"{place}-2", "r", READ)

    assert names(book) == {}


def test_what_was_only_appended_to_is_an_input(book: Notebook, tmp_path: Path) -> None:
    """The older part of it came from elsewhere."""
    place = tmp_path / "cache"
    place.write_text("old")
    happen([OURS, THEIRS], "open", str(place), "a", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    assert names(book) == {}
    happen([OURS, THEIRS], "open", str(place), "r", READ)

    assert names(book) == {str(place): "file"}


def test_other_things_are_noted(book: Notebook) -> None:
    """Folders, programs, hosts, libraries and extension modules, where training code asks for them."""
    for files in ([OURS, THEIRS, STANDARD], [OURS, INSTALLED]):
        happen(files, "os.scandir", "/elsewhere")
        happen(files, "subprocess.Popen", "git", ["git", "log"], None, None)
        happen(files, "socket.getaddrinfo", "example.org", 443, 0, 0, 0)
        happen(files, "ctypes.dlopen", "libm.so.6")
    happen([OURS, THEIRS, IMPORT], "import", "fast", "/desk/fast.so", None, None, None)

    assert names(book) == {
        "/elsewhere": "folder",
        "git": "program",
        "example.org:443": "host",
        "libm.so.6": "library",
        "/desk/fast.so": "file",
    }


def test_what_is_no_input_leaves_no_note(book: Notebook) -> None:
    """Open descriptors, Python looking for modules, a name that was looked up already, other events."""
    happen([OURS, THEIRS], "open", 5, "r", READ)
    happen([OURS, THEIRS, IMPORT], "os.listdir", "/desk")
    happen([OURS, THEIRS], "socket.connect", None, ("192.0.2.1", 80))
    happen([OURS, THEIRS], "os.remove", "/desk/x", -1)

    assert names(book) == {}


def test_an_odd_event_ends_nothing(book: Notebook) -> None:
    """A hook that fails would make the read fail."""
    happen([OURS, THEIRS], "open", object(), "r", READ)
    happen([OURS, THEIRS], "subprocess.Popen", None, [], None, None)

    assert names(book) == {}
