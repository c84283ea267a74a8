from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepdiva.errors import DataError
from deepdiva.record import RunWriter, list_runs, read_run
from deepdiva.record.info import write_info

Open = Callable[[Path], RunWriter]
any_bytes = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from deepdiva.record.info import write_info
from deepdiva.record.lock import RunLock
from deepdiva.record.writer import RunWriter
folder = Path(sys.argv[1])
lock = RunLock(folder)
write_info(folder, {"status": "running"})
writer = RunWriter(folder, lock, {"seconds": None})
print("begun", flush=True)
for step in range(10**9):
    writer.scalar("train", "loss", 1 / (step + 1), epoch=1, step=step, scope="step")
    writer.chain_step(step, np.float32(step), np.arange(8, dtype=np.uint64))
    if step % 50 == 0:
        writer.array("val", "confusion", epoch=step, step=step, arrays={"counts": np.eye(9)})
    if step % 7 == 0:
        writer.flush()
"""


@pytest.fixture
def run(open_writer: Open, tmp_path: Path) -> RunWriter:
    """Give a run with two epochs on disk, still open."""
    writer = open_writer(tmp_path / "run")
    for epoch in (0, 1, 2):
        writer.scalar("val", "accuracy", epoch / 4, epoch=epoch, step=10 * epoch, scope="epoch")
        writer.scalar("train", "loss", 0.5, epoch=epoch, step=10 * epoch, scope="step")
    writer.array("val", "confusion", epoch=2, step=20, arrays={"counts": np.eye(2)})
    writer.flush()
    return writer


def test_a_curve_is_told_by_epoch(run: RunWriter) -> None:
    """Epoch 0 is before training; measurements of steps and arrays are not mixed in."""
    record = read_run(run.folder)

    assert record.curve("val", "accuracy") == [(0, 0.0), (1, 0.25), (2, 0.5)]
    assert record.curve("train", "loss", "step") == [(0, 0.5), (10, 0.5), (20, 0.5)]
    assert record.curve("val", "confusion") == []


def test_a_torn_tail_is_dropped_and_counted(run: RunWriter) -> None:
    """After a kill, all but the last, half-written line is there, and the loss is told."""
    with (run.folder / "events.jsonl").open("ab") as stream:
        stream.write(b'{"split":"val","met')

    record = read_run(run.folder)
    assert (len(record.events), record.dropped) == (7, 1)


def test_a_changed_line_is_dropped_and_counted(run: RunWriter) -> None:
    """A value edited by hand does not pass as a measurement."""
    events = run.folder / "events.jsonl"
    events.write_bytes(events.read_bytes().replace(b'"value":0.25', b'"value":0.99'))

    record = read_run(run.folder)
    assert (record.curve("val", "accuracy"), record.dropped) == ([(0, 0.0), (2, 0.5)], 1)


def test_arrays_are_read_by_their_digest(run: RunWriter) -> None:
    """An array comes back as it was written, and a changed or missing one is named."""
    record = read_run(run.folder)
    event = record.events[-1]
    np.testing.assert_array_equal(record.array(event)["counts"], np.eye(2))

    path = run.folder / str(event.array)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"VER-001.*val-confusion-0002"):
        record.array(event)
    path.unlink()
    with pytest.raises(DataError, match=r"VER-002.*val-confusion-0002"):
        record.array(event)


def test_a_run_whose_process_died_is_interrupted(run: RunWriter) -> None:
    """`running` in the file and nobody who writes: that is a run to resume."""
    assert read_run(run.folder).status == "running"
    run.close()

    assert read_run(run.folder).status == "interrupted"
    assert read_run(run.folder).as_json()["status"] == "interrupted"


def test_scores_so_far_are_told_while_it_runs(run: RunWriter) -> None:
    """A half-finished run shows its latest scores, and null where there are none yet."""
    told = read_run(run.folder).as_json()

    assert told["val"] == {"accuracy": 0.5}
    assert told["test"] is None


def test_the_json_has_the_keys_of_the_contract_in_order(run: RunWriter) -> None:
    """Scripts rely on these words."""
    assert list(read_run(run.folder).as_json()) == [
        *("run", "id", "task", "status", "seed", "determinism", "numeric_class", "data_sha256"),
        *("weights_sha256", "best_weights_sha256", "best_epoch", "train", "val", "test", "steps", "seconds"),
    ]


def test_runs_of_experiments_are_listed_too(open_writer: Open, tmp_path: Path) -> None:
    """Runs directly below a folder and in its experiments, oldest name first, links not followed."""
    for name in ("20260102-run", "20260101-experiment/a", "20260101-experiment/b"):
        open_writer(tmp_path / name)
    (tmp_path / "latest").symlink_to("20260102-run")

    found = [run.folder.relative_to(tmp_path).as_posix() for run in list_runs(tmp_path)]
    assert found == ["20260101-experiment/a", "20260101-experiment/b", "20260102-run"]


def test_what_cannot_be_read_does_not_hide_the_others(open_writer: Open, tmp_path: Path) -> None:
    """A damaged run, a stray file and an empty folder leave the list to those that are whole."""
    open_writer(tmp_path / "good")
    open_writer(tmp_path / "bad")
    (tmp_path / "bad" / "run.json").write_text("{")
    (tmp_path / "stray").write_text("")
    (tmp_path / "empty").mkdir()

    assert [run.folder.name for run in list_runs(tmp_path)] == ["good"]
    assert list_runs(tmp_path / "missing") == []


def test_thousands_of_runs_are_listed_quickly(tmp_path: Path) -> None:
    """The list reads one small file a run: two thousand take seconds at the very most."""
    for index in range(2000):
        folder = tmp_path / f"{index:04d}"
        folder.mkdir()
        (folder / "run.json").write_text('{"status": "finished"}')

    began = time.monotonic()
    assert len(list_runs(tmp_path)) == 2000
    assert time.monotonic() - began < 10


@any_bytes
@given(st.binary(max_size=100))
def test_any_run_json_is_a_run_or_our_error(tmp_path: Path, content: bytes) -> None:
    """A folder that somebody else made never ends in a trace."""
    (tmp_path / "run.json").write_bytes(content)

    with pytest.raises(DataError, match=r"VER-003"):
        read_run(tmp_path)


@any_bytes
@given(st.binary(max_size=300))
def test_any_files_beside_it_are_endured(tmp_path: Path, content: bytes) -> None:
    """Damage in request, stamp or events costs what was damaged, nothing else."""
    write_info(tmp_path, {"status": "finished", "id": "x"})
    for name in ("request.toml", "stamp.json", "events.jsonl"):
        (tmp_path / name).write_bytes(content)
    record = read_run(tmp_path)

    assert isinstance(record.request, dict)
    assert isinstance(record.stamp, dict)
    assert record.events == ()
    assert json.loads(json.dumps(record.as_json()))["id"] == "x"


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_at_any_moment_leaves_a_readable_record(tmp_path: Path, seed: int) -> None:
    """What was flushed is there without a gap; at most the last line is torn; all arrays are whole."""
    words = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.Random(seed).uniform(0.01, 0.2))
        os.kill(process.pid, 9)

    record = read_run(tmp_path)
    assert record.status == "interrupted"
    assert record.dropped <= 1
    steps = [step for step, _ in record.curve("train", "loss", "step")]
    assert steps == list(range(len(steps)))
    for event in record.events:
        assert event.array is None or record.array(event)["counts"].shape == (9, 9)
