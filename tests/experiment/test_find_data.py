"""Where the data of a recorded run is looked for."""

import json
from pathlib import Path

import pytest

from deepdiva.errors import DataError
from deepdiva.experiment import find_data


def run_with_hint(folder: Path, root: Path) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "data/where.json").write_text(json.dumps({"root": str(root)}))
    return folder


def test_named_folder_counts_alone(tmp_path: Path) -> None:
    """What the user names now is where it is looked for, whatever was typed then."""
    run = run_with_hint(tmp_path / "run", tmp_path)

    assert find_data(run, typed=str(tmp_path), given=tmp_path / "other") == tmp_path / "other"


def test_as_typed_comes_before_the_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path as it was typed, from the working directory, is tried first."""
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    run = run_with_hint(tmp_path / "run", tmp_path)

    assert find_data(run, typed="digits", given=None) == Path("digits")


def test_hint_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From another folder the absolute hint still leads there."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    run = run_with_hint(tmp_path / "run", tmp_path)

    assert find_data(run, typed="digits", given=None) == tmp_path


@pytest.mark.parametrize("hint", ["", "[]", '{"root": 5}', "{"])
def test_nowhere_is_told_with_the_way_on(tmp_path: Path, hint: str) -> None:
    """Neither typed path nor hint: the message says how to name the folder; a broken hint is no fault."""
    run = run_with_hint(tmp_path / "run", tmp_path)
    (run / "data/where.json").write_text(hint)

    with pytest.raises(DataError, match="--data DIR"):
        find_data(run, typed="no-such-folder", given=None)
