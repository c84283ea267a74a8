"""What a self-check makes of its trainings; the trainings are acted here, and done in the journeys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepdiva import errors
from deepdiva.engine import Machine, Schedule, StopSignal
from deepdiva.engine.replay import Replayed
from deepdiva.engine.uncarried import Held
from deepdiva.engine.witness import Ask
from deepdiva.errors import ConfigError, DataError, GateRefused
from deepdiva.experiment.child import Told, answer, read_error
from deepdiva.experiment.request import Place, RunRequest
from deepdiva.experiment.self_check import check_itself, culprits, refuse_level, trials
from deepdiva.experiment.self_check.agreement import VALIDATION, first_difference, told_place
from deepdiva.experiment.self_check.observed import Observed
from deepdiva.provenance import Source
from deepdiva.provenance.footprint import Footprint, VerifiedData
from deepdiva.record.chain import StepNote
from deepdiva.record.events import Event
from deepdiva.record.parting import Chain, Moment
from deepdiva.tasks.image_classification import Config


def seen(losses: str = "abcd", **more: Any) -> Observed:
    """Return a training of as many steps as `losses` has letters."""
    steps = tuple(StepNote(n, loss, "batch", "head") for n, loss in enumerate(losses, 1))
    states = {note.step: {"weights": note.loss, "optimizer": "o"} for note in steps}
    whole = Observed(
        folder=Path(),
        seen=Replayed(states),
        chain=Chain(steps, {Moment(0, 0): "first"}),
        scores=(score(0), score(1)),
        steps=4,
        held=(),
        sets=(),
        asks=(),
    )
    return replace(whole, **more)


def score(step: int, value: float = 0.5) -> Event:
    return Event(split="val", metric="loss", scope="epoch", epoch=0, step=step, time=0.0, value=value)


# -- Where they part -------------------------------------------------------------------


def test_equal_trainings_do_not_part() -> None:
    """Weights, measurements, lines and states: nothing differs."""
    assert first_difference(seen(), seen()) is None


@pytest.mark.parametrize(
    ("other", "step"),
    [
        (seen(chain=Chain(seen().chain.steps, {Moment(0, 0): "other"})), 0),
        (seen(scores=(score(0, 0.6), score(1))), VALIDATION),
        (seen(scores=(score(0), score(1, 0.6))), 1),
        (seen("abxd"), 3),
        (seen("abc"), 4),
        (seen(seen=Replayed({2: {"weights": "b", "optimizer": "other"}})), 2),
    ],
    ids=["weights", "validation", "measurement", "line", "shorter", "optimizer"],
)
def test_the_first_difference_counts(other: Observed, step: int) -> None:
    """Whatever differs first is the place, whichever of the two is the other."""
    assert first_difference(seen(), other) == first_difference(other, seen()) == step


def test_states_before_a_resume_are_not_missed() -> None:
    """A training that was resumed saw no state before its start."""
    rest = {step: state for step, state in seen().seen.states.items() if step > 2}

    assert first_difference(seen(), seen(seen=Replayed(rest))) is None


def test_places_have_names() -> None:
    """What lies before the first step is told in words."""
    assert [told_place(step) for step in (0, VALIDATION, 7)] == [
        "its first weights",
        "the validation before training",
        "step 7",
    ]


# -- Who is named ----------------------------------------------------------------------


def test_the_likeliest_come_first(tmp_path: Path) -> None:
    """Generators without a seed before clocks, lines that ask themselves before libraries', sets last."""
    (tmp_path / "idea.py").write_text("one\ntwo\nthree\nfour\nfive\n")
    idea = str(tmp_path / "idea.py")
    asks = (
        Ask("address", idea, 5, True),
        Ask("clock", idea, 1, True),
        Ask("unseeded draw", idea, 2, False),
        Ask("unseeded draw", idea, 3, True),
        Ask("draw in a worker", idea, 4, True),
    )
    named = culprits.of_repeating(seen(asks=asks, sets=((idea, 4),)), tmp_path)

    assert [line.partition(" ")[0] for line in named] == [f"idea.py:{n}" for n in (3, 2, 1, 5, 4)]
    assert named[0] == "idea.py:3 draws from a generator that nobody seeded: three"


def test_what_no_checkpoint_carries_is_named(tmp_path: Path) -> None:
    """Values that changed come first, then draws in workers; clocks are not to blame for a resume."""
    (tmp_path / "idea.py").write_text("self.count += 1\ndraw()\n")
    idea = str(tmp_path / "idea.py")
    held = (Held("Idea.count", idea, 1), Held("Idea.lost", "", 0))
    asks = (Ask("draw in a worker", idea, 2, True), Ask("clock", idea, 1, True))
    named = culprits.of_resuming(seen(held=held, asks=asks), tmp_path)

    assert named[0].startswith("idea.py:1: Idea.count changes while training")
    assert named[1].startswith("Idea.lost changes")
    assert named[2].startswith("idea.py:2 draws from a global generator in a worker")
    assert len(named) == 3


