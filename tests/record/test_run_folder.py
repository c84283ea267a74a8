from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deepdiva.errors import ConfigError, DataError, ResourceError
from deepdiva.provenance.inputs import Input, save
from deepdiva.record import BEGINNING, RunWriter, read_run, reopen_run, run_folder
from deepdiva.record.lock import RunLock

Create = Callable[..., RunWriter]
RACE = """
import sys, types
from pathlib import Path
from deepdiva.record import run_folder
run_folder.keep = lambda stamp, source, folder: None
run_folder.mark_as_ours = lambda folder: None
class Clock:
    now = staticmethod(lambda zone: run_folder_time)
from datetime import datetime, UTC
run_folder_time = datetime(2027, 1, 1, tzinfo=UTC)
run_folder.datetime = Clock
numbers = types.SimpleNamespace(level="strict", name="0")
data = types.SimpleNamespace(footprint=types.SimpleNamespace(digest="0"))
stamp = types.SimpleNamespace(request_sha256="ab" * 32, seed=1, numeric_class=numbers, data=data)
for _ in range(50):
    with run_folder.create_run(
        Path(sys.argv[1]), slug="x", request_toml=sys.argv[2], stamp=stamp, source=None, about={}
    ) as writer:
        print(writer.folder)
"""


def test_the_name_tells_time_slug_and_request(create: Create, tmp_path: Path) -> None:
    """Names sort by time in UTC, can be typed, and tell runs of different requests apart."""
    before = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = create(tmp_path / "runs", "Büro: zweite/Probe!").folder.name

    assert re.fullmatch(r"\d{8}-\d{6}-b-ro-zweite-probe-abababab", name)
    assert name[:15] >= before


def test_everything_a_run_stands_on_is_there_at_once(create: Create, tmp_path: Path) -> None:
    """A run that dies in its first step can be explained: request, stamp, code, packages, data."""
    folder = create(tmp_path / "runs").folder

    for name in ("run.json", "request.toml", "stamp.json", "code/code.json", "environment/pylock.toml"):
        assert (folder / name).is_file()
    info = read_run(folder).info
    assert (info["status"], info["seed"], info["determinism"]) == ("running", 7, "strict")
    assert re.fullmatch("[0-9a-f]{64}", info["data_sha256"])


def test_two_hundred_runs_of_one_second_never_share_a_folder(tmp_path: Path) -> None:
    """Four processes make fifty runs each while the clock stands still: two hundred folders."""
    words = [sys.executable, "-c", RACE, str(tmp_path)]
    racers = [subprocess.Popen([*words, str(index)], stdout=subprocess.PIPE, text=True) for index in range(4)]
    told = [racer.communicate(timeout=120)[0].split() for racer in racers]

    folders = [Path(folder) for lines in told for folder in lines]
    assert len(set(folders)) == 200
    for index, lines in enumerate(told):
        assert all((Path(folder) / "request.toml").read_text() == str(index) for folder in lines)


def test_threads_do_not_share_a_folder_either(create: Create, tmp_path: Path) -> None:
    """The same within one process."""
    with ThreadPoolExecutor(8) as threads:
        writers = list(threads.map(lambda _: create(tmp_path / "runs"), range(16)))

    assert len({writer.folder for writer in writers}) == 16


