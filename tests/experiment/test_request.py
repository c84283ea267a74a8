"""Requests to TOML and back."""

from dataclasses import replace
from pathlib import Path

import pytest

from deepdiva.engine import Machine, Schedule
from deepdiva.errors import ConfigError
from deepdiva.experiment import RunRequest, read_request
from deepdiva.tasks import catalog

PAGE = catalog.find("image-classification")
REQUEST = RunRequest(
    task="image-classification",
    data="digits",
    seed=1,
    machine=Machine(threads=1),
    schedule=Schedule(patience=3, clip_gradient_norm=0.5),
    config=PAGE.config(),
)


def test_comes_back_as_it_went(tmp_path: Path) -> None:
    """What a run wrote down is what it was asked."""
    (tmp_path / "request.toml").write_text(REQUEST.as_toml())

    assert read_request(tmp_path / "request.toml") == REQUEST


def test_short_requests_are_filled_with_defaults(tmp_path: Path) -> None:
    """A request written by hand tells what matters and no more."""
    (tmp_path / "request.toml").write_text('task = "image-classification"\ndata = "digits"\nseed = 1\n')

    read = read_request(tmp_path / "request.toml")
    assert read == replace(REQUEST, machine=Machine(), schedule=Schedule())


@pytest.mark.parametrize("seed", [-1, 2**63, True])
def test_seeds_out_of_range_are_refused(seed: int) -> None:
    """A seed is a whole number below 2**63; `true` is none."""
    with pytest.raises(ConfigError, match="CFG-004"):
        replace(REQUEST, seed=seed)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no task"),
        ('task = "image-classification"\nseed = 1', "lacks a setting"),
        ('task = "image-classification"\ndata = "d"\nseed = 1\nschedule = 3', "is no table"),
        ('task = "image-classification"\ndata = "d"\nseed = "1"', "CFG-002"),
        ('task = "image-classification"\ndata = "d"\nseed = 1\n[schedule]\nepochs = 0', "CFG-003"),
        ('task = "image-clasification"\ndata = "d"\nseed = 1', "did you mean"),
    ],
)
def test_broken_requests_are_refused(tmp_path: Path, text: str, told: str) -> None:
    """What is missing, misspelt or of another type is named."""
    (tmp_path / "request.toml").write_text(text)

    with pytest.raises(ConfigError, match=told):
        read_request(tmp_path / "request.toml")


@pytest.mark.parametrize(
    "elsewhere", [{"task": "/home/ada/idea.py"}, {"data": "/mnt/data"}, {"name": "the third try"}]
)
def test_where_things_lie_is_not_in_the_digest(elsewhere: dict[str, str]) -> None:
    """The same request from another folder is the same request; the stamp tells code and data."""
    request = replace(REQUEST, task="./idea.py")

    assert replace(request, **elsewhere).digest == request.digest  # type: ignore[arg-type]


@pytest.mark.parametrize("task", ["./another.py", "idea"])
def test_another_task_is_another_request(task: str) -> None:
    """What is asked counts."""
    assert replace(REQUEST, task=task).digest != replace(REQUEST, task="./idea.py").digest
