"""Journeys of the data verbs: words in, sentences or one JSON object out, the right exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deepdiva.cli.data_names import NAMES
from deepdiva.cli.main import main


@pytest.fixture(scope="module")
def gotten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return digits that nobody changes."""
    folder = tmp_path_factory.mktemp("data")
    assert main(["data", "get", "digits", "--to", str(folder)]) == 0
    return folder / "digits"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a data set of two files, with its footprint."""
    folder = tmp_path / "small"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / name).write_text(name)
    assert main(["data", "verify", str(folder)]) == 0
    return folder


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    """Run a verb with --json and return its one object."""
    capsys.readouterr()
    assert main(["data", *words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_get_writes_the_digits_and_says_what_comes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A newcomer is told where the data is and which command to type now."""
    assert main(["data", "get", "digits", "--to", str(tmp_path)]) == 0
    out = capsys.readouterr().out

    assert "1,087 train, 355 val, 355 test in 10 classes" in out
    assert f"deepdiva run image-classification --data {tmp_path}/digits" in out


def test_get_answers_in_json(gotten: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script learns the folder and the identity of the data."""
    found = answer(capsys, "get", "digits", "--to", str(gotten.parent))

    assert found["data"] == str(gotten)
    assert found["made"] is False
    assert found["samples"] == {"train": 1087, "val": 355, "test": 355}
    assert len(found["data_sha256"]) == 64


def test_get_refuses_another_seed_in_the_same_place(gotten: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4, and the way on."""
    assert main(["data", "get", "digits", "--to", str(gotten.parent), "--seed", "2"]) == 4
    assert "DATA-048" in capsys.readouterr().err


def test_verify_passes_what_is_unchanged(gotten: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Quick and deep agree, and name the data set by its digest."""
    quick = answer(capsys, "verify", str(gotten))
    deep = answer(capsys, "verify", str(gotten), "--deep")

    assert quick["verified"] is deep["verified"] is True
    assert quick["data_sha256"] == deep["data_sha256"]
    assert quick["files"] == 1797


def test_verify_takes_a_first_footprint_with_a_notice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notice goes to standard error, where it spoils no JSON."""
    (tmp_path / "one").write_text("1")
    assert main(["data", "verify", str(tmp_path), "--json"]) == 0
    printed = capsys.readouterr()

    assert "had no footprint: took one of 1 files" in printed.err
    assert json.loads(printed.out)["verified"] is True


def test_verify_refuses_a_longer_file(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One byte more: exit 4, the file is named."""
    with (small / "one").open("a") as stream:
        stream.write("x")

    assert main(["data", "verify", str(small)]) == 4
    assert "changed  one" in capsys.readouterr().err


def test_verify_answers_a_difference_in_json_too(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object on standard output also where the answer is no."""
    (small / "one").unlink()
    found = answer(capsys, "verify", str(small), code=4)

    assert found["verified"] is False
    assert found["code"] == "DATA-043"
    assert "removed  one" in found["found"]


def test_footprint_shows_what_identifies_a_data_set(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Place, number of files, digest; nothing is written."""
    before = (small / "footprint.json").read_bytes()
    found = answer(capsys, "footprint", str(small))

    assert found["kept"] == str(small / "footprint.json")
    assert (found["files"], found["added"], found["removed"], found["changed"]) == (2, [], [], [])
    assert (small / "footprint.json").read_bytes() == before


def test_footprint_takes_the_first_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A data set can be footprinted the day it is made."""
    (tmp_path / "one").write_text("1")
    found = answer(capsys, "footprint", str(tmp_path))

    assert found["files"] == 1
    assert (tmp_path / "footprint.json").is_file()


def test_footprint_names_differences_and_leaves_them(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking accepts nothing: the next check still refuses."""
    (small / "three").write_text("3")
    assert main(["data", "footprint", str(small)]) == 0
    out = capsys.readouterr().out

    assert "added    three" in out
    assert "--update" in out
    assert main(["data", "verify", str(small)]) == 4


def test_update_shows_the_difference_before_it_accepts_it(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What becomes of the data set is printed above what is now its digest."""
    before = answer(capsys, "footprint", str(small))["data_sha256"]
    (small / "one").write_text("ONE")
    (small / "two").unlink()
    (small / "three").write_text("3")
    assert main(["data", "footprint", str(small), "--update"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert [line.split() for line in lines[:3]] == [
        ["added", "three"],
        ["removed", "two"],
        ["changed", "one"],
    ]
    assert "new footprint" in lines[3]
    assert before not in lines[4]
    assert main(["data", "verify", str(small), "--deep"]) == 0


def test_update_refuses_to_replace_a_damaged_footprint(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be read cannot be compared: a person decides, by deleting it."""
    (small / "footprint.json").write_text("{")

    assert main(["data", "footprint", str(small), "--update"]) == 4
    assert "DATA-060" in capsys.readouterr().err
    assert (small / "footprint.json").read_text() == "{"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["gett"], "did you mean 'get'?"),
        (["zzz"], "`deepdiva data --help` lists them"),
    ],
)
def test_an_unknown_verb_is_answered_with_the_nearest(
    words: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and a hint."""
    assert main(["data", *words]) == 2
    assert hint in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_the_verbs_with_an_example(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`deepdiva data` alone is a question, not a mistake."""
    assert main(["data", *words]) == 0
    out = capsys.readouterr().out

    assert all(verb in out for verb in ("get", "footprint", "verify", "example:"))


@pytest.mark.parametrize("verb", ["get", "footprint", "verify"])
def test_every_verb_shows_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of each ends with 0 and holds a command that works."""
    with pytest.raises(SystemExit) as caught:
        main(["data", verb, "--help"])

    assert caught.value.code == 0
    assert f"deepdiva data {verb} d" in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize(
    ("word", "near"), [("digis", "digits"), ("minst", "mnist"), ("spiral_multi", "spiral-multi")]
)
def test_an_unknown_data_set_is_answered_with_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str, near: str
) -> None:
    """Exit 2 before anything is written; a hint, and the names."""
    assert main(["data", "get", word, "--to", str(tmp_path)]) == 2
    told = capsys.readouterr().err

    assert f"did you mean '{near}'?" in told
    assert "CFG-033" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["digits", "--val", "0.2"],
        ["xor", "--mirror", "file:///a"],
        ["mnist", "--extra"],
        ["mnist", "--size", "100"],
        ["svhn", "--sha256", "0" * 64],
        ["file:///a.zip", "--seed", "2", "--sha256", "0" * 64],
        ["hf:a", "--name", "b"],
    ],
)
def test_a_word_that_would_do_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """Whoever typed it expects something."""
    assert main(["data", "get", *words, "--to", str(tmp_path)]) == 2
    assert f"CFG-034: {words[1]} means nothing for {words[0]}" in capsys.readouterr().err


def test_an_address_needs_a_checksum(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without one nobody could tell what came; nothing is asked for."""
    assert main(["data", "get", "https://nowhere.invalid/a.zip?token=secret", "--to", str(tmp_path)]) == 2
    told = capsys.readouterr().err

    assert "CFG-030: no checksum is given for https://nowhere.invalid/a.zip" in told
    assert "secret" not in told


def test_help_of_get_tells_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with a line of its own."""
    with pytest.raises(SystemExit):
        main(["data", "get", "--help"])
    lines = capsys.readouterr().out.splitlines()

    assert [name for name in NAMES if not any(line.strip().startswith(f"{name} ") for line in lines)] == []


def test_a_shape_is_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts, classes and digest; the second time it is there already."""
    first = answer(capsys, "get", "spiral", "--to", str(tmp_path), "--size", "50", "--seed", "3")
    assert main(["data", "get", "spiral", "--to", str(tmp_path), "--size", "50", "--seed", "3"]) == 0

    assert (first["samples"], first["classes"], first["size"]) == (
        {"train": 60, "val": 20, "test": 20},
        2,
        50,
    )
    assert "already there" in capsys.readouterr().out


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A target that is no folder: exit 8, no trace."""
    (tmp_path / "file").write_text("1")

    assert main(["data", "get", "digits", "--to", str(tmp_path / "file")]) == 8
    assert "RES-00" in capsys.readouterr().err


def test_looking_at_data_imports_neither_torch_nor_numpy(small: Path) -> None:
    """A footprint of a million files should not wait for a deep-learning library."""
    program = (
        "import sys; from deepdiva.cli.main import main\n"
        f"code = main(['data', 'verify', {str(small)!r}])\n"
        "sys.exit(code or ('torch' in sys.modules) or ('numpy' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
