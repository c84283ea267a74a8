from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepdiva.cli.main import main
from deepdiva.record import RunWriter
from deepdiva.record.info import write_info
from deepdiva.record.lock import RunLock

COMMAND = [sys.executable, "-m", "deepdiva", "board"]


def record(folder: Path) -> Path:
    """Make a run that finished and was never drawn."""
    folder.mkdir(parents=True)
    lock, info = RunLock(folder), {"id": folder.name, "status": "running", "seconds": None}
    write_info(folder, info)
    with RunWriter(folder, lock, info) as writer:
        writer.scalar("val", "accuracy", 0.5, epoch=0, step=0, scope="epoch")
        counts = {"counts": np.eye(2, dtype=np.int64), "classes": np.array(["a", "b"])}
        writer.array("val", "confusion", epoch=0, step=0, arrays=counts)
        writer.finish("finished", {})
    return folder


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Give a function that opens a board and returns its process and address; ended at the end."""
    opened: list[subprocess.Popen[str]] = []

    def start(*words: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [*COMMAND, *words, "--port", "0", "--json"], stdout=subprocess.PIPE, text=True, cwd=tmp_path
        )
        opened.append(process)
        assert process.stdout is not None
        return process, json.loads(process.stdout.readline())["url"]

    yield start
    for process in opened:
        process.kill()
        process.communicate()


def ask(url: str, question: str, until: set[str]) -> Any:
    """Return TensorBoard's answer as soon as it speaks of all of `until`."""
    deadline = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(f"{url}data/{question}", timeout=30) as answer:
            told = json.load(answer)
        if until <= set(told) or time.monotonic() > deadline:
            return told
        time.sleep(0.3)


def test_tensorboard_shows_every_run_under_its_name(
    board: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
    """The real TensorBoard, asked over its address: single runs, runs of experiments, and late ones."""
    record(tmp_path / "runs" / "single")
    record(tmp_path / "runs" / "experiment" / "first")
    _, url = board("--out", "runs")

    curves = ask(url, "plugin/scalars/tags", until={"single", "experiment/first"})
    assert curves.keys() == {"single", "experiment/first"}
    assert "val/accuracy" in curves["single"]
    assert "val/confusion" in ask(url, "plugin/images/tags", until={"single"})["single"]
    record(tmp_path / "runs" / "late")
    assert "late" in ask(url, "runs", until={"late"})


def test_it_listens_on_this_machine_alone(
    board: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
    """Nobody on the network sees the runs."""
    _, url = board(str(record(tmp_path / "runs" / "one")))
    port = int(url.rstrip("/").rpartition(":")[2])

    assert url.startswith("http://127.0.0.1:")
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", port))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_without_a_trace(
    board: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C is how a board is closed: status 0, and its folder of links is gone."""
    before = set(Path(tempfile.gettempdir()).glob("deepdiva-board-*"))
    process, _ = board(str(record(tmp_path / "runs" / "one")))
    process.send_signal(number)

    assert process.wait(30) == 0
    assert set(Path(tempfile.gettempdir()).glob("deepdiva-board-*")) <= before


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad words end with 2 and say what would be right."""
    assert main(["board", "--out", str(tmp_path / "none")]) == 2
    assert "CFG-023" in capsys.readouterr().err


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """Another program on the port is a matter of resources: 8, and no trace."""
    record(tmp_path / "runs" / "one")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = [*COMMAND, "--out", str(tmp_path / "runs"), "--port", port]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 8
    assert "RES-020" in done.stderr
    assert "Traceback" not in done.stderr
