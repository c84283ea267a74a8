"""What `deepdiva run` refuses, with which exit code, and what it says."""

import os
from pathlib import Path

import pytest
from tests.journeys.commands import Desk, set_content


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--leraning-rate", "0.1"], "--learning-rate"),
        (["--model", "small-convent"], "did you mean 'small-convnet'"),
        (["--determinism", "portabel"], "portable"),
    ],
)
def test_bad_words_are_answered(shared_desk: Desk, words: list[str], told: str) -> None:
    """Exit 2: the word is named, with what would fit; nothing is made."""
    before = sorted(shared_desk.folder.glob("runs/*"))
    answer = shared_desk.type(*shared_desk.run_words(*words), expect=2)

    assert told in answer.err + answer.out
    assert sorted(shared_desk.folder.glob("runs/*")) == before


@pytest.mark.slow
def test_unknown_task_and_verb_are_answered(shared_desk: Desk) -> None:
    """The near name is offered."""
    assert "image-classification" in shared_desk.type("run", "image-clasification", expect=2).err
    assert "did you mean 'resume'" in shared_desk.type("resme", expect=2).err


@pytest.mark.slow
def test_out_inside_the_data_is_refused(shared_desk: Desk) -> None:
    """Runs must not change what they read."""
    answer = shared_desk.type(*shared_desk.run_words("--out", shared_desk.data / "runs"), expect=2)

    assert "CFG-012" in answer.err


def test_new_file_refuses_and_snapshot_brings_it_back(desk: Desk, tmp_path: Path) -> None:
    """Exit 3 names the file and the two ways on; a snapshot holds it, and `restore` gives it back."""
    (desk.folder / "new.py").write_text("x = 1\n")
    refused = desk.type(*desk.run_words(), expect=3)
    kept = desk.type(*desk.run_words("--on-uncommitted", "snapshot", epochs=1)).json
    desk.type("restore", desk.folder / kept["run"], "--to", tmp_path / "back")

    assert "new.py" in refused.err
    assert "commit" in refused.err
    assert "--on-uncommitted snapshot" in refused.err
    assert (tmp_path / "back/new.py").read_text() == "x = 1\n"
    assert (tmp_path / "back/notes.md").read_text() == "An idea.\n"


def test_one_byte_more_refuses_by_name(desk: Desk, tmp_path: Path) -> None:
    """Exit 4 names the file; with byte and time put back it runs; `--deep` finds what the times hide."""
    data = desk.copy_of_data(tmp_path / "digits")
    victim = sorted((data / "train").rglob("*.png"))[3]
    content, times = victim.read_bytes(), victim.stat()
    words = [word if word != desk.data else data for word in desk.run_words(epochs=1)]
    desk.type(*words)

    victim.write_bytes(content + b"x")
    assert victim.name in desk.type(*words, expect=4).err
    set_content(victim, content, times)
    desk.type(*words)
    set_content(victim, bytes([*content[:-1], content[-1] ^ 1]), times)
    assert victim.name in desk.type("data", "verify", data, "--deep", expect=4).err


@pytest.mark.slow
def test_other_data_than_the_request_names_is_refused(desk: Desk, tmp_path: Path) -> None:
    """A request knows its data by digest, not by path."""
    answer = desk.type(*desk.run_words(epochs=1)).json
    data = desk.copy_of_data(tmp_path / "digits")
    sorted((data / "train").rglob("*.png"))[0].unlink()
    (data / "footprint.json").unlink()
    request = desk.folder / answer["run"] / "request.toml"

    assert "DATA-043" in desk.type("run", request, "--data", data, expect=4).err


@pytest.mark.slow
def test_unknown_setting_in_a_request_is_answered(desk: Desk, tmp_path: Path) -> None:
    """A request written by hand is held to the same words."""
    request = tmp_path / "mine.toml"
    request.write_text('task = "image-classification"\ndata = "d"\nseed = 1\n[config]\nmodle = "x"\n')

    assert "did you mean 'model'" in desk.type("run", request, expect=2).err


@pytest.mark.slow
def test_misspelt_variable_refuses(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that the library would ignore in silence is an error here."""
    monkeypatch.setenv("MKL_CBWR", "COMPATIBEL")

    assert "ENV-001" in desk.type(*desk.run_words(), expect=3).err


@pytest.mark.slow
def test_inherited_threads_are_overridden(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever OMP_NUM_THREADS says, the pinned number counts, and the stamp tells both."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    answer = desk.type(*desk.run_words(epochs=1)).json
    stamp = (desk.folder / answer["run"] / "stamp.json").read_text()

    assert '"threads": 1' in stamp
    assert os.environ["OMP_NUM_THREADS"] in stamp


@pytest.mark.slow
def test_own_file_is_guarded_by_its_own_repository(desk: Desk, digits: Path, tmp_path: Path) -> None:
    """FILE.py is run, and it is the repository of the file that must be clean."""
    import deepdiva.tasks.image_classification as page

    idea = desk.folder / "idea.py"
    idea.write_text(Path(page.__file__).read_text().replace('name="image-classification"', 'name="idea"'))
    elsewhere = Desk(tmp_path, digits)
    words: list[str | Path] = [
        "run",
        idea,
        "--data",
        digits,
        "--epochs",
        "1",
        "--seed",
        "1",
        "--threads",
        "1",
        "--json",
    ]
    refused = elsewhere.type(*words, expect=3)
    desk.git("add", "idea.py")
    desk.git("commit", "-q", "-m", "Have an idea")

    assert "idea.py" in refused.err
    assert elsewhere.type(*words).json["task"] == "idea"


@pytest.mark.slow
def test_deep_run_finds_what_the_times_hide(desk: Desk, tmp_path: Path) -> None:
    """`run --deep` hashes every file first: a byte changed under the old time refuses."""
    data = desk.copy_of_data(tmp_path / "digits")
    words = [word if word != desk.data else data for word in desk.run_words(epochs=1)]
    desk.type(*words)
    victim = sorted((data / "train").rglob("*.png"))[0]
    content = victim.read_bytes()
    set_content(victim, bytes([*content[:-1], content[-1] ^ 1]), victim.stat())

    assert victim.name in desk.type(*words, "--deep", expect=4).err
