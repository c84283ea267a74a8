"""`deepdiva reproduce` and `verify`: the record says what ran, and the machine says whether it agrees."""

import json
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.commands import Desk, facts, make_desk

from deepdiva.record.seal import write_seal

IDEA = Path("src/deepdiva/tasks/image_classification.py")
UNSEEDED = """
        losses = losses * (1 + 1e-3 * torch.rand((), generator=_NOISE))
        weights = None"""


@pytest.fixture(scope="module")
def finished(shared_desk: Desk) -> Path:
    """Return a run that nobody spoils."""
    return Path(shared_desk.type(*shared_desk.run_words("--out", "certified")).json["run"])


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of that run, to spoil."""
    return Path(shutil.copytree(finished, tmp_path / "copy", symlinks=True))


def page() -> str:
    import deepdiva.tasks.image_classification as task

    return Path(task.__file__).read_text().replace('name="image-classification"', 'name="idea"')


def commit(desk: Desk, message: str) -> None:
    desk.git("add", ".")
    desk.git("commit", "-q", "-m", message)


# -- Verify ----------------------------------------------------------------------------


def test_a_finished_run_verifies(shared_desk: Desk, finished: Path, tmp_path: Path) -> None:
    """Exit 0 with the digest of the seal, by name and wherever the run lies."""
    moved = shutil.copytree(finished, tmp_path / "moved run", symlinks=True)
    told = shared_desk.type("verify", moved, "--json").json

    assert told["verified"] is True
    assert told["seal_sha256"] in shared_desk.type("verify", finished).out


@pytest.mark.parametrize("name", ["weights_sha256", "best_weights_sha256", "data_sha256"])
def test_a_changed_digest_is_tampering(shared_desk: Desk, copy: Path, name: str) -> None:
    """Exit 6, and the file named, although `run.json` lies outside the seal."""
    info = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps(info | {name: "0" * 64}))

    assert "run.json" in shared_desk.type("verify", copy, expect=6).err
    assert shared_desk.type("reproduce", copy, "--json", expect=6).json["verdict"] == "TAMPERED"


def test_a_changed_event_is_tampering(shared_desk: Desk, copy: Path) -> None:
    """A line of events.jsonl with a better score and a checksum that fits: still exit 6."""
    lines = (copy / "events.jsonl").read_bytes().splitlines()
    at = next(n for n, line in enumerate(lines) if b'"test","metric":"accuracy"' in line)
    body, _, rest = lines[at].rpartition(b',"time":')
    body = body.replace(b'"value":0.', b'"value":1.')
    checksum = f'"checksum":"{zlib.crc32(body):08x}"}}'.encode()
    lines[at] = body + b',"time":' + rest.partition(b",")[0] + b"," + checksum
    (copy / "events.jsonl").write_bytes(b"\n".join(lines) + b"\n")

    assert "events.jsonl" in shared_desk.type("verify", copy, expect=6).err
    assert "TAMPERED" in shared_desk.type("reproduce", copy, expect=6).out


def test_an_edited_chain_is_tampering_even_with_a_new_seal(shared_desk: Desk, copy: Path) -> None:
    """The links themselves tell: the seal is not what the promise stands on."""
    text = (copy / "chain.jsonl").read_text()
    first = json.loads(text.splitlines()[1])
    (copy / "chain.jsonl").write_text(text.replace(first["loss"], "3f800000", 1))
    write_seal(copy)
    told = shared_desk.type("verify", copy, "--json", expect=6).json

    assert told["code"] == "VER-010"
    assert any(line.startswith("chain.jsonl: line 2") for line in told["found"])


@pytest.mark.slow
def test_a_run_that_was_stopped_is_no_proof(shared_desk: Desk) -> None:
    """Exit 7 for both: nothing seals it; no pass, and no blame."""
    stopped = shared_desk.type(*shared_desk.run_words("--stop-after-steps", "3"), expect=130).json

    assert "interrupted" in shared_desk.type("verify", stopped["run"], expect=7).err
    assert "INCONCLUSIVE" in shared_desk.type("reproduce", stopped["run"], expect=7).out
    resumed = shared_desk.type("resume", stopped["run"], "--json").json
    assert shared_desk.type("verify", resumed["run"], "--json").json["verified"] is True


def test_data_and_its_footprint_verify(shared_desk: Desk, tmp_path: Path) -> None:
    """A data folder, or the footprint in it: 0, then 4 when a byte differs; anything else: 2."""
    data = shared_desk.copy_of_data(tmp_path / "digits")
    shared_desk.type("verify", data)
    shared_desk.type("verify", data / "footprint.json", "--json")
    victim = sorted((data / "val").rglob("*.png"))[0]
    victim.write_bytes(victim.read_bytes() + b"x")

    assert victim.name in shared_desk.type("verify", data, expect=4).err
    assert "CFG-024" in shared_desk.type("verify", tmp_path, expect=2).err
    assert "CFG-024" in shared_desk.type("verify", victim, expect=2).err


# -- Reproduce -------------------------------------------------------------------------


def test_reproduced_elsewhere_after_the_repository_moved_on(desk: Desk, tmp_path: Path) -> None:
    """Other code by now, another folder, the data moved: the same bits, exit 0, and one line of it."""
    data = desk.copy_of_data(tmp_path / "first place" / "digits")
    words = [word if word != desk.data else data for word in desk.run_words()]
    first = desk.type(*words).json
    (desk.folder / "notes.md").unlink()
    (desk.folder / "other.py").write_text("x = 1\n")
    commit(desk, "Move on")
    data.rename(tmp_path / "second place")
    elsewhere = make_desk(tmp_path / "elsewhere", tmp_path)
    answer = elsewhere.type("reproduce", first["run"], "--data", tmp_path, "--out", "again", "--json")
    again = answer.json
    verdict = json.loads(Path(again["run"], "verdict.json").read_text())

    assert again["verdict"] == verdict["verdict"] == "REPRODUCED"
    assert again["first_difference"] is None
    assert again["weights_sha256"] == first["weights_sha256"]
    assert facts(again["run"]) == facts(first["run"])
    assert again["differences"] == []
    assert again["sentence"].startswith(f"REPRODUCED: run {first['id']}")
    assert Path(again["run"]).parent == elsewhere.folder / "again"
    elsewhere.type("verify", again["run"])


def test_hidden_data_is_inconclusive(desk: Desk, tmp_path: Path) -> None:
    """Without the data there is no answer: exit 7, and where it was looked for; changed data is no better."""
    data = desk.copy_of_data(tmp_path / "digits")
    words = [word if word != desk.data else data for word in desk.run_words(epochs=1)]
    run = desk.type(*words).json["run"]
    hidden = data.rename(tmp_path / "hidden")
    lost = desk.type("reproduce", run, "--json", expect=7)
    victim = sorted((hidden / "train").rglob("*.png"))[7]
    content = victim.read_bytes()
    victim.write_bytes(bytes([*content[:-1], content[-1] ^ 1]))
    changed = desk.type("reproduce", run, "--data", hidden, "--json", expect=7)

    assert lost.json["verdict"] == changed.json["verdict"] == "INCONCLUSIVE"
    assert lost.json["run"] is None
    assert str(data) in lost.err
    assert victim.name in changed.err


def test_an_unseeded_generator_diverges_at_a_named_step(desk: Desk) -> None:
    """Committed code that no seed holds: exit 5, the first step, and that the batch was the same."""
    text = page().replace("\n        weights = None", UNSEEDED)
    text = text.replace("\nTASK = ", "\n_NOISE = torch.Generator()\n_NOISE.seed()\n\nTASK = ")
    (desk.folder / "ideas").mkdir()
    (desk.folder / "ideas" / "idea.py").write_text(text)
    commit(desk, "Have an idea")
    words = [
        "./ideas/idea.py" if word == "image-classification" else word for word in desk.run_words(epochs=1)
    ]
    run = desk.type(*words).json["run"]
    answer = desk.type("reproduce", run, "--json", expect=5)
    told: dict[str, Any] = answer.json

    assert told["verdict"] == "DIVERGED"
    assert told["first_difference"]["step"] == 1
    assert told["first_difference"]["differs"] == ["loss"]
    assert told["differences"] == []
    assert "step 1 is the first that parts" in answer.err


@pytest.mark.slow
def test_a_file_of_ones_own_is_reproduced_from_the_snapshot(desk: Desk) -> None:
    """Uncommitted code, its neighbor and a path with folders: all of it comes out of the run alone."""
    folder = desk.folder / "my ideas"
    folder.mkdir()
    (folder / "scale.py").write_text("SCALE = 1.5\n")
    text = page().replace("import torch\n", "import torch\nfrom scale import SCALE\n", 1)
    (folder / "idea.py").write_text(
        text.replace("\n        weights = None", "\n        losses = losses * SCALE\n        weights = None")
    )
    words = [
        folder / "idea.py" if word == "image-classification" else word for word in desk.run_words(epochs=1)
    ]
    first = desk.type(*words, "--on-uncommitted", "snapshot").json
    shutil.rmtree(folder)
    again = desk.type("reproduce", first["run"], "--json").json

    assert again["verdict"] == "REPRODUCED"
    assert again["differences"] == []
    assert again["id"].rpartition("-")[2] == first["id"].rpartition("-")[2]


@pytest.mark.slow
def test_the_first_steps_are_certified_alone(shared_desk: Desk, finished: Path) -> None:
    """With `--steps` the verdict says how far it goes, and the rest is not run; more than all is all."""
    some = shared_desk.type("reproduce", finished, "--steps", "5", "--json").json
    every = shared_desk.type("reproduce", finished, "--steps", "99999", "--json").json

    assert (some["verdict"], some["status"], some["steps_compared"]) == ("REPRODUCED", "interrupted", 5)
    assert "first 5 of 34 steps" in some["sentence"]
    assert (every["verdict"], every["status"], every["steps_compared"]) == ("REPRODUCED", "finished", 34)
    assert "CFG-003" in shared_desk.type("reproduce", finished, "--steps", "0", expect=2).err


@pytest.mark.slow
def test_another_numeric_class_is_inconclusive(shared_desk: Desk, copy: Path) -> None:
    """Equal bits were never promised there: exit 7 with the scores compared; `ignore` compares the bits."""
    request = (copy / "request.toml").read_text()
    (copy / "request.toml").write_text(request.replace("threads = 1", "threads = 2"))
    write_seal(copy)
    checked = shared_desk.type("reproduce", copy, "--json", expect=7).json
    ignored = shared_desk.type("reproduce", copy, "--environment", "ignore", "--json", expect=5).json

    assert checked["verdict"] == "INCONCLUSIVE"
    assert "scores agree within a tolerance of 0.01" in checked["sentence"]
    assert any(line.startswith("numeric_class: threads") for line in checked["differences"])
    assert ignored["verdict"] == "DIVERGED"


@pytest.mark.slow
def test_plain_commands_repeat_it_too(shared_desk: Desk, finished: Path, tmp_path: Path) -> None:
    """`reproduce.sh` needs the run folder and the data, nothing of this program but the command `run`."""
    import os
    import sys

    again = shared_desk.type("reproduce", finished, "--json").json
    place = Path(shutil.copytree(again["run"], tmp_path / "given away", symlinks=True))
    done = subprocess.run(
        ["sh", str(place / "reproduce.sh"), str(shared_desk.data), str(tmp_path / "to")],
        cwd="/",
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "REPRODUCED" in done.stdout
    assert str(shared_desk.folder) not in (place / "reproduce.sh").read_text()


@pytest.mark.slow
def test_a_crate_reproduces_without_repository_and_data(desk: Desk, tmp_path: Path) -> None:
    """The zip alone: repository, data and run are gone, and the bits come out all the same."""
    data = desk.copy_of_data(tmp_path / "digits")
    words = [word if word != desk.data else data for word in desk.run_words(epochs=1)]
    first = desk.type(*words).json
    desk.type("pack", first["run"], "-o", tmp_path / "run.crate.zip", "--with-data")
    shutil.rmtree(desk.folder)
    shutil.rmtree(data)
    nowhere = make_desk(tmp_path / "elsewhere", tmp_path)
    again = nowhere.type("reproduce", tmp_path / "run.crate.zip", "--json").json

    assert again["verdict"] == "REPRODUCED"
    assert again["weights_sha256"] == first["weights_sha256"]
    assert Path(again["run"]).is_relative_to(nowhere.folder)
