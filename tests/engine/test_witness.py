"""Who asks for what does not repeat is noted at the line of the researcher's code, and nobody else."""

from __future__ import annotations

import importlib.util
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import deepdiva
from deepdiva.engine.determinism import seed_generators
from deepdiva.engine.witness import Ask, Witness, is_researchers, read_notes

IDEA = """
import datetime, os, random, secrets, time, uuid
import numpy as np
import torch

def clock(): return time.time()
def nanoseconds(): return time.perf_counter_ns()
def today(): return datetime.datetime.now()
def process(): return os.getpid()
def address(): return id(os)
def system(): return os.urandom(4)
def secret(): return secrets.token_hex()
def unique(): return uuid.uuid4()
def new_numpy(): return np.random.default_rng()
def new_random(): return random.Random()
def new_torch(): return torch.Generator().seed()
def python(): return random.random()
def shuffled(): return random.shuffle([1, 2, 3])
def numpy(): return np.random.rand()
def tensor(): return torch.rand(2)
def filled(): return torch.empty(2).normal_()
def seeded(): return np.random.default_rng(1), random.Random(1), torch.Generator().manual_seed(1)
def plain(): return sorted([2, 1]), torch.ones(2).sum(), np.ones(2).sum()
"""


@pytest.fixture
def idea(tmp_path: Path) -> ModuleType:
    """Return a module of a source tree."""
    path = tmp_path / "tree" / "idea.py"
    path.parent.mkdir()
    path.write_text(IDEA)
    spec = importlib.util.spec_from_file_location("watched_idea", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def watched(tmp_path: Path) -> Callable[..., list[tuple[str, str]]]:
    """Return a way to call functions under watch, and to see the kind and the text of what was noted."""

    def call(*functions: Callable[[], object]) -> list[tuple[str, str]]:
        notes = tmp_path / "asked.jsonl"
        notes.unlink(missing_ok=True)
        with Witness(tmp_path / "tree", notes):
            for function in functions:
                function()
        lines = IDEA.splitlines()
        return [(ask.kind, lines[ask.line - 1].partition("(")[0]) for ask in read_notes(notes)]

    return call


Watched = Callable[..., list[tuple[str, str]]]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("clock", "clock"),
        ("nanoseconds", "clock"),
        ("today", "clock"),
        ("process", "process"),
        ("address", "address"),
        ("system", "entropy"),
        ("secret", "entropy"),
        ("unique", "entropy"),
        ("new_numpy", "entropy"),
        ("new_random", "entropy"),
        ("new_torch", "entropy"),
        ("python", "unseeded draw"),
        ("shuffled", "unseeded draw"),
        ("numpy", "unseeded draw"),
        ("tensor", "unseeded draw"),
        ("filled", "unseeded draw"),
    ],
)
def test_what_does_not_repeat_is_noted(idea: ModuleType, watched: Watched, name: str, kind: str) -> None:
    """Each source is noted once, at the line that asks, however often it does."""
    function = getattr(idea, name)

    assert watched(function, function) == [(kind, f"def {name}")]


def test_what_repeats_is_not_noted(idea: ModuleType, watched: Watched) -> None:
    """Generators with a seed and plain sums are nobody's business."""
    assert watched(idea.seeded, idea.plain) == []


def test_draws_after_seeding_are_not_noted(idea: ModuleType, watched: Watched) -> None:
    """What the engine seeded may be drawn from."""
    draws = (idea.python, idea.numpy, idea.tensor, idea.filled, idea.shuffled)

    assert watched(lambda: seed_generators(3), *draws) == []


def test_seeding_one_generator_leaves_the_others_unseeded(idea: ModuleType, watched: Watched) -> None:
    """The three families are told apart."""
    assert watched(lambda: torch.manual_seed(1), idea.tensor, idea.numpy) == [("unseeded draw", "def numpy")]
    assert watched(lambda: np.random.seed(1), idea.numpy, idea.python) == [  # noqa: NPY002 - it is meant
        ("unseeded draw", "def python")
    ]


def test_code_outside_the_tree_is_not_noted(watched: Watched) -> None:
    """Neither this file nor a library is the researcher's."""
    assert watched(time.time, random.random, np.random.default_rng) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_draws_in_a_worker_are_noted_although_seeded(idea: ModuleType, watched: Watched) -> None:
    """A checkpoint holds the generators of the main process only."""

    def in_a_worker() -> None:
        child = os.fork()
        if child == 0:
            idea.numpy()
            os._exit(0)
        os.waitpid(child, 0)

    assert watched(lambda: seed_generators(3), in_a_worker) == [("draw in a worker", "def numpy")]


def test_everything_is_put_back(tmp_path: Path) -> None:
    """Watching moves no bit and leaves nothing behind."""
    function = np.random.rand
    np.random.seed(1)  # noqa: NPY002 - the global one is meant
    expected = np.random.rand()  # noqa: NPY002
    with Witness(tmp_path, tmp_path / "notes"):
        np.random.seed(1)  # noqa: NPY002
        found = np.random.rand()  # noqa: NPY002

    assert found == expected
    assert np.random.rand == function
    assert sys.getprofile() is None


def test_whose_code_it_is(tmp_path: Path) -> None:
    """The tree's own files are the researcher's; libraries and this package are not, but its tasks are."""
    package = Path(deepdiva.__file__).resolve().parent

    assert is_researchers(tmp_path / "idea.py", tmp_path.resolve())
    assert not is_researchers(tmp_path / ".venv/lib/site-packages/x.py", tmp_path.resolve())
    assert not is_researchers(Path(os.__file__), tmp_path.resolve())
    assert not is_researchers(package / "engine/loop.py", package)
    assert is_researchers(package / "tasks/image_classification.py", package)


def test_notes_of_nobody(tmp_path: Path) -> None:
    """Where no line asked there is no file, and that is no error."""
    assert read_notes(tmp_path / "missing") == ()
    assert Ask("clock", "idea.py", 3, True) == Ask(kind="clock", path="idea.py", line=3, direct=True)
