from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from deepdiva.experiment import companion as room
from deepdiva.experiment.companion import Companion
from deepdiva.record import RunWriter
from deepdiva.record.info import write_info
from deepdiva.record.lock import RunLock


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RunWriter]:
    """Give the writer of a run that has only begun."""
    lock, info = RunLock(tmp_path), {"id": "run", "status": "running", "seconds": None}
    write_info(tmp_path, info)
    with RunWriter(tmp_path, lock, info) as writer:
        yield writer


@pytest.fixture
def start() -> Iterator[Callable[[Path], Companion]]:
    """Give a function that starts a companion; each is drained at the end."""
    started: list[Companion] = []

    def begin(folder: Path) -> Companion:
        started.append(Companion(folder))
        return started[-1]

    yield begin
    for companion in started:
        companion.drain()


def take_epoch(writer: RunWriter, epoch: int) -> None:
    writer.scalar("train", "loss", 1.0, epoch=epoch, step=epoch, scope="epoch")
    writer.scalar("val", "accuracy", 0.5, epoch=epoch, step=epoch, scope="epoch")
    confusion = {"counts": np.eye(3, dtype=np.int64), "classes": np.array(["a", "b", "c"])}
    writer.array("val", "confusion", epoch=epoch, step=epoch, arrays=confusion)
    writer.flush()


def seen(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder / "tensorboard"), size_guidance={"images": 0}).Reload()


def wait_for_image(folder: Path, within: float = 60.0) -> EventAccumulator:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if list((folder / "tensorboard").glob("events*")):
            board = seen(folder)
            if "val/confusion" in board.Tags()["images"]:
                return board
        time.sleep(0.1)
    raise AssertionError("nothing was drawn in time")


def process_of(companion: Companion) -> int:
    assert companion._process is not None
    return companion._process.pid


def test_the_run_is_seen_while_it_trains(writer: RunWriter, start: Callable[[Path], Companion]) -> None:
    """TensorBoard's own reader finds curves and picture of an epoch before the run goes on."""
    companion = start(writer.folder)
    take_epoch(writer, 1)
    board = wait_for_image(writer.folder)
    assert {"train/loss", "val/accuracy"} <= set(board.Tags()["scalars"])

    take_epoch(writer, 2)
    writer.finish("finished", {})
    assert companion.drain() is None
    assert [image.step for image in seen(writer.folder).Images("val/confusion")] == [1, 2]


def test_to_start_it_costs_the_training_nothing(
    writer: RunWriter, start: Callable[[Path], Companion]
) -> None:
    """The caller goes on at once: imports and drawing happen in the other process."""
    began = time.monotonic()
    start(writer.folder)

    assert time.monotonic() - began < 1.0


def test_nothing_runs_on_after_the_drain(writer: RunWriter, start: Callable[[Path], Companion]) -> None:
    """When a run is over, so is its companion; to drain twice is no harm."""
    companion = start(writer.folder)
    assert companion.drain() is None
    assert companion.drain() is None

    with pytest.raises(ProcessLookupError):
        os.kill(process_of(companion), 0)


def test_a_forked_worker_does_not_hold_it_up(writer: RunWriter, start: Callable[[Path], Companion]) -> None:
    """A worker that still holds the pipe open cannot keep the companion from its end."""
    companion = start(writer.folder)
    assert companion._process is not None
    assert companion._process.stdin is not None
    copy = os.dup(companion._process.stdin.fileno())

    assert companion.drain(30) is None
    os.close(copy)


def test_what_goes_wrong_is_named_and_ends_nothing(
    writer: RunWriter, start: Callable[[Path], Companion]
) -> None:
    """A picture that cannot be drawn is told in a line; the trace lies beside the pictures."""
    companion = start(writer.folder)
    take_epoch(writer, 1)
    wait_for_image(writer.folder)
    writer.array("val", "confusion", epoch=2, step=2, arrays={"nonsense": np.eye(2)})
    writer.flush()

    assert "val/confusion of epoch 2: KeyError" in str(companion.drain())
    assert "Traceback" in (writer.folder / "tensorboard" / "companion.log").read_text()
    assert len(seen(writer.folder).Images("val/confusion")) == 1


def test_a_killed_companion_is_named(writer: RunWriter, start: Callable[[Path], Companion]) -> None:
    """Out of memory, or ended by somebody: the run learns it at the end."""
    companion = start(writer.folder)
    os.kill(process_of(companion), signal.SIGKILL)

    assert companion.drain() == "the drawing process ended with status -9"


def test_a_companion_that_hangs_is_ended(
    writer: RunWriter, start: Callable[[Path], Companion], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run returns after a stated time, whatever the drawing does."""
    monkeypatch.setattr(room, "PATIENCE_SECONDS", 0.0)
    companion = start(writer.folder)
    os.kill(process_of(companion), signal.SIGSTOP)
    monkeypatch.setattr(room, "_processor_seconds", lambda _: None)

    assert companion.drain(0.2) == "the pictures were not done within 0.2 seconds"
    with pytest.raises(ProcessLookupError):
        os.kill(process_of(companion), 0)


def test_a_starved_companion_is_replaced(
    writer: RunWriter, start: Callable[[Path], Companion], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that gets no processor, on a machine that others keep busy, does not keep the run waiting."""
    monkeypatch.setattr(room, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(room, "_give_common_share", lambda _: False)
    take_epoch(writer, 1)
    companion = start(writer.folder)
    os.kill(process_of(companion), signal.SIGSTOP)

    assert companion.drain() is None
    assert "val/confusion" in seen(writer.folder).Tags()["images"]


def test_it_never_fails_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process left on the machine: the run goes on, and is told at the end why it has no pictures."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))

    assert "could not be started" in str(Companion(tmp_path).drain())


def test_ctrl_c_does_not_reach_it(writer: RunWriter, start: Callable[[Path], Companion]) -> None:
    """The keyboard's signal goes to the training, which ends well and lets the pictures be finished."""
    assert os.getpgid(process_of(start(writer.folder))) != os.getpgid(0)
