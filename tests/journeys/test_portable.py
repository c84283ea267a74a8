"""`deepdiva run --determinism portable`, typed as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.journeys.commands import Desk, Result, facts


def words_of(desk: Desk, *more: str, level: str = "portable") -> list[str | Path]:
    """Return the words of a short run that names no thread count."""
    words: list[str | Path] = [
        "run",
        "image-classification",
        "--data",
        desk.data,
        "--epochs",
        "1",
        "--seed",
        "1",
    ]
    return [*words, "--determinism", level, "--json", *more]


@pytest.fixture(scope="module")
def portable(shared_desk: Desk) -> Result:
    """Return what a run at level portable answered."""
    return shared_desk.type(*words_of(shared_desk))


def test_default_settings_are_portable(shared_desk: Desk, portable: Result) -> None:
    """The task's own optimizer is allowed, and the stamp tells level and the one thread."""
    stamp = json.loads((shared_desk.folder / portable.json["run"] / "stamp.json").read_text())

    assert portable.json["determinism"] == "portable"
    assert stamp["numeric_class"]["threads"] == 1
    assert stamp["numeric_class"]["device"] == "cpu"


@pytest.mark.slow
def test_inherited_thread_counts_move_no_bit(
    shared_desk: Desk, portable: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever OMP_NUM_THREADS says, weights, chain and numeric class are the same."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("MKL_NUM_THREADS", "2")
    answer = shared_desk.type(*words_of(shared_desk)).json

    assert answer["weights_sha256"] == portable.json["weights_sha256"]
    assert answer["numeric_class"] == portable.json["numeric_class"]
    assert facts(answer["run"]) == facts(portable.json["run"])


@pytest.mark.slow
def test_stopped_and_resumed_run_has_the_same_bits(shared_desk: Desk, portable: Result) -> None:
    """`resume` settles the level again, and what was rehearsed before leaves no trace."""
    stopped = shared_desk.type(*words_of(shared_desk, "--stop-after-steps", "7"), expect=130).json
    answer = shared_desk.type("resume", stopped["run"], "--json").json

    assert answer["weights_sha256"] == portable.json["weights_sha256"]
    assert facts(answer["run"]) == facts(portable.json["run"])


@pytest.mark.slow
def test_thread_counts_differ_at_strict(shared_desk: Desk) -> None:
    """One thread and two give other bits there: the day this changes, the docs are to be changed."""
    one, two = (
        shared_desk.type(*words_of(shared_desk, "--threads", threads, level="strict")).json
        for threads in ("1", "2")
    )

    assert one["weights_sha256"] != two["weights_sha256"]


@pytest.mark.slow
def test_fused_adam_is_portable(shared_desk: Desk) -> None:
    """Its kernel takes the exact root."""
    words = ["--optimizer", "Adam", "--optimizer-arguments", "fused=true", "--learning-rate", "0.001"]

    assert shared_desk.type(*words_of(shared_desk, *words)).json["status"] == "finished"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["--optimizer", "Adam"], "--optimizer-arguments fused=true"),
        (["--compile"], "--compile: leave it out"),
        (["--precision", "bfloat16"], "--precision float32"),
        (["--threads", "2"], "--threads 1"),
    ],
)
def test_what_is_not_portable_is_refused(shared_desk: Desk, words: list[str], remedy: str) -> None:
    """Exit 3 with the remedy, before anything is made."""
    before = sorted(shared_desk.folder.glob("runs/*"))
    answer = shared_desk.type(*words_of(shared_desk, *words), expect=3)

    assert "ENV-002" in answer.err
    assert remedy in answer.err
    assert sorted(shared_desk.folder.glob("runs/*")) == before


def test_all_is_told_at_once(shared_desk: Desk) -> None:
    """Every violation has a line of its own in one message."""
    words = ["--optimizer", "Adam", "--compile", "--precision", "bfloat16", "--threads", "2"]
    answer = shared_desk.type(*words_of(shared_desk, *words), expect=3)

    assert [line.split()[0].rstrip(":") for line in answer.err.splitlines() if line.startswith("    --")] == [
        *("--threads", "--compile", "--precision", "--optimizer")
    ]


@pytest.mark.slow
def test_contrary_variable_is_refused(shared_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that somebody set against the level is not overridden in silence."""
    monkeypatch.setenv("MKL_CBWR", "AVX2")

    assert "unset MKL_CBWR" in shared_desk.type(*words_of(shared_desk), expect=3).err


@pytest.mark.slow
def test_operation_of_an_own_task_is_named(desk: Desk) -> None:
    """A square root in the step of a task is refused with its place and what to write instead."""
    import deepdiva.tasks.image_classification as page

    step = 'reduction="none")'
    idea = desk.folder / "idea.py"
    idea.write_text(Path(page.__file__).read_text().replace(step, step + ".sqrt()"))
    desk.git("add", "idea.py")
    desk.git("commit", "-q", "-m", "Have an idea")
    words = [idea if word == "image-classification" else word for word in words_of(desk)]
    answer = desk.type(*words, expect=3)

    assert "sqrt of float32 in the step of the task" in answer.err
    assert ".double().sqrt().float()" in answer.err
