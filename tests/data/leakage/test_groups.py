"""Groups on both sides."""

from __future__ import annotations

import pytest

from deepdiva.data.layouts import Sample
from deepdiva.data.leakage.groups import groups_across
from deepdiva.errors import ConfigError


def word(name: str, split: str, **cells: str) -> Sample:
    return Sample(name, "train" if split == "train" else "test", (name,), (), cells)


def test_a_writer_in_train_and_test_is_a_group_on_both_sides() -> None:
    """It is told with its counts and a sample of each side; writers of one side are none."""
    samples = [
        word("1", "train", writer="ada"),
        word("2", "train", writer="ada"),
        word("3", "train", writer="bo"),
        word("4", "test", writer="ada"),
        word("5", "test", writer=""),
    ]
    (group,) = groups_across(samples, None)

    assert (group.column, group.value, dict(group.counts)) == ("writer", "ada", {"train": 2, "test": 1})
    assert group.first == ("1", "4")


def test_a_bare_page_number_counts_within_its_writer() -> None:
    """Page 1 of one writer is not page 1 of another."""
    apart = [word("1", "train", writer="ada", page="1"), word("2", "test", writer="bo", page="1")]
    named = [word("1", "train", page="codex-1r"), word("2", "test", page="codex-1r")]

    assert groups_across(apart, None) == ()
    assert [group.value for group in groups_across(named, None)] == ["codex-1r"]


def test_paths_tell_a_group_that_is_asked_for() -> None:
    """`writer-12` in a path is writer 12."""
    samples = [word("train/a/writer-12_1.png", "train"), word("test/a/writer-12_2.png", "test")]

    assert groups_across(samples, None) == ()
    assert [group.value for group in groups_across(samples, "writer")] == ["12"]


def test_a_group_that_nothing_tells_is_refused() -> None:
    """A typing error must not pass for a clean answer."""
    with pytest.raises(ConfigError, match="DATA-028"):
        groups_across([word("1", "train", writer="ada")], "writr")
