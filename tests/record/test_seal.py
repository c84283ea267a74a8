from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deepdiva.record import RunWriter
from deepdiva.record.seal import write_seal

Create = Callable[..., RunWriter]


@pytest.fixture
def sealed(create: Create, tmp_path: Path) -> Path:
    """Give a finished run."""
    writer = create(tmp_path / "runs")
    writer.array("val", "confusion", epoch=0, step=0, arrays={"counts": np.eye(2)})
    (writer.folder / "checkpoints" / "last").mkdir(parents=True)
    (writer.folder / "checkpoints" / "last" / "weights.safetensors").write_bytes(b"weights")
    (writer.folder / "checkpoints" / "last" / ".deepdiva-0.tmp").write_bytes(b"half")
    (writer.folder / "arrays" / "linked").symlink_to("..", target_is_directory=True)
    writer.log("noise")
    writer.finish("finished", {})
    return writer.folder


def test_every_fact_is_in_the_table(sealed: Path) -> None:
    """Request, stamp, code, environment, data, events, chain, arrays and checkpoints, by SHA-256."""
    seal = json.loads((sealed / "seal.json").read_text())

    for path in (
        *("request.toml", "stamp.json", "events.jsonl", "chain.jsonl", "data/footprint.json"),
        *("code/code.json", "environment/pylock.toml", "arrays/val-confusion-0000.npz"),
        "checkpoints/last/weights.safetensors",
    ):
        assert seal["files"][path] == hashlib.sha256((sealed / path).read_bytes()).hexdigest()


def test_what_may_change_is_not_in_the_table(sealed: Path) -> None:
    """Verdicts, pictures, logs, speeds, hints of places and what a kill left behind lie outside."""
    paths = json.loads((sealed / "seal.json").read_text())["files"]

    assert {path.split("/")[0] for path in paths} <= {
        *("arrays", "chain.jsonl", "checkpoints", "code", "data"),
        *("environment", "events.jsonl", "request.toml", "result.json", "stamp.json"),
    }
    assert not [path for path in paths if path.endswith(("where.json", ".tmp"))]


def test_links_count_by_their_target(sealed: Path) -> None:
    """A symbolic link is a fact; what lies behind it is not, and a ring of links has no end."""
    paths = json.loads((sealed / "seal.json").read_text())["files"]

    assert paths["arrays/linked"] == hashlib.sha256(b"..").hexdigest()
    assert not [path for path in paths if path.startswith("arrays/linked/")]


def test_a_seal_of_the_same_facts_is_the_same(sealed: Path) -> None:
    """The table is sorted, and knows no time."""
    before = (sealed / "seal.json").read_bytes()
    write_seal(sealed)

    assert (sealed / "seal.json").read_bytes() == before
