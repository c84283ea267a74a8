"""A run that was stopped ends with the bits of one that was not."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.journeys.commands import Desk, facts

EPOCHS = 5


@pytest.fixture(scope="module")
def whole(shared_desk: Desk) -> dict[str, str]:
    """Return the answer of a run that nobody stopped."""
    answer: dict[str, str] = shared_desk.type(*shared_desk.run_words(epochs=EPOCHS)).json
    return answer


def stop_in_epoch(process: subprocess.Popen[str], epoch: int, number: int) -> tuple[int, str]:
    """Send a signal while `epoch` is trained; return exit status and standard output."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(f"epoch {epoch - 1}/"):
            time.sleep(0.05)
            process.send_signal(number)
            break
    out, _ = process.communicate(timeout=60)
    return process.returncode, out


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(signal.SIGUSR1, marks=pytest.mark.slow),
    ],
)
def test_signal_leaves_a_resumable_run(shared_desk: Desk, whole: dict[str, str], number: int) -> None:
    """Exit 130, status interrupted; `resume` ends with the weights, chain and events of the whole run."""
    status, out = stop_in_epoch(shared_desk.start(*shared_desk.run_words(epochs=EPOCHS)), 4, number)
    interrupted = json.loads(out)
    resumed = shared_desk.type("resume", interrupted["run"], "--json").json

    assert status == 130
    assert interrupted["status"] == "interrupted"
    assert resumed["weights_sha256"] == whole["weights_sha256"]
    assert resumed["test"] == whole["test"]
    assert facts(shared_desk.folder / resumed["run"]) == facts(shared_desk.folder / whole["run"])


@pytest.mark.slow
def test_kill_without_a_word_is_resumed_with_workers(shared_desk: Desk, whole: dict[str, str]) -> None:
    """After SIGKILL the run goes on from its last checkpoint, whatever stood behind it in the record."""
    words = shared_desk.run_words("--workers", "2", "--checkpoint-every-steps", "7", epochs=EPOCHS)
    process = shared_desk.start(*words, "--out", "killed")
    status, _ = stop_in_epoch(process, 3, signal.SIGKILL)
    (run,) = (shared_desk.folder / "killed").glob("2*")
    resumed = shared_desk.type("resume", run, "--json").json

    assert status == -signal.SIGKILL
    assert resumed["weights_sha256"] == whole["weights_sha256"]
    assert facts(run) == facts(shared_desk.folder / whole["run"])


@pytest.mark.slow
def test_finished_run_is_left_as_it_is(shared_desk: Desk, whole: dict[str, str]) -> None:
    """To resume a finished run is no error and changes nothing."""
    record = shared_desk.folder / whole["run"]
    before = (record / "run.json").read_bytes()
    answer = shared_desk.type("resume", record, "--json")

    assert "already finished" in answer.err
    assert (record / "run.json").read_bytes() == before


@pytest.mark.slow
def test_moved_run_is_resumed(shared_desk: Desk, whole: dict[str, str], tmp_path: Path) -> None:
    """A run folder holds no path of its own, so it goes on wherever it lies."""
    _, out = stop_in_epoch(shared_desk.start(*shared_desk.run_words(epochs=EPOCHS)), 3, signal.SIGTERM)
    moved = (shared_desk.folder / json.loads(out)["run"]).rename(tmp_path / "moved run")

    assert shared_desk.type("resume", moved, "--json").json["weights_sha256"] == whole["weights_sha256"]


@pytest.mark.slow
def test_changed_code_is_named_and_can_be_allowed(desk: Desk) -> None:
    """The run's own stamp is what counts: other code refuses (exit 3) until it is allowed."""
    _, out = stop_in_epoch(desk.start(*desk.run_words(epochs=EPOCHS)), 2, signal.SIGTERM)
    run = json.loads(out)["run"]
    (desk.folder / "notes.md").write_text("Another idea.\n")
    refused = desk.type("resume", run, expect=3)

    assert "CFG-010" in refused.err
    assert "notes.md" in refused.err
    assert desk.type("resume", run, "--allow-change", "code", "--json").json["status"] == "finished"


@pytest.mark.slow
def test_second_writer_is_turned_away(shared_desk: Desk) -> None:
    """While a run trains, `resume` of it exits with 8 and says who holds it."""
    process = shared_desk.start(*shared_desk.run_words("--out", "held", epochs=200))
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch 0/"):
            break
    (run,) = (shared_desk.folder / "held").glob("2*")
    refused = shared_desk.type("resume", run, expect=8)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)

    assert str(process.pid) in refused.err
