from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from deepdiva.errors import CheckpointError, ConfigError, ResourceError
from deepdiva.record import BEGINNING, RunWriter, read_run
from deepdiva.record.lock import is_held

Open = Callable[[Path], RunWriter]
FACTS = ("events.jsonl", "chain.jsonl")


def take_steps(writer: RunWriter, first: int, last: int) -> None:
    """Take steps, and at every tenth the end of an epoch with an array."""
    for step in range(first, last + 1):
        epoch, identities = (step + 9) // 10, np.arange(step, step + 4, dtype=np.uint64)
        writer.scalar("train", "loss", 1.0 / step, epoch=epoch, step=step, scope="step")
        writer.chain_step(step, np.float32(1.0 / step), identities)
        writer.system(epoch=epoch, step=step, samples_per_second=1000.0)
        if step % 10 == 0:
            writer.scalar("val", "accuracy", 0.5, epoch=epoch, step=step, scope="epoch")
            writer.array("val", "confusion", epoch=epoch, step=step, arrays={"counts": np.eye(2) * step})
            writer.chain_weights(epoch=epoch, step=step, sha256=f"{step:064d}")


def without_times(folder: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "time"} for line in lines]


def same_record(one: Path, other: Path) -> bool:
    chains = (one / "chain.jsonl").read_bytes() == (other / "chain.jsonl").read_bytes()
    arrays = [{path.name: path.read_bytes() for path in (run / "arrays").iterdir()} for run in (one, other)]
    return chains and arrays[0] == arrays[1] and without_times(one) == without_times(other)


def test_measurements_reach_the_disk_when_flushed(open_writer: Open, tmp_path: Path) -> None:
    """To take a measurement writes nothing, which is what makes it cheap; a flush writes all."""
    writer = open_writer(tmp_path)
    take_steps(writer, 1, 9)
    assert (tmp_path / "events.jsonl").read_bytes() == b""

    writer.flush()

    assert [event.step for event in read_run(tmp_path).events] == list(range(1, 10))
    assert len((tmp_path / "chain.jsonl").read_text().splitlines()) == 9


