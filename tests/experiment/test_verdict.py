from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from deepdiva.errors import DeepDivaError, Inconclusive
from deepdiva.experiment.judge import _gaps, _Pair, _within
from deepdiva.experiment.verdict import Origin, Reproduction, Verdict
from deepdiva.record import RunRecord
from deepdiva.record.chain import StepNote
from deepdiva.record.info import KEYS
from deepdiva.record.parting import Chain, find_parting

INFO: dict[str, Any] = dict.fromkeys(KEYS) | {
    "id": "20261123-150525-idea-8e342fa5",
    "status": "finished",
    "seed": 1,
    "data_sha256": "ab" * 32,
    "val": {"loss": 0.5, "accuracy": 0.9},
}


def record(folder: Path, **facts: Any) -> RunRecord:
    return RunRecord(folder, INFO | facts)


def steps(*losses: str, batch: str = "aa") -> Chain:
    notes = (StepNote(number, loss, batch, "00") for number, loss in enumerate(losses, start=1))
    return Chain(tuple(notes), {})


@pytest.fixture
def result(tmp_path: Path) -> Reproduction:
    """Give a reproduction that came to a new run."""
    return Reproduction(
        verdict="REPRODUCED",
        original=record(tmp_path / "old"),
        seal_sha256="cd" * 32,
        reason="all of it\n agrees",
        run=record(tmp_path),
    )


def test_the_sentence_is_one_line(result: Reproduction) -> None:
    """It says verdict, run, seed, code and data, and ends like a sentence."""
    assert "\n" not in result.sentence
    assert result.sentence.startswith(f"REPRODUCED: run {INFO['id']} (seed 1, ")
    assert result.sentence.endswith("all of it agrees.")


@pytest.mark.parametrize(("verdict", "exit_code"), [("DIVERGED", 5), ("TAMPERED", 6), ("INCONCLUSIVE", 7)])
def test_every_other_verdict_has_its_exit_code(
    result: Reproduction, verdict: Verdict, exit_code: int
) -> None:
    """Only one verdict passes."""
    result.refuse()
    with pytest.raises(DeepDivaError) as refusal:
        dataclasses.replace(result, verdict=verdict).refuse()

    assert refusal.value.exit_code == exit_code


def test_the_verdict_is_written_into_the_new_run(result: Reproduction, tmp_path: Path) -> None:
    """With the digest of the seal of the run it speaks of."""
    result.write()
    written = json.loads((tmp_path / "verdict.json").read_text())

    assert written["verdict"] == "REPRODUCED"
    assert written["of"]["seal_sha256"] == "cd" * 32
    assert written["first_difference"] is None


def test_without_a_new_run_the_json_has_all_keys(result: Reproduction) -> None:
    """A script finds the same keys, and null where there is nothing to tell."""
    told = dataclasses.replace(result, run=None, verdict="INCONCLUSIVE").as_json()

    assert {"run", *KEYS, "verdict", "first_difference"} <= set(told)
    assert told["run"] is None


@pytest.mark.parametrize(
    ("other", "step", "differs"),
    [
        (steps("3f800000", "3f000000"), None, None),
        (steps("3f800000", "3f000001"), 2, ["loss"]),
        (steps("3f800000", "3f000000", batch="bb"), 1, ["batch"]),
        (steps("3f800001", "3f000000", batch="bb"), 1, ["batch", "loss"]),
    ],
)
def test_the_first_difference_says_what_differs(
    result: Reproduction, other: Chain, step: int | None, differs: list[str] | None
) -> None:
    """Other samples blame the data; the same samples with another loss blame what computed."""
    parting = find_parting(steps("3f800000", "3f000000"), other)
    told = dataclasses.replace(result, parting=parting).first_difference

    assert (told and told["step"]) == step
    assert (told and told["differs"]) == differs


def pair(**scores: float | None) -> _Pair:
    """Return the recorded run beside one with other scores."""
    parting = find_parting(steps(), steps())
    return _Pair(record(Path()), record(Path(), val=scores), parting, None)


def test_scores_are_compared_within_the_stated_tolerance() -> None:
    """The furthest score is told, whichever way the answer goes."""
    assert _within(pair(loss=0.503, accuracy=0.9)) == (
        "the scores agree within a tolerance of 0.01 (furthest val/loss: 0.5000, now 0.5030)"
    )
    far = _within(pair(loss=0.5, accuracy=0.8))
    assert "differ by more than a tolerance of 0.01 (furthest val/accuracy" in far


def test_a_score_that_is_missing_is_no_agreement() -> None:
    """A metric that one of the two does not tell is as far away as can be."""
    assert len(list(_gaps(INFO, INFO))) == 2
    assert "differ by more" in _within(pair(loss=0.5, accuracy=None))


def test_a_request_of_a_commit_is_named_by_repository_and_full_hash(result: Reproduction) -> None:
    """With a record it was run again; without one it was run twice, and the sentence says so."""
    origin = Origin(repository="idea.git", commit="ab" * 20, request="runs/r/request.toml")
    known = dataclasses.replace(result, origin=origin)
    alone = dataclasses.replace(known, recorded=False)
    nothing = dataclasses.replace(known, original=None, run=None, verdict="INCONCLUSIVE", reason="no")

    assert f"runs/r/request.toml at commit {'ab' * 20} of idea.git, run {INFO['id']}" in known.sentence
    assert "was run again" in known.sentence
    assert "was run twice" in alone.sentence
    assert "no record came with it" in alone.sentence
    assert nothing.sentence == f"INCONCLUSIVE: runs/r/request.toml at commit {'ab' * 20} of idea.git: no."
    assert nothing.as_json()["of"]["commit"] == "ab" * 20
    assert nothing.as_json()["of"]["id"] is None


def test_what_is_missing_is_told_with_its_own_remedy(result: Reproduction) -> None:
    """A refusal on the way keeps its code."""
    cause = Inconclusive("x", expected="y", remedy="bring z", code="REP-006")
    lost = dataclasses.replace(result, verdict="INCONCLUSIVE", cause=cause)
    with pytest.raises(Inconclusive, match="bring z") as refusal:
        lost.refuse()

    assert refusal.value.code == "REP-006"
