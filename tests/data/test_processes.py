"""Work spread over processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deepdiva.data.processes import spread
from deepdiva.errors import DataError, ResourceError


def square(number: int) -> int:
    return number * number


def refuse(number: int) -> int:
    if number == 3:
        raise DataError("three", expected="another", remedy="choose", code="DATA-999")
    return number


def stumble(number: int) -> int:
    return 1 // number


def die(status: int) -> int:
    os._exit(status)


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_task_is_answered_once(processes: int) -> None:
    """Whatever the number of processes, each answer comes, and comes once."""
    assert sorted(spread(square, range(40), processes=processes)) == [n * n for n in range(40)]


def test_more_processes_than_tasks_end_as_well() -> None:
    """A process that never gets a task does not keep the others waiting."""
    assert list(spread(square, [5], processes=4)) == [25]
    assert list(spread(square, [], processes=2)) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_ours_arrives_whole(processes: int) -> None:
    """What was found, expected and to be done reaches the user from another process, too."""
    with pytest.raises(DataError) as caught:
        list(spread(refuse, range(6), processes=processes))
    assert (caught.value.found, caught.value.remedy, caught.value.code) == ("three", "choose", "DATA-999")


def test_a_fault_arrives_with_its_trace() -> None:
    """A fault in the work is not swallowed: its trace names the line."""
    with pytest.raises(RuntimeError, match="(?s)stumble.*ZeroDivisionError"):
        list(spread(stumble, [0], processes=2))


def test_a_process_that_dies_is_told() -> None:
    """A process that ends in the middle of its work gives RES-011 and its status, and no hang."""
    with pytest.raises(ResourceError, match="RES-011.*status 7"):
        list(spread(die, [7, 7], processes=2))


def test_processes_start_light() -> None:
    """A process that decodes pictures loads nothing heavy, torch least of all."""
    code = (
        "import sys, deepdiva.data.analysis.look;"
        "print([name for name in ('torch', 'sklearn', 'matplotlib', 'pyarrow', 'av') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    """A killed command leaves no process behind."""
    program = tmp_path / "program.py"
    program.write_text(
        "import os, time\n"
        "from pathlib import Path\n"
        "from deepdiva.data.processes import spread\n"
        "def note(number):\n"
        f"    Path({str(tmp_path)!r}, f'pid{{number}}').write_text(str(os.getpid()))\n"
        "    return number\n"
        "if __name__ == '__main__':\n"
        "    for done, _ in enumerate(spread(note, [0, 1], processes=2)):\n"
        "        if done == 1:\n"
        "            print('both', flush=True)\n"
        "            time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "both\n"
        pids = [int((tmp_path / f"pid{number}").read_text()) for number in (0, 1)]
        running.kill()
    assert _gone(pids)


def _gone(pids: list[int]) -> bool:
    """Wait until none of the processes lives; a minute is more than a busy machine needs."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
