"""`run --self-check`: what does not repeat is found before the run, and named with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.journeys.commands import Desk, Result

TASK = """
import dataclasses
import random
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from deepdiva.engine import TaskPage
from deepdiva.tasks import image_classification
{globals}

class Idea(image_classification.ImageClassification):
    def __init__(self, config, files, seeds):
        super().__init__(config, files, seeds)
        self.scale = 1.0
        {begin}

    def splits(self):
        splits = super().splits()
        return dataclasses.replace(splits, train=Noisy(splits.train))

    def build_model(self):
        model = super().build_model()
        {build}
        return model

    def step(self, model, batch):
        output = super().step(model, batch)
        {step}
        return output

def scaled(output, factor):
    return dataclasses.replace(output, losses=output.losses * factor)


class Noisy:
    def __init__(self, split):
        self.split, self.identities = split, split.identities

    def __len__(self):
        return len(self.split)

    def class_weights(self):
        return self.split.class_weights()

    def read(self, indices, epoch):
        batch = self.split.read(indices, epoch)
        {read}
        return batch


TASK = TaskPage(name="idea", config=image_classification.Config, build=Idea)
"""


def write(desk: Desk, **parts: str) -> dict[str, int]:
    """Commit `idea.py` with `parts` in their places; return the first line of each part."""
    text = TASK
    for name in ("globals", "begin", "build", "step", "read"):
        indent = "" if name == "globals" else "        "
        lines = parts.get(name, "pass" if name != "globals" else "").splitlines()
        text = text.replace("{" + name + "}", f"\n{indent}".join(lines))
    (desk.folder / "idea.py").write_text(text)
    desk.git("add", ".")
    desk.git("commit", "-q", "-m", "Have an idea")
    found = text.splitlines()
    return {
        name: next(n for n, line in enumerate(found, 1) if part.splitlines()[-1] in line)
        for name, part in parts.items()
    }


def check(desk: Desk, *more: str | Path, expect: int = 0) -> Result:
    """Run the idea for one epoch, with its self-check."""
    words = ["./idea.py" if word == "image-classification" else word for word in desk.run_words(epochs=1)]
    return desk.type(*words, "--self-check", *more, expect=expect)


def refused(desk: Desk, *more: str | Path) -> str:
    """Return why the idea is refused; no run may have begun."""
    answer = check(desk, *more, expect=3)
    assert not list(desk.folder.glob("runs/*"))
    assert answer.out == ""
    return answer.err


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_clean_task_passes_and_moves_no_bit(shared_desk: Desk, reference: Result) -> None:
    """One line says so, the log keeps it, and the run has the weights that it has without the check."""
    answer = shared_desk.type(*shared_desk.run_words("--self-check"))
    told = "self-check: 6 steps, twice and through a checkpoint: the same bits"

    assert answer.json["weights_sha256"] == reference.json["weights_sha256"]
    assert answer.json["test"] == reference.json["test"]
    assert told in answer.err
    assert told in Path(answer.json["run"], "log.txt").read_text()


def test_level_off_has_nothing_to_check(shared_desk: Desk) -> None:
    """Where nothing is promised a check would prove nothing: exit 2."""
    words = shared_desk.run_words("--self-check", "--determinism", "off")

    assert "CHK-001" in shared_desk.type(*words, expect=2).err


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("workers", ["0", "2"])
def test_augmentation_seeded_by_the_time(desk: Desk, workers: str) -> None:
    """The batch is the place, and the line that reads the clock is named, in a worker too."""
    lines = write(
        desk,
        read="noise = np.random.default_rng(int(time.time()))\n"
        "pixels = torch.from_numpy(noise.integers(0, 9, tuple(batch.images.shape), dtype=np.uint8))\n"
        "batch = batch._replace(images=batch.images + pixels)",
    )
    told = refused(desk, "--workers", workers)

    assert "CHK-002" in told
    assert "step 1, batch: the same samples come in the same order, with other contents (images)" in told
    assert f"idea.py:{lines['read'] - 2} reads the time: noise = np.random.default_rng(int(" in told


FAULTS = {
    "numpy generator": (
        {
            "globals": "NOISE = np.random.default_rng()",
            "step": "output = scaled(output, NOISE.uniform(1, 2))",
        },
        "globals",
        "takes entropy",
    ),
    "torch generator": (
        {
            "globals": "NOISE = torch.Generator()\nNOISE.seed()",
            "step": "output = scaled(output, 1 + torch.rand((), generator=NOISE))",
        },
        "globals",
        "takes entropy",
    ),
    "global generator": (
        {"begin": "self.scale = random.random()", "step": "output = scaled(output, self.scale)"},
        "begin",
        "draws from a generator that nobody seeded",
    ),
    "global numpy generator": (
        {"build": "next(model.parameters()).data += np.random.rand()"},
        "build",
        "draws from a generator that nobody seeded",
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", FAULTS)
def test_generators_that_nobody_seeded(desk: Desk, fault: str) -> None:
    """NumPy's, torch's and the global ones: refused, and the line that made or asked them is named."""
    parts, guilty, told = FAULTS[fault]
    lines = write(desk, **parts)
    said = refused(desk)

    assert "CHK-002" in said
    assert f"idea.py:{lines[guilty]} {told}" in said


NAMES = """WEIGHT = 0.0
for _place, _name in enumerate({"ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen"}):
    WEIGHT += _place * sum(map(ord, _name))"""


THINGS = """class Thing:
    pass


