"""Lines that walk over a set in its order are found; those that do not care are not."""

from pathlib import Path

import pytest

from deepdiva.experiment.self_check.sets import walks_over_sets

WALKS = [
    "for x in {1, 2}: pass",
    "for x in set(y): pass",
    "a = [x for x in {z for z in y}]",
    "a = list(set(y))",
    "a = ','.join(frozenset(y))",
    "a = dict(enumerate(set(y) - {1}))",
    "a = [*set(y)]",
    "names = set(y)\nfor x in names: pass",
    "self.names = {1, 2}\na = tuple(self.names)",
    "names: set[str] = set()\na = {x: 1 for x in names}",
]
HARMLESS = [
    "for x in sorted({1, 2}): pass",
    "a = sorted(x for x in [1, 2])",
    "a = len(set(y)) + max({1, 2})",
    "a = 1 in {1, 2}",
    "a = {x for x in set(y)}",
    "for x in {1: 2}: pass",
    "for x in [1, 2]: pass",
    "this is no Python",
]


@pytest.mark.parametrize("text", WALKS)
def test_a_walk_is_found(tmp_path: Path, text: str) -> None:
    """The line is the last one of the text."""
    path = tmp_path / "idea.py"
    path.write_text(text + "\n")

    assert walks_over_sets(path) == [len(text.splitlines())]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_has_no_order_is_let_pass(tmp_path: Path, text: str) -> None:
    """Neither membership, nor size, nor a set made of a set can tell the order."""
    path = tmp_path / "idea.py"
    path.write_text(text + "\n")

    assert walks_over_sets(path) == []


def test_a_file_that_is_gone_has_no_lines(tmp_path: Path) -> None:
    """A hint is no reason to fail."""
    assert walks_over_sets(tmp_path / "missing.py") == []
