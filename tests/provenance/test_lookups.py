"""Rules for environment variables: who asks for which, and what is only a habit of Python."""

from __future__ import annotations

import os
from typing import Any

import pytest
from tests.provenance.stacks import IMPORT, INSTALLED, OURS, STANDARD, THEIRS, called_by

from deepdiva.provenance import lookups
from deepdiva.provenance.lookups import Environment
from deepdiva.provenance.reads import Notebook


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """Return the notebook that is written into."""
    found = Notebook()
    monkeypatch.setattr(lookups, "NOTEBOOK", found)
    return found


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Return a copy of `os.environ` with a few variables, noticing."""
    monkeypatch.setenv("MY_LR", "0.1")
    monkeypatch.setenv("HOME", "/home/ada")
    real: Any = os.environ
    facts = vars(real)
    return Environment(
        dict(facts["_data"]), real.encodekey, real.decodekey, real.encodevalue, real.decodevalue
    )


def ask(files: list[str], environment: Environment, expression: str) -> Any:
    space: dict[str, Any] = {"environ": environment}
    exec(compile(f"def act():\n    return {expression}", files[-1], "exec"), space)
    return called_by(files[:-1], space["act"])


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("environ['MY_LR']", "0.1"),
        ("environ.get('MY_LR', '1')", "0.1"),
        ("'MY_LR' in environ", True),
        ("environ.setdefault('MY_LR', '1')", "0.1"),
    ],
)
def test_every_way_to_ask_is_noticed(
    book: Notebook, environment: Environment, expression: str, answer: object
) -> None:
    """And answers what it always did."""
    assert ask([OURS, THEIRS], environment, expression) == answer

    ((subject, reader),) = book.heard().items()
    assert (subject.kind, subject.name, reader.found) == ("variable", "MY_LR", True)
    assert reader.line.file == THEIRS


def test_that_it_is_not_set_is_an_answer(book: Notebook, environment: Environment) -> None:
    """A run depends on an absent variable as on one that is set."""
    assert ask([OURS, THEIRS], environment, "environ.get('ABSENT_HERE')") is None
    assert [(s.name, r.found) for s, r in book.heard().items()] == [("ABSENT_HERE", False)]


def test_all_of_them_are_one_note(book: Notebook, environment: Environment) -> None:
    """A copy of the environment names no variable; its values are all there."""
    assert ask([OURS, THEIRS], environment, "dict(environ)")["MY_LR"] == "0.1"
    assert ask([OURS, THEIRS], environment, "environ.copy()") == dict(environment)
    assert {subject.name for subject in book.heard()} == {"*"}


def test_what_was_set_here_is_no_input(book: Notebook, environment: Environment) -> None:
    """A task that sets a variable for a library, and reads it back."""
    ask([OURS, THEIRS], environment, "environ.__setitem__('MADE_HERE_ONLY', '1')")
    ask([OURS, THEIRS], environment, "environ['MADE_HERE_ONLY']")

    assert book.heard() == {}
    os.environ.pop("MADE_HERE_ONLY", None)


def test_habits_are_no_inputs(book: Notebook, environment: Environment) -> None:
    """The standard library looks for HOME on behalf of its caller; asked by name it counts."""
    ask([OURS, THEIRS, STANDARD], environment, "environ['HOME']")
    assert book.heard() == {}
    ask([OURS, THEIRS, STANDARD], environment, "environ['MY_LR']")
    ask([OURS, THEIRS], environment, "environ['HOME']")

    assert {subject.name for subject in book.heard()} == {"HOME", "MY_LR"}


def test_packages_are_heard_where_training_code_calls_them(book: Notebook, environment: Environment) -> None:
    """With what is set, and not while they are imported; this package's own settings are its own."""
    for files in ([OURS, INSTALLED], [OURS, THEIRS, IMPORT, INSTALLED], [OURS, THEIRS, OURS]):
        ask(files, environment, "environ.get('MY_LR')")
    ask([OURS, THEIRS, INSTALLED], environment, "environ.get('ABSENT_HERE')")
    assert book.heard() == {}
    ask([OURS, THEIRS, INSTALLED], environment, "environ.get('MY_LR')")

    assert {subject.name for subject in book.heard()} == {"MY_LR"}
