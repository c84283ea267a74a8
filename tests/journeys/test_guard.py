"""Guarding data from the command line: hashes, read-only places, footprints of the original."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.commands import Desk


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a small data set of the test's own."""
    folder = tmp_path / "set"
    for name in ("train/b/3.txt", "train/a/1.txt", "train/a/2.txt", "val/a/4.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.mark.slow
def test_the_hash_is_chosen_once_and_followed_by_all(shared_desk: Desk, data: Path) -> None:
    """`--hash` makes the first footprint or a new one; every check follows what the footprint says."""
    first = shared_desk.type("data", "footprint", data, "--hash", "blake3", "--json").json
    assert (first["algorithm"], first["files"]) == ("blake3", 4)
    assert shared_desk.type("data", "verify", data, "--deep", "--json").json["algorithm"] == "blake3"

    assert "DATA-061" in shared_desk.type("data", "footprint", data, "--hash", "sha1", expect=4).err
    second = shared_desk.type("data", "footprint", data, "--hash", "sha1", "--update", "--json").json
    assert second["algorithm"] == "sha1"
    assert (second["added"], second["changed"]) == ([], [])
    assert second["data_sha256"] != first["data_sha256"]
    (data / "train/a/1.txt").write_text("TRAIN/a/1.txt")
    answer = shared_desk.type("data", "verify", data, "--deep", expect=4)
    assert "changed  train/a/1.txt" in answer.err
    assert "SHA-1 of train/a/1.txt" in answer.err


@pytest.fixture
def read_only(data: Path, tmp_path: Path) -> Iterator[Path]:
    """Return the data set on a file system that cannot be written, as a DVD or a share is."""
    place = tmp_path / "mounted"
    place.mkdir()
    done = subprocess.run(["mount", "--bind", str(data), str(place)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("only root mounts file systems")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_read_only_place_is_guarded_from_the_state_folder(shared_desk: Desk, read_only: Path) -> None:
    """The footprint lies in the state folder, is found there, and a change is still refused."""
    first = shared_desk.type("data", "footprint", read_only, "--json").json
    assert not (read_only / "footprint.json").exists()
    assert Path(first["kept"]).is_file()
    assert shared_desk.type("data", "verify", read_only, "--deep").status == 0

    (read_only.parent / "set" / "train/a/new.txt").write_text("added behind its back")
    assert "added    train/a/new.txt" in shared_desk.type("data", "verify", read_only, expect=4).err


def original_node(folder: Path, typed: str) -> dict[str, Any]:
    """Return what the original wrote for `folder`: entries in any order, nested footprints skipped."""
    entries = sorted(folder.iterdir(), key=lambda entry: hashlib.sha1(entry.name.encode()).digest())
    files = [entry for entry in entries if entry.is_file() and entry.name != "footprint.json"]
    return {
        "files": [
            {"file_name": f"{typed}/{f.name}", "file_hash": hashlib.sha1(f.read_bytes()).hexdigest()}
            for f in files
        ],
        "folders": [original_node(e, f"{typed}/{e.name}") for e in entries if e.is_dir()],
        "path": typed,
    }


@pytest.fixture
def original(data: Path) -> Path:
    """Return the data set with the original's footprint, as taken on another machine."""
    (data / "train" / "footprint.json").write_text("{}")
    facts = original_node(data, "/home/somebody/data/fp") | {"last_modified": "Sun Sep 13 12:28:20 2020"}
    (data / "footprint.json").write_text(json.dumps(facts))
    return data


@pytest.mark.slow
def test_the_original_s_footprint_verifies(shared_desk: Desk, original: Path) -> None:
    """Exit 0 whatever the machine it was taken on; it stays, and ours lies beside it."""
    before = (original / "footprint.json").read_bytes()
    answer = shared_desk.type("data", "verify", original)

    assert "of the original DeepDIVA was verified" in answer.err
    assert (original / "footprint.json").read_bytes() == before
    assert (original / "footprint.deepdiva.json").is_file()
    assert shared_desk.type("data", "verify", original, "--deep").err == ""


@pytest.mark.slow
def test_a_tampered_copy_is_refused_by_the_original_s_footprint(shared_desk: Desk, original: Path) -> None:
    """Exit 4 with the name of the file, its time put back or not; nothing of ours covers it up."""
    facts = (original / "val/a/4.txt").stat()
    (original / "val/a/4.txt").write_text("VAL/a/4.txt")
    os.utime(original / "val/a/4.txt", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    answer = shared_desk.type("data", "verify", original, expect=4)

    assert "changed  val/a/4.txt" in answer.err
    assert not (original / "footprint.deepdiva.json").exists()


@pytest.mark.slow
def test_an_original_footprint_without_end_is_refused(shared_desk: Desk, original: Path) -> None:
    """A loop of links was recorded level by level: deeper than any folder, it is refused and named."""
    text = '{"path": "x", "files": [], "folders": [' * 2000 + "]}" * 2000
    (original / "footprint.json").write_text(text)
    answer = shared_desk.type("data", "verify", original, expect=4)

    assert "Traceback" not in answer.err
    assert "DATA-060" in answer.err