THINGS = [Thing() for _ in range(20)]
FIRST = THINGS.index(list(set(THINGS))[0])"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_order_of_strings_in_a_set(desk: Desk) -> None:
    """Refused where nothing pins the hash seed; at strict told, with the line, and the run goes on."""
    lines = write(desk, globals=NAMES, step="output = scaled(output, 1 + WEIGHT % 1000)")
    line = f"idea.py:{lines['globals'] - 1} walks over a set"

    assert line in refused(desk, "--determinism", "seeded")
    answer = check(desk)
    assert "equal only because the hash seed is pinned (PYTHONHASHSEED=0)" in answer.err
    assert line in answer.err


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_order_of_objects_in_a_set(desk: Desk) -> None:
    """No level pins addresses: refused at strict too, and the line is named."""
    lines = write(desk, globals=THINGS, step="output = scaled(output, 1 + FIRST)")
    said = refused(desk)

    assert "CHK-002" in said
    assert f"idea.py:{lines['globals']} walks over a set" in said


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_state_that_no_checkpoint_carries(desk: Desk) -> None:
    """A counter in the task: the same bits twice, others after a resume; attribute and line are named."""
    lines = write(desk, step="self.scale += model.training\noutput = scaled(output, self.scale)")
    said = refused(desk)

    assert "CHK-003" in said
    assert "after step 3 it parts at step 4, loss" in said
    assert f"idea.py:{lines['step'] - 1}: Idea.scale changes while training" in said


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_seeded_generator_of_ones_own_starts_again(desk: Desk) -> None:
    """Seeded, it repeats; but after a resume it begins anew, and that is found."""
    write(
        desk,
        globals="NOISE = np.random.default_rng(7)",
        step="output = scaled(output, NOISE.uniform(1, 2))",
    )
    said = refused(desk, "--on-uncommitted", "snapshot")

    assert "CHK-003" in said
    assert "idea.NOISE changes while training" in said


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_clock_that_moves_nothing_is_no_culprit(desk: Desk) -> None:
    """Who looks at the clock for a progress bar is left alone, with workers too."""
    write(desk, step="self.seen = time.time()")
    answer = check(desk, "--workers", "2")

    assert "the same bits" in answer.err
    assert "asked for" not in answer.err


def test_a_task_that_fails_is_told(desk: Desk) -> None:
    """What stops a trial is said in one line, without a trace."""
    write(desk, step="raise ValueError('no idea')")

    assert "CHK-004: a few steps cannot be trained: ValueError: no idea" in refused(desk)