def test_a_flush_is_due_after_half_a_second(
    open_writer: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before, and not again right after one: at least one a second, and not one a step."""
    import time

    writer = open_writer(tmp_path)
    now = time.monotonic()
    assert not writer.flush_due()
    monkeypatch.setattr(time, "monotonic", lambda: now + 0.9)
    assert writer.flush_due()
    writer.flush()
    assert not writer.flush_due()


def test_equal_runs_leave_equal_records(open_writer: Open, tmp_path: Path) -> None:
    """Two runs of the same bits differ in `time` alone, whenever they were flushed."""
    for name, pause in (("one", 7), ("other", 13)):
        writer = open_writer(tmp_path / name)
        for first in range(1, 31, pause):
            take_steps(writer, first, min(first + pause - 1, 30))
            writer.flush()

    assert same_record(tmp_path / "one", tmp_path / "other")


def test_a_rewound_run_ends_like_one_that_never_stopped(open_writer: Open, tmp_path: Path) -> None:
    """After a rewind to a checkpoint's marks, the same steps lead to the same record, byte for byte."""
    take_steps(straight := open_writer(tmp_path / "straight"), 1, 30)
    straight.flush()
    stopped = open_writer(tmp_path / "resumed")
    take_steps(stopped, 1, 12)
    marks = json.loads(json.dumps(stopped.marks()))
    take_steps(stopped, 13, 25)
    stopped.flush()
    stopped.close()

    resumed = open_writer(tmp_path / "resumed")
    resumed.rewind(marks)
    take_steps(resumed, 13, 30)
    resumed.flush()

    assert same_record(tmp_path / "straight", tmp_path / "resumed")


def test_a_run_without_checkpoint_is_rewound_to_its_beginning(open_writer: Open, tmp_path: Path) -> None:
    """Nothing of the first attempt stays, arrays included."""
    take_steps(writer := open_writer(tmp_path), 1, 20)
    writer.flush()

    writer.rewind(BEGINNING)

    assert not list((tmp_path / "arrays").iterdir())
    assert all((tmp_path / name).read_bytes() == b"" for name in FACTS)


def test_a_torn_tail_is_cut_by_the_rewind(open_writer: Open, tmp_path: Path) -> None:
    """What a kill left half-written behind the marks is gone when the run goes on."""
    take_steps(writer := open_writer(tmp_path), 1, 12)
    marks = writer.marks()
    for name in FACTS:
        with (tmp_path / name).open("ab") as stream:
            stream.write(b'{"split":"tr')

    writer.rewind(marks)
    take_steps(writer, 13, 14)
    writer.flush()

    assert read_run(tmp_path).dropped == 0


@pytest.mark.parametrize("name", FACTS)
def test_a_record_shorter_than_its_checkpoint_is_refused(
    open_writer: Open, tmp_path: Path, name: str
) -> None:
    """A checkpoint is never put upon a record that lost what came before it."""
    take_steps(writer := open_writer(tmp_path), 1, 12)
    marks = writer.marks()
    os.truncate(tmp_path / name, 100)

    with pytest.raises(CheckpointError, match=f"{name}.*\n.*only grew"):
        writer.rewind(marks)


def test_the_record_of_another_run_is_refused(open_writer: Open, tmp_path: Path) -> None:
    """Files of the right length with another chain are noticed by its head."""
    take_steps(writer := open_writer(tmp_path), 1, 12)
    marks = writer.marks()

    with pytest.raises(CheckpointError, match="CKP-010"):
        writer.rewind(marks | {"head": "0" * 64})


def test_a_name_that_is_no_file_name_is_refused(open_writer: Open, tmp_path: Path) -> None:
    """A task that calls a metric `../x` is told so, and nothing is written."""
    with pytest.raises(ConfigError, match=r"CFG-020.*val/\.\./x"):
        open_writer(tmp_path).array("val", "../x", epoch=1, step=1, arrays={})


def test_what_did_not_fit_is_kept_for_later(
    open_writer: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a full disk was freed, no measurement is missing and none is there twice."""
    take_steps(writer := open_writer(tmp_path), 1, 9)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _no_space)
        with pytest.raises(ResourceError, match="RES-001"):
            writer.flush()
    take_steps(writer, 10, 12)
    writer.flush()

    steps = [event.step for event in read_run(tmp_path).events if event.scope == "step"]
    assert steps == list(range(1, 13))
    assert len((tmp_path / "chain.jsonl").read_text().splitlines()) == 13


@pytest.mark.parametrize("call", ["write", "fsync", "replace", "open", "ftruncate"])
@pytest.mark.parametrize("nth", range(1, 8))
def test_any_failing_call_leaves_a_whole_record(
    open_writer: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, nth: int
) -> None:
    """Whichever system call fails, the error is ours, and what was flushed before is read in full."""
    take_steps(writer := open_writer(tmp_path), 1, 12)
    writer.flush(sync=True)
    with monkeypatch.context() as patch, suppress(ResourceError), writer:
        patch.setattr(os, call, _failing(getattr(os, call), nth))
        take_steps(writer, 13, 20)
        writer.finish("finished", {"test": {"accuracy": 0.5}})

    record = read_run(tmp_path)
    assert record.dropped == 0
    assert record.status in ("finished", "interrupted")
    assert len([event for event in record.events if event.scope == "step"]) in (12, 20)
    assert not is_held(tmp_path)
    assert not list(tmp_path.rglob(".deepdiva-*"))


def test_the_end_is_written_down(open_writer: Open, tmp_path: Path) -> None:
    """Status, facts and time stand in `run.json`; a number that is none is null."""
    writer = open_writer(tmp_path)
    writer.finish("failed", {"test": {"loss": float("nan"), "accuracy": np.float64(0.5)}, "steps": 3})
    info = json.loads((tmp_path / "run.json").read_text(), parse_constant=pytest.fail)

    assert (info["status"], info["steps"]) == ("failed", 3)
    assert info["test"] == {"loss": None, "accuracy": 0.5}
    assert info["seconds"] >= 0
    assert not (tmp_path / "seal.json").exists()


def test_the_time_of_all_attempts_adds_up(open_writer: Open, tmp_path: Path) -> None:
    """A resumed run took as long as its parts together."""
    from deepdiva.record import reopen_run

    open_writer(tmp_path).finish("interrupted", {"reason": "SIGTERM"})
    info = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(info | {"seconds": 100.0}))
    writer = reopen_run(tmp_path)
    writer.rewind(BEGINNING)
    writer.finish("finished", {})

    assert 100.0 <= read_run(tmp_path).info["seconds"] < 110.0


def test_the_log_is_for_people(open_writer: Open, tmp_path: Path) -> None:
    """Every line has its time in UTC, and letters that cannot be encoded do not stop it."""
    writer = open_writer(tmp_path)
    writer.log("first\nsecond \udc80")

    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == ["first", "second \\udc80"]
    assert all(line.split()[0].endswith("+00:00") for line in lines)


def _no_space(*_: object) -> int:
    raise OSError(28, "No space left on device")


def _failing(call: Callable[..., object], nth: int) -> Callable[..., object]:
    seen = 0

    def fail(*words: object, **named: object) -> object:
        nonlocal seen
        seen += 1
        if seen == nth:
            raise OSError(5, "Input/output error")
        return call(*words, **named)

    return fail
