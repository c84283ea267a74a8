"""Where two runs part is found by running both again, from their own code and data."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.journeys.commands import Desk, Result

ULP = Path(__file__).with_name("one_ulp.py")


def commit(desk: Desk, name: str, text: str) -> None:
    (desk.folder / name).write_text(text)
    desk.git("add", ".")
    desk.git("commit", "-q", "-m", f"Add {name}")


def run(desk: Desk, task: str, *more: str | Path, data: Path | None = None, epochs: int = 3) -> str:
    """Run `task`, and return the run folder."""
    words = ("run", task, "--data", data or desk.data, "--epochs", str(epochs), "--threads", "1", "--json")
    folder: str = desk.type(*words, *(("--seed", "1") if "--seed" not in more else ()), *more).json["run"]
    return folder


def test_one_run_does_not_part_from_itself(shared_desk: Desk, reference: Result) -> None:
    """Where records agree nothing is replayed: exit 0, and it is said."""
    folder = reference.json["run"]
    answer = shared_desk.type("bisect", folder, folder, "--json").json

    assert (answer["parts"], answer["step"], answer["place"]) == (False, None, None)
    assert "do not part" in shared_desk.type("bisect", folder, folder).out


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_one_ulp_is_found(desk: Desk) -> None:
    """A weight that changed by one unit in the last place at step 37: the step and the layer."""
    commit(desk, "one_ulp.py", ULP.read_text())
    usual = run(desk, "./one_ulp.py", "--nudge-at-step", "0")
    nudged = run(desk, "./one_ulp.py")
    (desk.folder / "one_ulp.py").unlink()  # each is replayed from its own code
    answer = desk.type("bisect", usual, nudged, "--json").json

    assert (answer["step"], answer["place"], answer["layer"]) == (37, "forward", "features.0.0")
    assert answer["operation"] == "Conv2d"
    assert "1 unit in the last place" in answer["numbers"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_swapped_samples_blame_the_batch(desk: Desk, tmp_path: Path) -> None:
    """Two files that changed places are named, in the first batch that holds one of them."""
    other = desk.copy_of_data(tmp_path / "other")
    (other / "footprint.json").unlink()
    one, two = sorted((other / "train" / "3").iterdir())[:2]
    content = one.read_bytes()
    shutil.copy2(two, one)
    two.write_bytes(content)
    runs = [run(desk, "image-classification", data=data, epochs=1) for data in (desk.data, other)]
    answer = desk.type("bisect", *runs, "--json").json
    names = {f"train/3/{path.name}" for path in (one, two)}

    assert (answer["place"], answer["layer"]) == ("batch", None)
    assert {sample["a"] for sample in answer["samples"]} <= names
    assert {sample["file"] for sample in answer["samples"]} == {"changed"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_another_seed_parts_before_training(shared_desk: Desk, reference: Result) -> None:
    """Other first weights are traced before the first step, and the seeds are named as their cause."""
    other = run(shared_desk, "image-classification", "--seed", "2", epochs=1)
    answer = shared_desk.type("bisect", reference.json["run"], other, "--json").json

    assert (answer["step"], answer["place"]) == (0, "random stream")
    assert "the seeds are 1 and 2" in answer["what"]


# -- What stands in the way of an answer -----------------------------------------------


@pytest.fixture
def edited(shared_desk: Desk, reference: Result, tmp_path: Path) -> Path:
    """Return a copy of the reference whose chain tells another loss of the first step."""
    copy = tmp_path / "edited"
    shutil.copytree(shared_desk.folder / reference.json["run"], copy)
    chain = copy / "chain.jsonl"
    chain.write_text(re.sub('"step":1,"loss":"[0-9a-f]{8}"', '"step":1,"loss":"40000000"', chain.read_text()))
    return copy


def test_missing_data_is_told(shared_desk: Desk, reference: Result, edited: Path, tmp_path: Path) -> None:
    """Data that lies in none of the folders named is missing: exit 7, with the folder."""
    refused = shared_desk.type(
        "bisect", reference.json["run"], edited, "--data", tmp_path / "empty", expect=7
    )

    assert "BIS-001" in refused.err
    assert "empty" in refused.err


def test_missing_code_is_told(shared_desk: Desk, reference: Result, edited: Path) -> None:
    """Code that cannot be restored is missing: exit 7, and the run is named."""
    (edited / "code" / "code.json").unlink()
    refused = shared_desk.type("bisect", reference.json["run"], edited, expect=7)

    assert "BIS-001" in refused.err
    assert "B (edited)" in refused.err


@pytest.mark.slow
def test_another_numeric_class_is_told(shared_desk: Desk, reference: Result, edited: Path) -> None:
    """A machine that computes otherwise cannot answer: exit 7."""
    stamp = json.loads((edited / "stamp.json").read_text())
    stamp["numeric_class"]["name"] = "0" * 16
    (edited / "stamp.json").write_text(json.dumps(stamp))

    assert "BIS-002" in shared_desk.type("bisect", edited, reference.json["run"], expect=7).err


@pytest.mark.slow
def test_a_run_that_does_not_repeat_itself_is_told(
    shared_desk: Desk, reference: Result, edited: Path
) -> None:
    """Where a replay is not what its run wrote down there is no answer: exit 7, and which run it is."""
    refused = shared_desk.type("bisect", edited, reference.json["run"], expect=7)

    assert "BIS-004" in refused.err
    assert "A (edited) does not repeat itself: from step 1 on" in refused.err
