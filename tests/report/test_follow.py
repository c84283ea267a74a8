from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from deepdiva.record import BEGINNING, RunWriter
from deepdiva.report.follow import follow

Take = Callable[[RunWriter, int], None]
See = Callable[[Path], EventAccumulator]
FOLLOW = [sys.executable, "-m", "deepdiva.report.follow"]


def test_what_comes_while_it_waits_is_drawn(writer: RunWriter, take_epoch: Take, seen: See) -> None:
    """Each look draws what is new, and after the end one more look draws the rest."""
    epochs = iter(range(4))

    def wait(_: float) -> bool:
        take_epoch(writer, epoch := next(epochs))
        return epoch == 3

    assert follow(writer.folder, wait) == []
    assert [point.step for point in seen(writer.folder).Scalars("val/accuracy")] == [0, 1, 2, 3]


def test_a_rewound_record_is_drawn_anew(writer: RunWriter, take_epoch: Take, seen: See) -> None:
    """After a rewind no point of the forgotten steps stays on the curves."""
    actions: Iterator[Callable[[], None]] = iter(
        [
            partial(take_epoch, writer, 3),
            partial(writer.rewind, BEGINNING),
            partial(take_epoch, writer, 0),
        ]
    )

    def wait(_: float) -> bool:
        if action := next(actions, None):
            action()
        return action is None

    take_epoch(writer, 2)
    assert follow(writer.folder, wait) == []
    assert [point.step for point in seen(writer.folder).Scalars("val/accuracy")] == [0]


def test_started_by_hand_it_draws_a_run_that_is_over(writer: RunWriter, take_epoch: Take, seen: See) -> None:
    """Years later, with the folder alone: one command, and the pictures are back."""
    take_epoch(writer, 0)
    writer.finish("finished", {})
    done = subprocess.run(
        [*FOLLOW, str(writer.folder)], stdin=subprocess.DEVNULL, capture_output=True, check=True
    )

    assert (done.stdout, done.stderr) == (b"", b"")
    assert "val/confusion" in seen(writer.folder).Tags()["images"]


def test_what_is_no_run_is_told_without_a_trace(tmp_path: Path) -> None:
    """The last line says what is wrong; the status says that something is."""
    done = subprocess.run(
        [*FOLLOW, str(tmp_path)], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )

    assert done.returncode == 1
    assert b"VER-003" in done.stderr
    assert b"Traceback" not in done.stderr


def test_it_never_imports_torch(writer: RunWriter) -> None:
    """Pictures need the record and nothing of what made it."""
    writer.finish("finished", {})
    code = (
        "import sys; from pathlib import Path; from deepdiva.report.follow import follow; "
        "follow(Path(sys.argv[1]), lambda seconds: True); "
        "sys.exit(bool({'torch', 'tensorflow', 'matplotlib'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code, str(writer.folder)], check=True)


def test_it_ends_when_its_parent_is_gone(writer: RunWriter, take_epoch: Take, seen: See) -> None:
    """A killed training leaves no process behind, and what it recorded is drawn."""
    take_epoch(writer, 0)
    parent = (
        "import subprocess, sys, time; "
        "process = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE); "
        "print(process.pid, flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", parent, *FOLLOW, str(writer.folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        companion = int(process.stdout.readline())
        process.kill()

    assert _ends(companion, within=30)
    assert "val/accuracy" in seen(writer.folder).Tags()["scalars"]


def _ends(pid: int, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        time.sleep(0.1)
    return False
