"""Two runs of one idea, before and after a change that nobody committed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.journeys.commands import Desk

from deepdiva.tasks import image_classification


@pytest.mark.slow
def test_what_changed_between_two_runs_is_told(desk: Desk) -> None:
    """The line of code, the setting and the seed, and what became of the results."""
    page = desk.folder / "idea.py"
    page.write_text(Path(image_classification.__file__).read_text())
    desk.git("add", ".")
    desk.git("commit", "-q", "-m", "Have an idea")
    words: list[str | Path] = [
        "run",
        "./idea.py",
        "--data",
        desk.data,
        "--epochs",
        "1",
        "--threads",
        "1",
        "--json",
    ]
    first = desk.type(*words, "--seed", "1").json["run"]
    page.write_text(page.read_text().replace("losses, outputs=logits", "losses * 2, outputs=logits"))
    second = desk.type(*words, "--seed", "2", "--learning-rate", "0.1", "--on-uncommitted", "snapshot").json[
        "run"
    ]
    told = desk.type("diff", first, second, "--json").json
    (change,) = told["code"]["files"]

    assert told["settings"] == [{"name": "config.optimizer.learning_rate", "a": 0.05, "b": 0.1}]
    assert told["seeds"] == [{"name": "seed", "a": 1, "b": 2}]
    assert (change["path"], change["change"]) == ("idea.py", "changed")
    assert "+        return StepOutput(losses * 2, outputs=logits" in change["hunks"]
    assert told["packages"] == told["hardware"] == told["variables"] == told["numeric_class"] == []
    assert told["data"] == {"added": [], "removed": [], "changed": []}
    assert told["results"]["chain"]["parted_at"] == 0
    assert "losses * 2" in desk.type("diff", first, second).out
