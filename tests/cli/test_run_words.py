"""The words of `deepdiva run`, read without running anything."""

from pathlib import Path

import pytest

from deepdiva.cli import run_words
from deepdiva.errors import ConfigError

WORDS = ["image-classification", "--data", "somewhere"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sed", "1"], "--seed"),
        (["--seed", "1.5"], "--seed"),
        (["--seed", "true"], "--seed"),
        (["--determinism", "strictest"], "portable"),
        (["--precision", "float8"], "bfloat16"),
    ],
)
def test_words_of_no_such_kind_end_with_two(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    """A word that is unknown, or of another type, is answered on standard error, with what would fit."""
    with pytest.raises(SystemExit) as ended:
        run_words.read([*WORDS, *words])
    captured = capsys.readouterr()

    assert ended.value.code == 2
    assert told in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--seed", "-1"], "CFG-004: seed = -1"),
        (["--seed", str(2**64)], "CFG-004"),
        (["--epochs", "0"], "CFG-003: epochs = 0"),
        (["--batch-size", "0"], "CFG-003: batch_size = 0"),
        (["--clip-gradient-norm", "nan"], "CFG-003: clip_gradient_norm = nan"),
        (["--threads", "0"], "CFG-003: threads = 0"),
        (["--workers", "-1"], "CFG-003: workers = -1"),
    ],
)
def test_values_out_of_range_are_refused(words: list[str], told: str) -> None:
    """A number that cannot be meant is named with its range."""
    with pytest.raises(ConfigError, match=told):
        run_words.read([*WORDS, *words])


def test_data_must_be_named() -> None:
    """Without a data folder the message says how to get one."""
    with pytest.raises(ConfigError, match="deepdiva data get digits"):
        run_words.read(["image-classification"])


@pytest.mark.parametrize("words", [[], ["--seed"], ["--epochs=3"]])
def test_nothing_to_run_is_told(words: list[str]) -> None:
    """Without a task the answer is a whole command that works, or what is wrong with the words."""
    with pytest.raises((ConfigError, SystemExit), match="deepdiva run image-classification|2"):
        run_words.read(words)


def test_near_task_is_offered() -> None:
    """A misspelt task is answered with the near one."""
    with pytest.raises(ConfigError, match="did you mean 'image-classification'"):
        run_words.read(["image-clasification"])


@pytest.mark.parametrize("order", [0, 1])
def test_flags_may_stand_before_the_task(order: int) -> None:
    """Where the task's name stands does not matter."""
    words = [["--seed", "3"], WORDS]
    request, _, _ = run_words.read([*words[order], *words[1 - order]])

    assert (request.task, request.seed) == ("image-classification", 3)


def test_help_tells_every_setting_with_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    """All settings of run, loop, machine and task are in the help, each with its line, and an example."""
    with pytest.raises(SystemExit) as ended:
        run_words.read(["image-classification", "--help"])
    told = capsys.readouterr().out

    assert ended.value.code == 0
    for flag in ("--data", "--epochs", "--determinism", "--learning-rate", "--model", "--on-uncommitted"):
        assert flag in told
    assert "Passes over the train split." in told
    assert "deepdiva run image-classification --data" in told


def test_threads_and_seed_are_filled_in() -> None:
    """What nobody chose is decided here, so that the request holds it."""
    request, place, _ = run_words.read([*WORDS, "--out", "there"])

    assert request.machine.threads is not None
    assert request.machine.threads >= 1
    assert 0 <= request.seed < 2**63
    assert place.out == Path("there")


def test_names_and_places_are_no_part_of_what_is_asked() -> None:
    """The digest of a request tells neither where the data lies nor what the run is called."""
    words = ["--seed", "1", "--threads", "1"]
    one, _, _ = run_words.read(["image-classification", "--data", "here", "--name", "a", *words])
    two, _, _ = run_words.read(["image-classification", "--data", "there", *words])
    other, _, _ = run_words.read(["image-classification", "--data", "here", *words, "--epochs", "3"])

    assert one.digest == two.digest != other.digest