def test_nobody_is_named_without_a_reason() -> None:
    """Where nothing was seen that is said; many are cut short."""
    assert "no line of the source tree" in culprits.listed([])
    assert "and 3 more lines" in culprits.listed(["x"] * (culprits.MOST + 3))


# -- What is decided -------------------------------------------------------------------

Play = Callable[..., tuple[str, ...]]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Return a way to check with trainings that were acted, one after the other."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)

    def check(*trainings: Observed, level: Any = "strict") -> tuple[str, ...]:
        acted = iter(trainings)
        monkeypatch.setattr(trials.Trials, "train", lambda *_, **__: next(acted))
        request = RunRequest(
            task="image-classification",
            data="digits",
            seed=1,
            machine=Machine(determinism=level, threads=1),
            schedule=Schedule(),
            config=Config(),
        )
        place = Place(data=tmp_path, out=tmp_path)
        files = VerifiedData(root=tmp_path, footprint=Footprint({}), notices=())
        answer: tuple[str, ...] = check_itself(request, place, Source(tmp_path, "tree"), files, StopSignal())
        assert next(acted, None) is None, "a training was not asked for"
        return answer

    return check


def test_three_equal_trainings_pass(play: Play) -> None:
    """One line, with the steps."""
    (told,) = play(seen(), seen(), seen())

    assert told.startswith("self-check: 4 steps, twice and through a checkpoint: the same bits (")


def test_another_second_training_refuses_without_a_pinned_hash_seed(play: Play) -> None:
    """At seeded the second is enough; it is traced with the first."""
    with pytest.raises(GateRefused, match="CHK-002: trained twice, the run parts at step 2"):
        play(seen(), seen("axcd"), seen(), seen("axcd"), level="seeded")


def test_a_hash_seed_that_is_pinned_is_told(play: Play) -> None:
    """At strict a third training with the pinned one decides: equal, so it is a notice."""
    told, notice = play(seen(), seen("axcd"), seen(), seen())

    assert "the same bits" in told
    assert "equal only because the hash seed is pinned (PYTHONHASHSEED=0)" in notice
    assert "parts at step 2" in notice


def test_a_difference_beside_the_hash_seed_refuses(play: Play) -> None:
    """At strict too, where the third training differs as well; a trace that parts earlier is followed."""
    with pytest.raises(GateRefused, match="CHK-002: trained twice, the run parts at step 1"):
        play(seen(), seen("axcd"), seen("abxd"), seen(), seen("xbcd"), seen(), seen("xbcd"))


def test_a_resume_that_differs_refuses(play: Play) -> None:
    """The checkpoint is the place, and the step before it is told."""
    with pytest.raises(GateRefused, match="CHK-003.*after step 2 it parts at step 3"):
        play(seen(), seen(), seen("abxd"), seen(), seen("abxd"))


def test_a_loss_that_is_not_finite_is_left_to_the_run(play: Play) -> None:
    """There is no checkpoint to go on from, and the run has better words for it."""
    (told,) = play(seen("ab"), seen("ab"))

    assert told.startswith("self-check: the loss is not finite at step 2")


def test_level_off_is_refused() -> None:
    """Nothing is promised there."""
    request = RunRequest(
        task="x", data="d", seed=1, machine=Machine(determinism="off"), schedule=Schedule(), config=None
    )
    with pytest.raises(ConfigError, match="CHK-001"):
        refuse_level(request)


# -- Errors of a child -----------------------------------------------------------------


def test_an_error_of_a_child_is_told_as_its_own(tmp_path: Path) -> None:
    """Class, words, code and exit status come back; anything else is CHK-004."""

    def fail() -> None:
        raise DataError("found", expected="expected", remedy="remedy", code="DATA-013")

    status = answer(tmp_path / "out", fail)
    error = trials.fault(read_error(tmp_path / "out"), "")

    assert (type(error), error.exit_code, status) == (DataError, 4, 4)
    assert str(error) == "DATA-013: found\n  expected: expected\n  to go on: remedy"
    assert trials.fault(None, "ValueError: no").code == "CHK-004"
    unknown = Told(kind="", found="f", expected="e", remedy="r", code="X-1")
    assert type(trials.fault(unknown, "")) is errors.DeepDivaError
