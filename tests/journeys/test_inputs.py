"""Undeclared inputs: what a task reads beside commit, snapshot, lock and footprint is recorded or refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.commands import Desk

SECRET = "hunter2-of-this-test"
IDEA = '''\
"""An idea that reads more than it says."""

import dataclasses
import os
from pathlib import Path

from deepdiva.engine import Schedule, TaskPage
from deepdiva.tasks import image_classification as page

HERE = Path(__file__).parent
{at_import}


class Split:
    def __init__(self, inner):
        self.inner, self.identities, self.names = inner, inner.identities, inner.names

    def __len__(self):
        return len(self.inner)

    def read(self, indices, epoch):
        {in_read}
        return self.inner.read(indices, epoch)


class Idea(page.ImageClassification):
    def __init__(self, config, files, seeds):
        super().__init__(config, files, seeds)
        {in_init}

    def splits(self):
        splits = super().splits()
        return dataclasses.replace(splits, train=Split(splits.train))


TASK = TaskPage(name="idea", config=page.Config, build=Idea, schedule=Schedule(epochs=2))
'''
WEIGHTS = '(HERE / "weights.txt").read_text()'
VARIABLE = 'RATE = float(os.environ.get("MY_LR", "1"))'


def write_idea(desk: Desk, *, at_import: str = "", in_init: str = "pass", in_read: str = "pass") -> None:
    """Commit a task that reads where it is told, beside a file that git ignores."""
    text = IDEA.format(at_import=at_import, in_init=in_init, in_read=in_read)
    (desk.folder / "idea.py").write_text(text)
    (desk.folder / "weights.txt").write_text("0.5\n")
    (desk.folder / ".gitignore").write_text("__pycache__/\nweights.txt\n")
    desk.git("add", ".")
    desk.git("commit", "-q", "-m", "An idea")


def words(desk: Desk, *more: str | Path) -> list[str | Path]:
    common = ("--data", desk.data, "--epochs", "2", "--seed", "1", "--threads", "1", "--json")
    return ["run", "./idea.py", *common, *more]


def inputs_of(run: str | Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(run, "environment/inputs.json").read_bytes())["inputs"]
    return found


def line_of(desk: Desk, text: str) -> str:
    lines = (desk.folder / "idea.py").read_text().splitlines()
    return f"idea.py:{next(n for n, line in enumerate(lines, start=1) if text in line)}"


# -- Recorded --------------------------------------------------------------------------


def test_an_ignored_file_and_a_variable_are_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both with the line that read them; of the file the digest, of the variable never the value."""
    monkeypatch.setenv("MY_LR", "0.125")
    write_idea(desk, at_import=VARIABLE, in_init=WEIGHTS)
    answer = desk.type(*words(desk))
    run = answer.json["run"]
    digest = hashlib.sha256(b"0.5\n").hexdigest()

    file, variable = inputs_of(run)
    place = line_of(desk, WEIGHTS)
    assert file == {"kind": "file", "name": "weights.txt", "bytes": 4, "sha256": digest, "by": place}
    assert variable == {"kind": "variable", "name": "MY_LR", "found": True, "by": line_of(desk, VARIABLE)}
    assert "weights.txt, read at idea.py:" in answer.err
    assert "commit the file" in answer.err
    assert desk.type("show", run, "--json").json["undeclared_inputs"] == inputs_of(run)
    assert line_of(desk, WEIGHTS) in desk.type("show", run).out
    desk.type("verify", run)


