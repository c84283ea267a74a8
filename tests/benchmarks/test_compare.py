import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bare_loop import MODELS
from compare import Case, Row, first_step, speed
from make_data import LARGEST_SHIFT, shifted
from page import page

ROOT = Path(__file__).resolve().parents[2]
CASE = Case(model="light", threads=1, epochs=4)


def write_lines(path: Path, lines: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_speed_leaves_the_first_epoch_out(tmp_path: Path) -> None:
    """Samples are counted from the end of the first epoch to the end of the last."""
    losses = [
        {"split": "train", "metric": "loss", "scope": "epoch", "time": time} for time in (50.0, 51.0, 54.0)
    ]
    steps = [{"split": "train", "metric": "loss", "scope": "step", "time": 99.0}]
    write_lines(tmp_path / "events.jsonl", losses + steps)

    assert speed(tmp_path) == 2 * 10_000 / 4


def test_the_first_step_is_found_from_a_later_reading(tmp_path: Path) -> None:
    """Eleven steps of 64 samples at 640 samples a second: the first was done a second before."""
    write_lines(tmp_path / "system.jsonl", [{"step": 11, "samples_per_second": 640, "time": 100.0}])

    assert first_step(tmp_path) == pytest.approx(99.0)


def test_the_page_says_what_was_missed() -> None:
    """A ratio is that of medians, and a goal that is missed stands out."""
    slow = Row("training", "samples/s", CASE, [100.0, 90.0, 200.0], [50.0, 80.0, 60.0], ">= 0.9")
    quick = Row("first step", "s", CASE, [2.0], [2.5], "<= 1.5")
    text = page({"machine": {"cpu": "one"}, "rows": [slow.facts(), quick.facts()]})

    assert "| 100 | 60 | 0.60 | >= 0.9 | **missed** |" in text
    assert "| 2.00 | 2.50 | 1.25 | <= 1.5 | reached |" in text


def test_pictures_are_moved_and_not_cut_into() -> None:
    """A shift of up to two pixels loses nothing of a picture with a margin, and is always the same."""
    pictures = np.zeros((50, 28, 28), np.uint8)
    pictures[:, LARGEST_SHIFT:-LARGEST_SHIFT, LARGEST_SHIFT:-LARGEST_SHIFT] = 7
    moved = shifted(pictures)

    assert (moved.sum(axis=(1, 2)) == pictures.sum(axis=(1, 2))).all()
    assert len({picture.tobytes() for picture in moved}) > 10
    assert (moved == shifted(pictures)).all()


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_the_bare_loop_trains(model: str, tmp_path: Path) -> None:
    """The reference runs as a command, settles its own environment, and prints one JSON object."""
    for number in range(70):
        place = tmp_path / "train" / str(number % 2) / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((28, 28), number, np.uint8)).save(place)
    words = ["benchmarks/bare_loop.py", str(tmp_path), "--model", model, "--epochs", "2"]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True, text=True)

    assert json.loads(done.stdout)["samples_per_second"] > 0