def test_a_run_that_cannot_begin_leaves_nothing(
    create: Create, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk while the stamp is written: no half a run stays behind, and no lock."""

    def full(*_: object) -> None:
        raise ResourceError("full", expected="space", remedy="free some", code="RES-001")

    monkeypatch.setattr(run_folder, "keep", full)
    with pytest.raises(ResourceError):
        create(tmp_path / "runs")

    assert [path.name for path in (tmp_path / "runs").iterdir()] == [".gitignore"]


def test_an_out_that_cannot_be_made_is_told(create: Create, tmp_path: Path) -> None:
    """A file in the way is an error of ours, with its path."""
    (tmp_path / "runs").write_text("")

    with pytest.raises(ResourceError, match="runs"):
        create(tmp_path / "runs")


def test_a_new_out_is_no_code_of_the_user(create: Create, tmp_path: Path) -> None:
    """Git ignores the runs; a folder that holds something of the user is not hidden from it."""
    create(tmp_path / "new")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("")
    create(tmp_path / "mine")

    assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"
    assert not (tmp_path / "mine" / ".gitignore").exists()


def test_latest_points_to_the_newest(create: Create, tmp_path: Path) -> None:
    """Also after the folder of all runs was moved."""
    create(tmp_path / "runs")
    newest = create(tmp_path / "runs").folder
    (tmp_path / "runs").rename(tmp_path / "moved")

    assert (tmp_path / "moved" / "latest").resolve() == tmp_path / "moved" / newest.name


def test_a_run_may_move(create: Create, tmp_path: Path) -> None:
    """A folder copied elsewhere and renamed is read, and can be gone on with, there."""
    create(tmp_path / "runs").finish("interrupted", {})
    run = next(path for path in (tmp_path / "runs").iterdir() if path.is_dir() and not path.is_symlink())
    shutil.copytree(run, tmp_path / "else where" / "copy", symlinks=True)
    shutil.rmtree(tmp_path / "runs")

    with reopen_run(tmp_path / "else where" / "copy") as writer:
        writer.rewind(BEGINNING)
    assert read_run(tmp_path / "else where" / "copy").info["id"] == run.name


def test_no_path_of_this_machine_is_in_it(create: Create, tmp_path: Path) -> None:
    """Only the hints `where.json`, which lie outside every digest, may tell one."""
    writer = create(tmp_path / "runs")
    save(writer.folder, (Input("file", "a", "idea.py:1"),), {"a": str(tmp_path / "a")})
    writer.finish("finished", {})

    telling = [
        path.relative_to(writer.folder).as_posix()
        for path in writer.folder.rglob("*")
        if path.is_file() and str(tmp_path.parent).encode() in path.read_bytes()
    ]
    hints = {"code/where.json", "data/where.json", "environment/where.json"}
    assert set(telling) <= hints
    assert not hints & set(json.loads((writer.folder / "seal.json").read_text())["files"])


def test_a_run_that_goes_on_is_running_again(create: Create, tmp_path: Path) -> None:
    """Whoever looks at it sees that it lives; a seal left by a kill at the very end is void."""
    first = create(tmp_path / "runs")
    (first.folder / "seal.json").write_text("{}")
    first.close()
    assert read_run(first.folder).status == "interrupted"

    with reopen_run(first.folder):
        assert read_run(first.folder).status == "running"
    assert not (first.folder / "seal.json").exists()


def test_a_finished_run_stays_as_it_is(create: Create, tmp_path: Path) -> None:
    """A sealed record is never opened for writing again, and nobody is locked out by the attempt."""
    writer = create(tmp_path / "runs")
    writer.finish("finished", {})
    before = {path: path.read_bytes() for path in writer.folder.rglob("*.json*")}

    with pytest.raises(ConfigError, match="CFG-021"):
        reopen_run(writer.folder)
    assert {path: path.read_bytes() for path in writer.folder.rglob("*.json*")} == before
    RunLock(writer.folder).release()


def test_what_is_no_run_is_left_alone(tmp_path: Path) -> None:
    """To resume a folder of something else says so, and puts no file into it."""
    with pytest.raises(DataError, match="VER-003"):
        reopen_run(tmp_path)

    assert not list(tmp_path.iterdir())


def test_the_record_of_a_moved_run_is_json(create: Create, tmp_path: Path) -> None:
    """`run.json` is one object with every key of the contract, from the first moment on."""
    info = json.loads((create(tmp_path / "runs").folder / "run.json").read_text())

    assert {"id", "task", "status", "seed", "weights_sha256", "best_epoch", "test", "steps"} <= info.keys()
