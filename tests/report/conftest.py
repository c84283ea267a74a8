from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from deepdiva.record import RunWriter
from deepdiva.record.info import write_info
from deepdiva.record.lock import RunLock


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RunWriter]:
    """Give the writer of a run that has only begun."""
    folder = tmp_path / "run"
    folder.mkdir()
    lock, info = RunLock(folder), {"id": "run", "status": "running", "seconds": None}
    write_info(folder, info)
    (folder / "request.toml").write_text('task = "image-classification"\n')
    (folder / "stamp.json").write_text('{"seed": 7, "environment": {"python": "3", "packages": {"x": {}}}}')
    with RunWriter(folder, lock, info) as writer:
        yield writer


@pytest.fixture
def take_epoch() -> Callable[[RunWriter, int], None]:
    """Give a function that records an epoch of three steps, as the loop does it, and flushes."""

    def take(writer: RunWriter, epoch: int) -> None:
        step = 3 * epoch
        if epoch:
            for taken in range(step - 2, step + 1):
                writer.scalar("train", "loss", 1.0 / taken, epoch=epoch, step=taken, scope="step")
            writer.scalar("train", "loss", 1.0 / step, epoch=epoch, step=step, scope="epoch")
            writer.system(epoch=epoch, step=step, samples_per_second=5000.0)
        writer.scalar("val", "accuracy", epoch / 10, epoch=epoch, step=step, scope="epoch")
        confusion = {"counts": np.eye(3, dtype=np.int64) * 5, "classes": np.array(["a", "b", "$c$"])}
        writer.array("val", "confusion", epoch=epoch, step=step, arrays=confusion)
        weights = {"counts:conv.weight": np.array([1, 2]), "edges:conv.weight": np.array([-1.0, 0.0, 1.0])}
        writer.array("train", "weights", epoch=epoch, step=step, arrays=weights)
        writer.flush()

    return take


@pytest.fixture
def seen() -> Callable[[Path], EventAccumulator]:
    """Give a function that reads a run with TensorBoard's own reader."""

    def read(folder: Path) -> EventAccumulator:
        accumulator = EventAccumulator(
            str(folder / "tensorboard"), size_guidance={"images": 0, "histograms": 0}
        )
        return accumulator.Reload()

    return read