def test_nothing_of_the_machine_and_no_secret_is_written(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside the hints no file of the run tells the home folder's name or a variable's value."""
    home = tmp_path / "home-of-ada"
    (home / ".cache" / "hub").mkdir(parents=True)
    (home / ".cache" / "hub" / "x.pth").write_text("weights")
    (tmp_path / "labels.csv").write_text("a,b\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MY_TOKEN", SECRET)
    reads = (
        'os.environ["MY_TOKEN"]; (Path.home() / ".cache/hub/x.pth").read_bytes(); '
        '(HERE / "../labels.csv").read_text(); Path("/etc/passwd").read_text()'
    )
    write_idea(desk, in_init=reads)
    run = Path(desk.type(*words(desk)).json["run"])

    names = {entry["name"] for entry in inputs_of(run)}
    assert names == {"MY_TOKEN", "~/.cache/hub/x.pth", ".../labels.csv", ".../passwd"}
    told = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    telling = [path for path, content in told.items() if home.name.encode() in content]
    assert {path.name for path in telling} <= {"where.json"}
    assert not [path for path, content in told.items() if SECRET.encode() in content]


@pytest.mark.slow
def test_equal_runs_give_equal_files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte, run after run, and whatever the number of workers: also what only a worker reads."""
    monkeypatch.setenv("MY_LR", "2")
    write_idea(desk, at_import=VARIABLE, in_read='(HERE / "weights.txt").read_text()')
    runs = [Path(desk.type(*words(desk, "--workers", count)).json["run"]) for count in ("0", "0", "2")]

    files = {(run / "environment/inputs.json").read_bytes() for run in runs}
    assert len(files) == 1
    assert [entry["name"] for entry in inputs_of(runs[0])] == ["weights.txt", "MY_LR"]
    assert inputs_of(runs[0])[0]["by"] == line_of(desk, "read_text()")


@pytest.mark.slow
def test_what_is_declared_is_not_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file committed, or new and in the snapshot; an allow-listed variable; a neighbor module."""
    monkeypatch.setenv("LANG", "C.UTF-8")
    (desk.folder / "neighbor.py").write_text("from pathlib import Path\nPath(__file__).read_text()\n")
    write_idea(desk, at_import="import neighbor", in_init=f'os.environ["LANG"]; {WEIGHTS}')
    (desk.folder / ".gitignore").write_text("__pycache__/\n")
    kept = desk.type(*words(desk, "--strict-inputs", "--on-uncommitted", "snapshot"))
    desk.git("add", ".")
    desk.git("commit", "-q", "-m", "Declare")
    committed = desk.type(*words(desk, "--strict-inputs"))

    assert inputs_of(kept.json["run"]) == inputs_of(committed.json["run"]) == []
    assert "nothing declares" not in committed.err


@pytest.mark.slow
def test_a_run_that_was_interrupted_tells_both_parts(desk: Desk) -> None:
    """What was read before the stop is told too, and the file is that of a run that was not stopped."""
    reads = '(HERE / ("notes.md" if epoch > 1 else "weights.txt")).read_text(); os.getenv(f"EPOCH_{epoch}")'
    write_idea(desk, in_read=reads)
    whole = desk.type(*words(desk)).json["run"]
    stopped = desk.type(*words(desk, "--stop-after-steps", "20"), expect=130).json["run"]
    resumed = desk.type("resume", stopped, "--json").json["run"]

    assert inputs_of(resumed) == inputs_of(whole)
    assert {entry["name"] for entry in inputs_of(whole)} == {"weights.txt", "EPOCH_1", "EPOCH_2"}


# -- Refused ---------------------------------------------------------------------------


def test_strict_refuses_before_there_is_a_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read while the task is imported or built: exit 3, every one named, no run folder."""
    monkeypatch.setenv("MY_LR", "2")
    write_idea(desk, at_import=VARIABLE, in_init=WEIGHTS)
    answer = desk.type(*words(desk, "--strict-inputs"), expect=3)

    assert "INP-001" in answer.err
    assert f"weights.txt, read at {line_of(desk, WEIGHTS)}" in answer.err
    assert f"MY_LR, read at {line_of(desk, VARIABLE)}" in answer.err
    assert not (desk.folder / "runs").exists()


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_strict_ends_a_run_that_reads_late(desk: Desk, workers: str) -> None:
    """A read in epoch 2, in this process or in a worker: the run has failed, exit 3, never finished."""
    write_idea(desk, in_read="if epoch == 2: " + WEIGHTS)
    answer = desk.type(*words(desk, "--strict-inputs", "--workers", workers), expect=3)

    assert answer.json["status"] == "failed"
    assert f"weights.txt, read at {line_of(desk, WEIGHTS)}" in answer.err
    assert [entry["name"] for entry in inputs_of(answer.json["run"])] == ["weights.txt"]
    assert "INP-001" in desk.type("resume", answer.json["run"], expect=3).err


@pytest.mark.parametrize("workers", ["0", "2"])
def test_built_in_tasks_are_clean(
    shared_desk: Desk, workers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They read their data and nothing else, with an empty state folder as with a filled one."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path))
    again = ("--strict-inputs", "--workers", workers, "--out", "strict")
    for _ in range(2):
        assert inputs_of(shared_desk.type(*shared_desk.run_words(*again)).json["run"]) == []


# -- Compared --------------------------------------------------------------------------


@pytest.mark.slow
def test_diff_and_reproduce_tell_where_they_differ(desk: Desk) -> None:
    """Another content under the same name, or nothing: named among the facts that differ."""
    write_idea(desk, in_init='p = HERE / "weights.txt"; p.exists() and p.read_text()')
    first = desk.type(*words(desk)).json["run"]
    (desk.folder / "weights.txt").write_text("0.25\n")
    second = desk.type(*words(desk)).json["run"]

    (fact,) = desk.type("diff", first, second, "--json").json["inputs"]
    assert fact["name"] == "file weights.txt"
    assert fact["a"] == inputs_of(first)[0]["sha256"] != fact["b"]
    told = desk.type("reproduce", first, "--json").json
    assert [line for line in told["differences"] if line.startswith("inputs: file weights.txt was ")]
    assert told["verdict"] == "REPRODUCED"


def test_records_from_before_still_serve(desk: Desk) -> None:
    """A run that was not watched is shown, compared and resealed as ever, and says nothing of inputs."""
    write_idea(desk, in_init=WEIGHTS)
    now = Path(desk.type(*words(desk)).json["run"])
    old = Path(shutil.copytree(now, now.with_name("from-before"), symlinks=True))
    (old / "environment/inputs.json").unlink()
    (old / "environment/where.json").unlink()
    seal = json.loads((old / "seal.json").read_bytes())
    del seal["files"]["environment/inputs.json"]
    (old / "seal.json").write_text(json.dumps(seal))

    desk.type("verify", old)
    assert desk.type("show", old, "--json").json["undeclared_inputs"] is None
    told = desk.type("diff", old, now, "--json").json
    assert told["inputs"] is None
    assert any("undeclared inputs were not compared" in notice for notice in told["notices"])
