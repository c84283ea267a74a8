from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from deepdiva.errors import DataError
from deepdiva.experiment.search_data import adopt, search_data
from deepdiva.provenance.footprint import load, save, serialize, take_footprint, write

FILES = {f"train/{name}/{n}.txt": f"{name} {n}" for name in ("a", "b") for n in range(6)}


def make_data(folder: Path) -> Path:
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data folder without a footprint of its own."""
    return make_data(tmp_path / "somewhere" / "data")


@pytest.fixture
def run(data: Path, tmp_path: Path) -> Path:
    """Give as much of a run as knows its data."""
    folder = tmp_path / "run"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "footprint.json").write_bytes(serialize(take_footprint(data)))
    (folder / "data" / "where.json").write_text(json.dumps({"root": str(data)}))
    return folder


def listing(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


def test_it_is_found_where_it_was_typed_then_by_the_hint(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From the working folder as it was typed; where that leads nowhere, where it lay."""
    monkeypatch.chdir(data.parent)

    assert search_data(run, typed="data") == Path("data")
    monkeypatch.chdir(tmp_path)
    assert search_data(run, typed="data") == data


def test_a_crate_brings_its_data_along(run: Path, data: Path) -> None:
    """Then nothing else on the machine is needed, or asked."""
    make_data(run / "dataset")

    assert search_data(run, typed=str(data)) == run / "dataset"


def test_it_is_found_below_a_folder_that_is_given(run: Path, data: Path, tmp_path: Path) -> None:
    """Under any name, at any depth; and nothing is written there."""
    place = tmp_path / "archive" / "2026" / "another name"
    place.parent.mkdir(parents=True)
    data.rename(place)
    before = listing(tmp_path)

    assert search_data(run, typed="data", given=[tmp_path / "run", tmp_path / "archive"]) == place
    assert listing(tmp_path) == before


def test_given_folders_are_the_only_ones(run: Path, data: Path, tmp_path: Path) -> None:
    """Who says where it is, is not answered from elsewhere."""
    assert data.exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty") as refusal:
        search_data(run, typed=str(data), given=[tmp_path / "empty"])

    assert refusal.value.code == "DATA-046"


@pytest.mark.parametrize("keeps_its_time", [True, False])
def test_a_changed_copy_is_passed_over_for_a_good_one(
    run: Path, data: Path, tmp_path: Path, keeps_its_time: bool
) -> None:
    """Every file is read: neither name, size nor time makes a copy the data of the run."""
    bad, good = make_data(tmp_path / "copies" / "1"), make_data(tmp_path / "copies" / "2")
    times = (bad / "train/a/3.txt").stat()
    (bad / "train/a/3.txt").write_text("a 4")
    if keeps_its_time:
        os.utime(bad / "train/a/3.txt", ns=(times.st_atime_ns, times.st_mtime_ns))

    assert search_data(run, typed=str(data), given=[tmp_path / "copies"]) == good


def test_what_differs_is_named(run: Path, data: Path) -> None:
    """Data that was found but changed is told file by file."""
    (data / "train/a/3.txt").write_text("a 4")
    (data / "train/b/0.txt").unlink()
    (data / "train/c.txt").write_text("new")
    with pytest.raises(DataError) as refusal:
        search_data(run, typed=str(data))

    assert refusal.value.code == "DATA-043"
    assert "train/b/0.txt" in refusal.value.found
    assert "train/c.txt" in refusal.value.found


def test_data_without_a_footprint_gets_one_of_the_kind_of_the_run(tmp_path: Path) -> None:
    """Another algorithm would give the same files another digest; a footprint that is there stays."""
    run, data = tmp_path / "run", tmp_path / "copy"
    data.mkdir()
    (run / "data").mkdir(parents=True)
    (data / "1").write_text("one")
    known = take_footprint(data, algorithm="blake3")
    write(known, run / "data" / "footprint.json")
    adopt(run, data)
    assert load(data / "footprint.json").digest == known.digest

    save(take_footprint(data), data)
    adopt(run, data)
    assert load(data / "footprint.json").algorithm == "sha256"
