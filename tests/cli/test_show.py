from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deepdiva.cli.main import main
from deepdiva.provenance.inputs import Input, save
from deepdiva.record import RunWriter
from deepdiva.record.info import write_info
from deepdiva.record.lock import RunLock

REQUEST = """task = "image-classification"
seed = 7

[schedule]
epochs = 10
"""
STAMP = {
    "code": {"commit": "c0ffee", "branch": "main", "changed": ["new.py"]},
    "environment": {"python": "CPython 3", "platform": "Linux", "packages": {"torch": {}, "numpy": {}}},
    "numeric_class": {"torch": "2.14", "device": "cpu", "threads": 2, "precision": "float32"},
    "data": {"files": 1797},
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Give a finished run of three epochs below `runs`."""
    folder = tmp_path / "runs" / "20270101-120000-digits-abababab"
    folder.mkdir(parents=True)
    info = {
        "id": folder.name,
        "task": "image-classification",
        "seed": 7,
        "status": "running",
        "seconds": None,
    }
    lock = RunLock(folder)
    write_info(folder, info)
    (folder / "request.toml").write_text(REQUEST)
    (folder / "stamp.json").write_text(json.dumps(STAMP))
    with RunWriter(folder, lock, info) as writer:
        for epoch, accuracy in enumerate((0.1, 0.9, 0.98765)):
            writer.scalar("val", "accuracy", accuracy, epoch=epoch, step=epoch, scope="epoch")
        writer.array("val", "confusion", epoch=2, step=2, arrays={"counts": np.eye(2)})
        facts = {"best_epoch": 2, "val": {"accuracy": 0.98765}, "test": {"accuracy": 0.97, "loss": None}}
        writer.finish("finished", facts)
    return folder


def page(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["show", *words]) == 0
    return capsys.readouterr().out


def test_scores_are_on_the_page(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status, four digits, the best epoch, and a gap where a metric has no value."""
    told = page(capsys, str(run))

    assert f"{run.name}  finished" in told
    assert "0.9877" in told
    assert "at epoch 2, the best one" in told
    assert [line.split() for line in told.splitlines() if line.startswith("  test")] == [["test", "0.9700"]]


def test_curves_are_on_the_page(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How the accuracy rose is seen at a glance."""
    line = next(line for line in page(capsys, str(run)).splitlines() if "▁" in line)

    assert line.split() == ["val/accuracy", "▁▇█", "0.1000", "0.1000", "0.9877", "0.9877"]


def test_settings_and_ground_are_on_the_page(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was asked, and the code, packages, machine and data that it stood on."""
    told = page(capsys, str(run))

    assert "schedule.epochs  10" in told
    assert "c0ffee on main, with 1 changed or new files, kept in code/" in told
    assert "CPython 3, torch 2.14, 2 packages, Linux" in told
    assert "1797 files" in told


def test_undeclared_inputs_are_on_the_page(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the line that read each; a run without any, or from before they were noticed, says nothing."""
    assert "nothing declares" not in page(capsys, str(run))
    assert json.loads(page(capsys, str(run), "--json"))["undeclared_inputs"] is None
    save(
        run, (Input("file", "weights.npy", "idea.py:12", "ab" * 32, 8), Input("variable", "A", "i.py:3")), {}
    )
    told = page(capsys, str(run))

    assert "read, though nothing declares it" in told
    assert [line.split() for line in told.splitlines() if "weights.npy" in line] == [
        ["file", "weights.npy", "idea.py:12,", "sha256", "abababababababab"]
    ]
    assert json.loads(page(capsys, str(run), "--json"))["undeclared_inputs"][1]["name"] == "A"


def test_what_to_do_next_is_on_the_page(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A finished run can be looked at, repeated, restored; one that was killed, resumed."""
    told = page(capsys, str(run))
    assert f"deepdiva run {run}/request.toml" in told
    assert "deepdiva resume" not in told

    info = json.loads((run / "run.json").read_text())
    write_info(run, info | {"status": "running"})
    told = page(capsys, str(run))
    assert "interrupted" in told
    assert f"deepdiva resume {run}" in told


@pytest.mark.parametrize("word", ["latest", "20270101-120000-digits-abababab", "abababab"])
def test_a_run_is_found_by_name(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    """`latest`, the whole name, or a part of it that no other run has; the folder told is the run's own."""
    (run.parent / "latest").symlink_to(run.name)
    monkeypatch.chdir(run.parent.parent)

    assert json.loads(page(capsys, word, "--json"))["run"] == str(run)


def test_json_is_one_object(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly one, with every key of the contract, values in full."""
    told = json.loads(page(capsys, str(run), "--json"))

    assert (told["run"], told["status"], told["best_epoch"]) == (str(run), "finished", 2)
    assert told["test"] == {"accuracy": 0.97, "loss": None}


def test_an_unknown_run_is_answered_with_a_near_one(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name ends with 2 and the name that was probably meant."""
    assert main(["show", run.name.replace("digits", "digist"), "--out", str(run.parent)]) == 2
    assert f"did you mean {run.name}?" in capsys.readouterr().err


def test_a_part_that_several_runs_have_is_not_enough(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which of two is meant is never guessed."""
    other = run.with_name(run.name.replace("12", "13"))
    other.mkdir()
    write_info(other, {"status": "finished"})

    assert main(["show", "digits", "--out", str(run.parent)]) == 2
    told = capsys.readouterr().err
    assert "2 runs are called 'digits'" in told
    assert run.name in told
    assert other.name in told


def test_a_folder_that_is_no_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """4, what was expected, and how to find the runs."""
    assert main(["show", str(tmp_path), "--out", str(tmp_path)]) == 4
    assert "VER-003" in capsys.readouterr().err


def test_a_run_that_has_nothing_but_its_status_has_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that died in its first moment is shown with what there is."""
    write_info(tmp_path, {"status": "running"})

    assert "interrupted" in page(capsys, str(tmp_path))


def test_names_work_no_magic(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Markup and control sequences in settings are shown, not obeyed."""
    (run / "request.toml").write_text('name = "[bold]\\u001b[31mred"\n')

    assert "[bold]\\x1b[31mred" in page(capsys, str(run))


def test_damage_is_counted_on_the_page(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A torn line is left out, and that it was is said."""
    with (run / "events.jsonl").open("ab") as stream:
        stream.write(b'{"torn')

    assert "4 measurements, 1 damaged lines left out" in page(capsys, str(run))


@pytest.mark.parametrize(
    "content", ['{"sentence": "REPRODUCED: run [bold]x."}', "{", '{"sentence": 5}', "[]"]
)
def test_verdict_is_on_the_page(run: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    """A run that repeated another one says what came out; a broken verdict is none."""
    (run / "verdict.json").write_text(content)

    assert ("REPRODUCED: run [bold]x." in page(capsys, str(run))) == content.startswith('{"sentence": "')
