"""The README is run as it stands: in a clone of what would be committed now, command by command."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
ELSEWHERE = {"make test", ".venv/bin/deepdiva board"}
"""This very test is part of the first; the second runs until it is stopped, and has a test of its own."""

pytestmark = pytest.mark.slow


def commands() -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [
        line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a git repository of all files that are not ignored, with this environment installed."""
    folder = tmp_path_factory.mktemp("readme") / "deepdiva"
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A clone")
    borrow_environment(folder / ".venv")
    return folder


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", f"safe.directory={folder}", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def borrow_environment(venv: Path) -> None:
    """Make `venv` out of the environment that runs the tests, newer than what it is made from."""
    venv.mkdir()
    for part in Path(sys.prefix).iterdir():
        (venv / part.name).symlink_to(part)
    (venv / "installed").unlink(missing_ok=True)
    (venv / "installed").touch()


@pytest.fixture(scope="module")
def outputs(clone: Path) -> dict[str, str]:
    """Run the commands of the README in their order, and return what each of them printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    printed = {}
    for command in commands():
        if command not in ELSEWHERE:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=clone,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            printed[command] = done.stdout
    return printed


def test_the_first_two_commands_are_demo_and_test() -> None:
    """A newcomer needs two commands, and they come first."""
    assert commands()[:2] == ["make demo", "make test"]


def test_the_demo_gives_the_number_that_is_promised(outputs: dict[str, str]) -> None:
    """The test accuracy of `make demo` is what the README says, to two digits or nearly so."""
    promised = re.search(r"\*\*test accuracy of (0\.\d+)\*\*", README)
    found = re.search(r"test accuracy +(0\.\d+) +(0\.\d+) +equal", outputs["make demo"])

    assert promised
    assert found
    assert found[1] == found[2]
    assert float(found[1]) == pytest.approx(float(promised[1]), abs=0.011)


def test_the_other_commands_run_in_the_order_given(outputs: dict[str, str]) -> None:
    """Get, run, show: each finds what the one before it made."""
    assert "test" in outputs[".venv/bin/deepdiva show latest"]


def test_the_clone_stays_clean(outputs: dict[str, str], clone: Path) -> None:
    """Following the README makes nothing that the gate would refuse later."""
    assert outputs
    assert git(clone, "status", "--porcelain") == ""


def test_every_file_of_a_run_is_explained(outputs: dict[str, str], clone: Path) -> None:
    """The page about the run folder names whatever lies in one, file by file or by its folder."""
    assert outputs
    page = (ROOT / "docs" / "concepts" / "run-folder.md").read_text()
    run = (clone / "runs" / "latest").resolve()

    assert list(unexplained(run, page)) == []


def unexplained(run: Path, page: str) -> Iterator[str]:
    for file in run.rglob("*"):
        path = file.relative_to(run)
        folders = {f"`{parent.as_posix()}/`" for parent in path.parents}
        if file.is_file() and f"`{path.as_posix()}`" not in page and not any(f in page for f in folders):
            yield path.as_posix()


def test_the_board_opens_until_it_is_interrupted(outputs: dict[str, str], clone: Path) -> None:
    """`board` tells an address on this machine, and Ctrl-C ends it without a fault."""
    assert outputs
    board = subprocess.Popen(
        [".venv/bin/deepdiva", "board"], cwd=clone, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert board.stdout is not None
    line = board.stdout.readline()
    board.send_signal(signal.SIGINT)
    _, errors = board.communicate(timeout=60)

    assert "http://127.0.0.1:" in line or "http://localhost:" in line, errors
    assert board.returncode == 0, errors
