"""Rules for workers: their faults are named, and they never outlive their use."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.data.drawing import draw_class_folders

from deepdiva.data import ImageSplit, read_class_folders, workers
from deepdiva.data.workers import read_ahead
from deepdiva.errors import DataError, ResourceError
from deepdiva.provenance import verify
from deepdiva.provenance.reads import NOTEBOOK, Notebook
from deepdiva.randomness import SeedPlan

BATCHES = [np.arange(start, start + 2) for start in range(0, 12, 2)]


class Faulty:
    """A split that goes wrong in one batch, in the way asked for."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.names = tuple(f"train/cat/{number}.png" for number in range(12))
        self.identities = np.arange(12, dtype=np.uint64)

    def __len__(self) -> int:
        return 12

    def read(self, indices: np.ndarray, epoch: int) -> torch.Tensor:
        if 6 in indices:
            self.fail()
        return torch.from_numpy(indices * 10 + epoch)

    def fail(self) -> None:
        match self.how:
            case "raise":
                raise ZeroDivisionError("in the split")
            case "exit":
                sys.exit(3)
            case "die":
                os._exit(3)
            case "hang":
                time.sleep(60)
            case "data":
                raise DataError("a file", expected="another", remedy="look", code="DATA-042")
            case name if name.startswith("SIG"):
                faulthandler.disable()  # pytest's own would print a page
                os.kill(os.getpid(), getattr(signal, name))


def children() -> list[int | None]:
    return [child.pid for child in multiprocessing.active_children()]


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("raise", "RES-013", "ZeroDivisionError: in the split"),
        ("exit", "RES-013", "SystemExit: 3"),
        ("die", "RES-011", "status 3"),
        ("SIGKILL", "RES-011", "signal 9"),
        ("SIGBUS", "RES-010", "shared memory"),
        ("hang", "RES-012", "hangs for 1 seconds"),
    ],
)
def test_every_fault_is_named_with_the_samples(how: str, code: str, words: str) -> None:
    """The batch at which it happened can be looked at, and no process stays behind."""
    with pytest.raises(ResourceError, match=rf"(?s){code}.*") as caught:
        list(read_ahead(Faulty(how), BATCHES, 1, 2, timeout=1))

    assert words in str(caught.value)
    assert "train/cat/6.png, train/cat/7.png" in str(caught.value)
    assert children() == []


def test_errors_of_ours_come_through_whole() -> None:
    """A changed file is a changed file, whoever found it: same kind, same code, same remedy."""
    with pytest.raises(DataError, match="DATA-042: a file") as caught:
        list(read_ahead(Faulty("data"), BATCHES, 1, 2))

    assert caught.value.remedy == "look"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGUSR1"])
def test_workers_leave_signals_to_the_main_process(name: str) -> None:
    """A scheduler signals all processes; the main one saves first and ends the others then."""
    found = [batch.tolist() for batch in read_ahead(Faulty(name), BATCHES, 1, 2)]

    assert found == [(batch * 10 + 1).tolist() for batch in BATCHES]


def test_workers_end_when_the_loop_stops_early() -> None:
    """An interrupted epoch leaves no process."""
    feed = read_ahead(Faulty("none"), BATCHES, 1, 3)
    next(feed)
    assert len(children()) == 3
    del feed

    assert children() == []


def test_workers_move_no_generator_of_the_main_process() -> None:
    """Dropout draws the same numbers with and without workers."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    list(read_ahead(Faulty("none"), BATCHES, 1, 2))

    assert torch.equal(torch.rand(3), expected)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes by /proc")
def test_workers_end_when_the_main_process_is_killed() -> None:
    """SIGKILL cannot be handled; the workers notice all the same."""
    program = (
        "import multiprocessing, sys, time\n"
        "from tests.data.test_workers import BATCHES, Faulty\n"
        "from deepdiva.data.workers import read_ahead\n"
        "feed = read_ahead(Faulty('none'), BATCHES, 1, 2)\n"
        "next(feed)\n"
        "print(*[child.pid for child in multiprocessing.active_children()], flush=True)\n"
        "time.sleep(60)\n"
    )
    main = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert main.stdout is not None
    pids = [int(pid) for pid in main.stdout.readline().split()]
    assert [alive(pid) for pid in pids] == [True, True]
    main.kill()
    main.communicate()
    end = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)

    assert [alive(pid) for pid in pids] == [False, False]


def test_a_program_that_ends_in_the_middle_does_not_hang() -> None:
    """Workers ignore SIGTERM, so they are told to end before the interpreter waits for them."""
    program = (
        "from tests.data.test_workers import BATCHES, Faulty\n"
        "from deepdiva.data.workers import read_ahead\n"
        "feed = read_ahead(Faulty('none'), BATCHES, 1, 2)\n"
        "next(feed)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_spawned_workers_give_the_same_bits(tmp_path: Path, method: str) -> None:
    """MacOS spawns where Linux forks; a split travels to either."""
    split: ImageSplit = read_class_folders(
        verify(draw_class_folders(tmp_path / "set", counts=(6, 1, 1))), seeds=SeedPlan(1)
    ).splits.train
    here = [split.read(batch, 1).images for batch in BATCHES]
    there = [batch.images for batch in read_ahead(split, BATCHES, 1, 2, start_method=method)]

    assert all(torch.equal(a, b) for a, b in zip(here, there, strict=True))


class Curious:
    """A split that reads a file beside its data, in one batch."""

    names = tuple(f"train/cat/{number}.png" for number in range(12))
    identities = np.arange(12, dtype=np.uint64)

    def __init__(self, place: Path) -> None:
        self.place = place

    def __len__(self) -> int:
        return 12

    def read(self, indices: np.ndarray, epoch: int) -> torch.Tensor:
        if 6 in indices:
            os.environ.get("CURIOUS_ABOUT")
            return torch.full((2,), int(self.place.read_text()) + epoch)
        return torch.from_numpy(indices)


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_what_a_worker_reads_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """The main process has it in its notes as if it had read it itself."""
    book = Notebook()
    monkeypatch.setattr(workers, "NOTEBOOK", book)
    monkeypatch.setattr(workers, "is_listening", lambda: True)
    monkeypatch.setattr("deepdiva.provenance.audit.NOTEBOOK", book)
    monkeypatch.setattr("deepdiva.provenance.lookups.NOTEBOOK", book)
    place = tmp_path / "beside.txt"
    place.write_text("5")
    list(read_ahead(Curious(place), BATCHES, 1, 2, start_method=method))
    found = {subject.name: reader.line for subject, reader in book.heard().items()}

    assert {str(place), "CURIOUS_ABOUT"} <= found.keys()
    assert found[str(place)].file == __file__


def test_without_notes_nothing_is_sent(tmp_path: Path) -> None:
    """Workers of a process that does not listen do not either."""
    (tmp_path / "beside.txt").write_text("5")
    list(read_ahead(Curious(tmp_path / "beside.txt"), BATCHES, 1, 2))

    assert not [subject for subject in NOTEBOOK.heard() if subject.name.startswith(str(tmp_path))]
