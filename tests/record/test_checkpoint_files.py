from __future__ import annotations

from pathlib import Path

import pytest
import torch

from deepdiva.engine.checkpoint import save_checkpoint
from deepdiva.engine.weights import weights_digest
from deepdiva.record import checkpoint_files

TENSORS = {
    "model/conv.weight": torch.arange(24, dtype=torch.float32).reshape(2, 3, 4),
    "model/conv.bias": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
    "model/steps": torch.tensor(7, dtype=torch.int64),
    "model/nothing": torch.empty(0, 3),
    "model/mask": torch.tensor([True, False]),
    "optimizer/0/momentum": torch.ones(3),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give the JSON file of a checkpoint."""
    for name in ("00001-000000000", "00002-000000000"):
        save_checkpoint(tmp_path, name, TENSORS, {"position": {"epoch": 2}})
    found = checkpoint_files.newest(tmp_path)
    assert found is not None
    return found


def test_weights_have_the_digest_that_the_engine_gives_them(place: Path) -> None:
    """Read as plain bytes, a checkpoint gives the digest that torch's tensors gave."""
    weights = {name.removeprefix("model/"): t for name, t in TENSORS.items() if name.startswith("model/")}
    found = checkpoint_files.weights_digest(place.with_suffix(".safetensors"), "model/")

    assert found == weights_digest(weights)


def test_the_newest_is_the_last_by_name(place: Path) -> None:
    """Names sort by time, as the engine gives them."""
    assert place.name == "00002-000000000.json"


def test_a_whole_checkpoint_tells_its_facts(place: Path) -> None:
    """A checkpoint that agrees with its digests is read without torch."""
    assert checkpoint_files.read_saved(place).facts == {"position": {"epoch": 2}}


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_one_flipped_bit_is_noticed(place: Path, suffix: str) -> None:
    """Neither file of the pair can change unseen."""
    victim = place.with_suffix(suffix)
    content = bytearray(victim.read_bytes())
    content[-30] ^= 1
    victim.write_bytes(content)

    with pytest.raises((ValueError, KeyError)):
        checkpoint_files.read_saved(place)


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 8, b"\x02" + bytes(7) + b"{}", b"\x02" + bytes(7) + b"[]"]
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    """A file of a stranger gives a digest or an ordinary error, and never much memory."""
    file = tmp_path / "weights.safetensors"
    file.write_bytes(content)

    try:
        assert len(checkpoint_files.weights_digest(file)) == 64
    except (ValueError, KeyError, TypeError):
        assert content != b"\x02" + bytes(7) + b"{}"
