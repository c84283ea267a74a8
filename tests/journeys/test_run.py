"""`deepdiva run`: one real run, and the same bits again."""

import json
import tomllib
from pathlib import Path

import pytest
from tests.journeys.commands import Desk, Result, facts

SLOW = pytest.mark.slow
KEYS = {
    *("run", "id", "task", "status", "seed", "determinism", "numeric_class", "data_sha256"),
    *("weights_sha256", "best_weights_sha256", "best_epoch", "train", "val", "test", "steps", "seconds"),
}


def test_default_settings_reach_the_stated_accuracy(shared_desk: Desk) -> None:
    """Ten epochs on real digits: 0.97 or more on the test split, and a JSON object with all keys."""
    words = ("--data", shared_desk.data, "--epochs", "10", "--seed", "1", "--json")
    answer = shared_desk.type("run", "image-classification", *words).json

    assert set(answer) == KEYS
    assert answer["status"] == "finished"
    assert answer["test"]["accuracy"] >= 0.97
    assert answer["seconds"] < 60


@pytest.mark.parametrize("workers", [pytest.param(1, marks=SLOW), 2, pytest.param(4, marks=SLOW)])
def test_workers_move_no_bit(shared_desk: Desk, reference: Result, workers: int) -> None:
    """Chain, events and weights are those of a run without workers."""
    answer = shared_desk.type(*shared_desk.run_words("--workers", str(workers))).json

    assert answer["weights_sha256"] == reference.json["weights_sha256"]
    assert facts(answer["run"]) == facts(reference.json["run"])


@pytest.mark.slow
def test_another_seed_gives_other_weights(shared_desk: Desk, reference: Result) -> None:
    """The seed is what the weights come from."""
    answer = shared_desk.type(*shared_desk.run_words(seed=2)).json

    assert answer["weights_sha256"] != reference.json["weights_sha256"]


def test_request_repeats_the_run(shared_desk: Desk, reference: Result) -> None:
    """`deepdiva run RUN/request.toml` is the same run again, in a folder of its own."""
    answer = shared_desk.type("run", Path(reference.json["run"], "request.toml"), "--json").json

    assert answer["run"] != reference.json["run"]
    assert answer["weights_sha256"] == reference.json["weights_sha256"]
    assert facts(answer["run"]) == facts(reference.json["run"])


@pytest.mark.slow
def test_words_change_a_request(shared_desk: Desk, reference: Result) -> None:
    """What stands after a request.toml counts more than what stands in it."""
    request = Path(reference.json["run"], "request.toml")
    answer = shared_desk.type("run", request, "--epochs", "1", "--json").json
    written = tomllib.loads(Path(answer["run"], "request.toml").read_text())

    assert written["schedule"]["epochs"] == 1
    assert written["seed"] == 1


@pytest.mark.slow
def test_drawn_seed_is_recorded_and_repeats(shared_desk: Desk) -> None:
    """A seed nobody chose stands in the record, and gives the same run when it is chosen."""
    drawn = shared_desk.type(*shared_desk.run_words(epochs=1, seed=None)).json
    chosen = shared_desk.type(*shared_desk.run_words(epochs=1, seed=drawn["seed"])).json

    assert chosen["weights_sha256"] == drawn["weights_sha256"]


@pytest.mark.slow
def test_no_test_leaves_the_test_split_alone(shared_desk: Desk) -> None:
    """With `--no-test` there is no test score, in the answer or in the record."""
    answer = shared_desk.type(*shared_desk.run_words("--no-test", epochs=1)).json

    assert answer["test"] is None
    assert not any(event["split"] == "test" for event in facts(answer["run"])[1])


@pytest.mark.slow
def test_runs_lie_below_out(desk: Desk) -> None:
    """Run folders lie directly under `--out`, which git does not see, and `latest` points to the newest."""
    answer = desk.type(*desk.run_words("--out", "results", "--name", "My idea", epochs=1)).json

    assert (desk.folder / answer["run"]).parent == desk.folder / "results"
    assert "my-idea" in answer["run"]
    assert (desk.folder / "results/latest").resolve() == (desk.folder / answer["run"]).resolve()
    assert desk.git("status", "--porcelain") == ""


def test_record_holds_what_the_design_promises(reference: Result, shared_desk: Desk) -> None:
    """Every file of the run folder is there, and readable with the standard library."""
    run = shared_desk.folder / reference.json["run"]
    for name in (
        "run.json",
        "stamp.json",
        "data/footprint.json",
        "data/reading.json",
        "code/code.json",
        "seal.json",
    ):
        json.loads((run / name).read_text())
    for name in ("request.toml", "environment/pylock.toml"):
        tomllib.loads((run / name).read_text())

    assert list((run / "tensorboard").glob("events.out.tfevents.*"))
    assert list((run / "figures").glob("*confusion*.png"))
    assert str(shared_desk.folder) not in (run / "stamp.json").read_text()


def test_tensorboard_finds_curves_and_pictures(reference: Result, shared_desk: Desk) -> None:
    """TensorBoard's own reader finds the losses, the accuracy, the confusion pictures and the histograms."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(shared_desk.folder / reference.json["run"] / "tensorboard"))
    board.Reload()
    tags = board.Tags()

    assert {"train/loss", "train/accuracy", "val/loss", "val/accuracy", "test/accuracy"} <= set(
        tags["scalars"]
    )
    assert {"val/confusion", "test/confusion"} <= set(tags["images"])
    assert tags["histograms"]


def test_list_and_show_find_the_run(reference: Result, shared_desk: Desk) -> None:
    """The run is in the list, and `show` tells of it what `run` told."""
    listed = shared_desk.type("list", "--json").json
    shown = shared_desk.type("show", reference.json["run"], "--json").json

    assert reference.json["id"] in {run["id"] for run in listed}
    assert shown["weights_sha256"] == reference.json["weights_sha256"]


@pytest.mark.parametrize("optimizer", ["Adam", "RMSprop"])
@pytest.mark.slow
def test_another_optimizer_comes_with_its_own_arguments(shared_desk: Desk, optimizer: str) -> None:
    """The arguments of the task's own optimizer are not forced upon another one."""
    words = ("--optimizer", optimizer, "--learning-rate", "0.001")
    answer = shared_desk.type(*shared_desk.run_words(*words, epochs=1)).json
    request = tomllib.loads((shared_desk.folder / answer["run"] / "request.toml").read_text())

    assert request["config"]["optimizer"]["optimizer_arguments"] == []


@pytest.mark.slow
def test_all_settings_of_the_loop_work_together(shared_desk: Desk) -> None:
    """Schedules, clipping, accumulation, patience, balancing, flips, shifts and half precision."""
    words = [
        *("--learning-rate-schedule", "step", "--learning-rate-every", "1", "--clip-gradient-norm", "1"),
        *("--accumulate", "2", "--patience", "3", "--balance-classes", "--shift", "1", "--flip"),
        *("--precision", "bfloat16", "--batch-size", "32", "--log-every-steps", "3"),
        *("--checkpoint-every-steps", "5", "--checkpoint-every-seconds", "1", "--chain-every-steps", "4"),
    ]
    first, second = (shared_desk.type(*shared_desk.run_words(*words)).json for _ in range(2))

    assert first["weights_sha256"] == second["weights_sha256"]
    assert facts(first["run"]) == facts(second["run"])
