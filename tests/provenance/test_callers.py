"""Rules for telling whose code asked for something."""

from __future__ import annotations

import sys
import threading

import pytest
from tests.provenance.stacks import IMPORT, INSTALLED, OURS, STANDARD, THEIRS, called_by

from deepdiva.provenance import callers
from deepdiva.provenance.callers import Caller, Line, caller, owner_of


def ask(files: list[str]) -> Caller | None:
    """Return who asked in the innermost of `files`."""
    found: Caller | None = called_by(files, lambda: caller(sys._getframe(1)))
    return found


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        (OURS, "ours"),
        (INSTALLED, "installed"),
        (STANDARD, "standard"),
        (IMPORT, "standard"),
        (THEIRS, "theirs"),
    ],
)
def test_files_are_told_apart(file: str, owner: str) -> None:
    """By where they lie; what has no file is nobody's."""
    assert owner_of(file) == owner
    assert owner_of("<string>") == "standard"


def test_the_nearest_line_of_the_researcher_is_named() -> None:
    """Whatever packages stand between it and the read."""
    who = ask([OURS, "/desk/other.py", THEIRS, INSTALLED, STANDARD])

    assert who == Caller("installed", Line(INSTALLED, 3), Line(THEIRS, 3))


def test_a_script_that_calls_us_is_no_training_code() -> None:
    """What this package reads for itself is not blamed on whoever called it."""
    assert ask([THEIRS, OURS]) == Caller("ours", Line(OURS, 3), None)
    assert ask([THEIRS, OURS, INSTALLED]) == Caller("installed", Line(INSTALLED, 3), None)


def test_what_no_run_asked_for_is_nothing() -> None:
    """A script may read what it likes between its runs."""
    assert ask([THEIRS, INSTALLED]) is None


def test_a_thread_begins_with_itself() -> None:
    """A thread that training code started has nobody above it, and is training code all the same."""
    found: list[Caller | None] = []
    thread = threading.Thread(target=lambda: found.append(ask([THEIRS])))
    thread.start()
    thread.join()

    assert found[0] is not None
    assert found[0].theirs == Line(THEIRS, 3)


def test_imports_are_told() -> None:
    """Python's own importing has frames of its own."""
    assert called_by([IMPORT], lambda: callers.is_import(sys._getframe(1)))
    assert not called_by([THEIRS], lambda: callers.is_import(sys._getframe(1)))
