"""Which of the facts in which two runs differ moved the bits is found by replaying some at a time."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.commands import Desk, Result

from deepdiva.tasks import image_classification

PAGE = Path(image_classification.__file__).read_text()
STEP = "losses, outputs=logits"

pytestmark = pytest.mark.timeout(1800)


def run(desk: Desk, task: str, *more: str | Path, data: Path | None = None) -> str:
    """Run `task` for one epoch, code that nobody committed included, and return the run folder."""
    words = ("run", task, "--data", data or desk.data, "--epochs", "1", "--threads", "1", "--seed", "1")
    folder: str = desk.type(*words, "--on-uncommitted", "snapshot", "--json", *more).json["run"]
    return folder


def run_page(desk: Desk, text: str) -> str:
    """Run the task page `text`."""
    (desk.folder / "idea.py").write_text(text)
    return run(desk, "./idea.py")


def cause(desk: Desk, *words: str | Path) -> dict[str, Any]:
    answer: dict[str, Any] = desk.type("diff", *words, "--cause", "--steps", "5", "--json").json["cause"]
    return answer


def names(changes: list[dict[str, Any]]) -> list[str]:
    return [change["change"] for change in changes]


def test_equal_runs_have_no_cause(shared_desk: Desk, reference: Result) -> None:
    """Where the records agree nothing is replayed: exit 0, and it is said."""
    folder = reference.json["run"]
    answer = shared_desk.type("diff", folder, folder, "--cause", "--json").json

    assert (answer["cause"]["parts"], answer["cause"]["replays"]) == (False, 0)
    assert "nothing parts over" in shared_desk.type("diff", folder, folder, "--cause").out


@pytest.mark.slow
def test_the_setting_that_moved_the_bits_is_told_from_harmless_ones(desk: Desk) -> None:
    """Another learning rate moves them from step 2 on; how often is logged, and a name, do not."""
    task = "image-classification"
    a = run(desk, task)
    b = run(desk, task, "--learning-rate", "0.1", "--log-every-steps", "5", "--name", "other")
    told = cause(desk, a, b)
    (found,) = told["moved"]

    assert (names(found["changes"]), found["step"]) == (["config.optimizer.learning_rate"], 2)
    assert names(told["harmless"]) == ["name", "schedule.log_every_steps"]
    assert told["proof"] == {"all_give_b": True, "harmless_give_a": True, "movers_give_b": True}
    assert told["replays"] == 4


@pytest.mark.slow
def test_the_hunk_that_moved_the_bits_is_told_from_a_comment(desk: Desk) -> None:
    """Of two hunks in one file the changed factor is named, with its lines."""
    a = run_page(desk, PAGE)
    b = run_page(desk, "# A comment.\n" + PAGE.replace(STEP, "losses * 2, outputs=logits"))
    told = cause(desk, a, b)
    (found,) = told["moved"]

    assert ["losses * 2" in change["b"] for change in found["changes"]] == [True]
    assert names(told["harmless"]) == ["idea.py, after line 0"]
    assert told["proof"]["movers_give_b"]


@pytest.mark.slow
def test_a_hunk_that_needs_another_is_found_with_it(desk: Desk) -> None:
    """A call of a function that another hunk adds cannot run alone: both are named together."""
    a = run_page(desk, PAGE)
    b = run_page(
        desk, PAGE.replace(STEP, "twice(losses), outputs=logits") + "\n\ndef twice(x):\n    return 2 * x\n"
    )
    told = cause(desk, a, b)
    (found,) = told["moved"]

    assert len(found["changes"]) == 2
    assert told["harmless"] == told["unresolved"] == []
    assert told["proof"]["movers_give_b"]


@pytest.mark.slow
def test_changes_that_only_act_together_are_told_as_a_group(desk: Desk) -> None:
    """Two factors that move the bits only when both are there."""
    text = PAGE.replace(STEP, "losses * (2 if LEFT * RIGHT else 1), outputs=logits")
    a = run_page(desk, text + "\nLEFT = 0\n# between\nRIGHT = 0\n")
    b = run_page(desk, text + "\nLEFT = 1\n# between\nRIGHT = 1\n")
    told = cause(desk, a, b)
    (found,) = told["moved"]

    assert [change["b"] for change in found["changes"]] == ["LEFT = 1\n", "RIGHT = 1\n"]


@pytest.mark.slow
def test_the_picture_that_moved_the_bits_is_named(desk: Desk, tmp_path: Path) -> None:
    """Of changed pictures the one of the train split is named; nobody trains on the others."""
    other = desk.copy_of_data(tmp_path / "other")
    (other / "footprint.json").unlink()
    for folder in ("train/3", "test/1", "test/2"):
        one, two = sorted((other / folder).iterdir())[:2]
        shutil.copyfile(two, one)
    changed = sorted((other / "train" / "3").iterdir())[0]
    runs = [run(desk, "image-classification", data=data) for data in (desk.data, other)]
    told = cause(desk, *runs)
    (found,) = told["moved"]

    assert names(found["changes"]) == [f"train/3/{changed.name} (changed)"]
    assert {name.split("/")[0] for name in names(told["harmless"])} == {"test"}
    assert told["proof"] == {"all_give_b": True, "harmless_give_a": True, "movers_give_b": True}


# -- What stands in the way of an answer -----------------------------------------------


@pytest.mark.slow
def test_a_run_that_does_not_repeat_itself_is_told(
    shared_desk: Desk, reference: Result, tmp_path: Path
) -> None:
    """Nothing can be concluded from replays of a run whose record they do not repeat: exit 7."""
    edited = tmp_path / "edited"
    shutil.copytree(shared_desk.folder / reference.json["run"], edited)
    chain = edited / "chain.jsonl"
    chain.write_text(re.sub('"step":2,"loss":"[0-9a-f]{8}"', '"step":2,"loss":"40000000"', chain.read_text()))
    words = ("diff", edited, reference.json["run"], "--cause", "--steps", "2")

    assert "BIS-004" in shared_desk.type(*words, expect=7).err


def test_limits_that_allow_no_answer_are_refused(
    shared_desk: Desk, reference: Result, tmp_path: Path
) -> None:
    """Replays that end before the runs part would call everything harmless: exit 2."""
    edited = tmp_path / "edited"
    shutil.copytree(shared_desk.folder / reference.json["run"], edited)
    chain = edited / "chain.jsonl"
    chain.write_text(re.sub('"step":9,"loss":"[0-9a-f]{8}"', '"step":9,"loss":"40000000"', chain.read_text()))
    words = ("diff", reference.json["run"], edited, "--cause")

    assert "WHY-001" in shared_desk.type(*words, "--steps", "8", expect=2).err
    assert "WHY-001" in shared_desk.type(*words, "--most-replays", "1", expect=2).err
