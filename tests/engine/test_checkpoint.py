"""Checkpoints are whole, or not there."""

import json
import os
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.engine.checkpoint import load_checkpoint, save_checkpoint
from deepdiva.errors import CheckpointError, ResourceError


def save(folder: Path, number: int) -> None:
    save_checkpoint(folder, f"{number:03d}", {"weight": torch.full((3,), float(number))}, {"number": number})


def number_in(folder: Path) -> int:
    checkpoint = load_checkpoint(folder)
    assert checkpoint is not None
    assert checkpoint.tensors["weight"].tolist() == [float(checkpoint.facts["number"])] * 3
    return int(checkpoint.facts["number"])


def test_newest_is_loaded_and_one_before_it_kept(tmp_path: Path) -> None:
    """Two checkpoints lie on the disk, never more."""
    for number in range(1, 5):
        save(tmp_path, number)

    assert number_in(tmp_path) == 4
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["003.json", "004.json"]


def test_none_yet_is_none(tmp_path: Path) -> None:
    """A run that was never saved starts at step 0; that is no error."""
    assert load_checkpoint(tmp_path / "missing") is None


@pytest.mark.parametrize("name", ["002.safetensors", "002.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "remove"])
def test_damage_is_noticed_and_the_one_before_is_used(tmp_path: Path, name: str, damage: str) -> None:
    """Neither torch nor safetensors notices a flipped bit; the digest does, and says which is used."""
    save(tmp_path, 1)
    save(tmp_path, 2)
    path = tmp_path / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes({"flip": bytes(content), "cut": path.read_bytes()[:-9], "empty": b""}[damage])

    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint is not None
    assert checkpoint.facts["number"] == 1
    assert bool(checkpoint.notices) == (damage != "remove" or name.endswith("safetensors"))


def test_strict_refuses_instead(tmp_path: Path) -> None:
    """With `strict` a damaged newest checkpoint ends the matter."""
    save(tmp_path, 1)
    save(tmp_path, 2)
    (tmp_path / "002.safetensors").write_bytes(b"")

    with pytest.raises(CheckpointError, match="CKP-001"):
        load_checkpoint(tmp_path, strict=True)


def test_all_bad_is_no_silent_start_from_zero(tmp_path: Path) -> None:
    """Where there were checkpoints and none is good, the user decides."""
    save(tmp_path, 1)
    (tmp_path / "001.json").write_text("{}")

    with pytest.raises(CheckpointError, match="CKP-002"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("phase", ["open", "write", "fsync", "replace"])
@pytest.mark.parametrize("call", [1, 2])
def test_a_fault_in_any_write_phase_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str, call: int
) -> None:
    """Whatever the disk refuses, in the first file or the second: the checkpoint before is whole."""
    save(tmp_path, 1)
    calls = iter(range(1, 100))
    genuine = getattr(os, phase, None)

    def failing(*arguments: object, **named: object) -> object:
        if next(calls) == call:
            raise OSError(28, "No space left on device")
        assert genuine is not None
        return genuine(*arguments, **named)

    if phase == "write":
        monkeypatch.setattr("deepdiva.provenance.files.os.fdopen", failing_stream(call))
    else:
        monkeypatch.setattr(os, phase, failing)
    with pytest.raises(ResourceError):
        save(tmp_path, 2)
    monkeypatch.undo()

    assert number_in(tmp_path) == 1
    assert not list(tmp_path.glob(".*"))


def failing_stream(call: int) -> object:
    """Return an `os.fdopen` whose stream number `call` writes half and then finds the disk full."""
    genuine, count = os.fdopen, iter(range(1, 100))

    def opened(descriptor: int, mode: str) -> object:
        stream = genuine(descriptor, mode)
        if next(count) == call:
            write = stream.write

            def half(content: bytes) -> int:
                write(content[: len(content) // 2])
                raise OSError(28, "No space left on device")

            return Wrapped(stream, half)
        return stream

    return opened


class Wrapped:
    """A stream with another `write`."""

    def __init__(self, stream: object, write: object) -> None:
        self.stream, self.write = stream, write

    def __enter__(self) -> "Wrapped":
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self.stream, name)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_checkpoint_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """What a stranger left there is never run, and never a trace."""
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "001.json").write_bytes(content)
    (folder / "001.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError):
        load_checkpoint(folder)


def test_edited_facts_are_noticed(tmp_path: Path) -> None:
    """The numbers beside the tensors are guarded as well."""
    save(tmp_path, 1)
    body = json.loads((tmp_path / "001.json").read_text())
    body["facts"]["number"] = 7
    (tmp_path / "001.json").write_text(json.dumps(body))

    with pytest.raises(CheckpointError, match="checksum"):
        load_checkpoint(tmp_path)
