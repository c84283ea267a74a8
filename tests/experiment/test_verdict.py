from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from deepdiva.errors import DeepDivaError
from deepdiva.experiment.judge import _gaps, _Pair, _within
from deepdiva.experiment.verdict import Reproduction, Verdict
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


def test_scores_are_compared_within_the_stated_tolerance(result: Reproduction) -> None:
    """The furthest score is told, whichever way the answer goes."""
    near = dataclasses.replace(result, run=record(Path(), val={"loss": 0.503, "accuracy": 0.9}))
    far = dataclasses.replace(result, run=record(Path(), val={"loss": 0.5, "accuracy": 0.8}))

    assert _within(near, None) == (
        "the scores agree within a tolerance of 0.01 (furthest val/loss: 0.5000, now 0.5030)"
    )
    assert "differ by more than a tolerance of 0.01 (furthest val/accuracy" in _within(far, None)


def test_a_score_that_is_missing_is_no_agreement(result: Reproduction) -> None:
    """A metric that one of the two does not tell is as far away as can be."""
    missing = dataclasses.replace(result, run=record(Path(), val={"loss": 0.5, "accuracy": None}))

    assert len(list(_gaps(INFO, INFO))) == 2
    assert "differ by more" in _within(missing, None)
