from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deepdiva.engine.checkpoint import save_checkpoint
from deepdiva.engine.weights import weights_digest
from deepdiva.errors import Inconclusive, Tampered
from deepdiva.record import RunWriter, verify_run
from deepdiva.record.seal import write_seal

Create = Callable[..., RunWriter]
WEIGHTS = {"weight": torch.arange(6, dtype=torch.float32).reshape(2, 3)}
DIGEST = weights_digest(WEIGHTS)
STEPS = 4


def write_numbers(writer: RunWriter) -> None:
    """Write what a short training would."""
    for step in range(1, STEPS + 1):
        loss = np.float32(1 / step)
        writer.chain_step(step, loss, np.array([step, 7], np.uint64))
        writer.scalar("train", "loss", float(loss), epoch=1, step=step, scope="step")
    writer.chain_weights(epoch=1, step=STEPS, sha256=DIGEST)
    for split in ("train", "val", "test"):
        writer.scalar(split, "accuracy", 0.5, epoch=1, step=STEPS, scope="epoch")
    writer.array("test", "predictions", epoch=1, step=STEPS, arrays={"labels": np.arange(3)})
    checkpoints = writer.folder / "checkpoints"
    save_checkpoint(checkpoints / "best", "00001", WEIGHTS, {"best_sha256": DIGEST})
    last = {f"model/{name}": tensor for name, tensor in WEIGHTS.items()}
    save_checkpoint(checkpoints / "last", "00002-000000000", last, {})


FACTS: dict[str, Any] = {
    "weights_sha256": DIGEST,
    "best_weights_sha256": DIGEST,
    "best_epoch": 1,
    "train": {"accuracy": 0.5},
    "val": {"accuracy": 0.5},
    "test": {"accuracy": 0.5},
    "steps": STEPS,
}


@pytest.fixture
def run(create: Create, tmp_path: Path) -> Path:
    """Give a finished run."""
    writer = create(tmp_path / "runs")
    write_numbers(writer)
    writer.finish("finished", FACTS)
    return writer.folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def found(run: Path) -> set[str]:
    return {path for path, _ in verify_run(run).findings}


def test_a_run_left_alone_is_whole(run: Path) -> None:
    """What a run wrote agrees with itself, and its seal has one digest."""
    verification = verify_run(run)
    verification.refuse()

    assert verification.findings == ()
    assert verification.seal_sha256 is not None
    assert len(verification.seal_sha256) == 64


def test_a_copy_elsewhere_is_whole(run: Path, tmp_path: Path) -> None:
    """The record holds no path of its own."""
    assert verify_run(run.rename(tmp_path / "moved run")).findings == ()


def test_what_lies_outside_the_seal_may_change(run: Path) -> None:
    """Logs, pictures, verdicts and hints of places are no facts."""
    (run / "log.txt").write_text("another")
    (run / "verdict.json").write_text("{}")
    (run / "figures").mkdir()
    (run / "code" / "where.json").write_text("{}")

    assert found(run) == set()


@pytest.mark.parametrize(
    "path",
    [
        *("request.toml", "stamp.json", "events.jsonl", "chain.jsonl", "result.json", "code/code.json"),
        *("environment/pylock.toml", "data/footprint.json", "checkpoints/best/00001.json"),
    ],
)
def test_every_sealed_file_is_guarded(run: Path, path: str) -> None:
    """A byte more is found, and the file named."""
    with (run / path).open("ab") as file:
        file.write(b"\n")

    assert path in found(run)


def test_missing_and_added_files_are_named(run: Path) -> None:
    """What was taken out or put in below the sealed folders contradicts the seal."""
    (run / "arrays" / "test-predictions-0001.npz").unlink()
    (run / "code" / "more.py").write_text("x = 1\n")
    with pytest.raises(Tampered) as refusal:
        verify_run(run).refuse()

    assert refusal.value.exit_code == 6
    assert "arrays/test-predictions-0001.npz: is missing" in str(refusal.value)
    assert "code/more.py: was added" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("weights_sha256", "0" * 64), ("best_weights_sha256", "0" * 64), ("steps", 5), ("seed", 8)),
        *(("test", {"accuracy": 0.9}), ("data_sha256", "0" * 64), ("best_epoch", 0)),
    ],
)
def test_a_fact_of_run_json_is_guarded_from_within_the_seal(run: Path, name: str, value: object) -> None:
    """`run.json` lies outside the seal; what it tells of the result must be what `result.json` tells."""
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(info | {name: value}))

    assert found(run) == {"run.json"}


def test_an_edited_chain_is_found_with_a_new_seal(run: Path) -> None:
    """Who edits a line and the seal has not edited the links after it."""
    edit(run / "chain.jsonl", '"batch":"', '"batch":"0')
    lines = (run / "chain.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    first["batch"] = first["batch"][:64]
    (run / "chain.jsonl").write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    write_seal(run)

    assert found(run) == {"chain.jsonl"}


def test_an_edited_score_is_found_with_a_new_checksum_and_seal(run: Path) -> None:
    """Who edits an event, its checksum and the seal has not edited the result."""
    lines = (run / "events.jsonl").read_bytes().splitlines()
    at = next(n for n, line in enumerate(lines) if b'"test","metric":"accuracy"' in line)
    body, _, rest = lines[at].replace(b'"value":0.5', b'"value":0.9').rpartition(b',"time":')
    checksum = f"{zlib.crc32(body):08x}".encode()
    lines[at] = body + b',"time":' + rest.partition(b",")[0] + b',"checksum":"' + checksum + b'"}'
    (run / "events.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    write_seal(run)

    assert found(run) == {"result.json"}


def test_a_result_edited_everywhere_is_found_by_the_weights(run: Path) -> None:
    """Who edits the digest of the weights wherever it is told has not edited the weights."""
    for name in ("result.json", "run.json", "chain.jsonl"):
        path = run / name
        path.write_text(path.read_text().replace(DIGEST, "0" * 64))
    write_seal(run)

    assert "result.json" in found(run)


def test_an_edited_event_is_found_by_its_checksum(run: Path) -> None:
    """A seal of the edited file does not help."""
    edit(run / "events.jsonl", '"value":0.5', '"value":0.6')
    write_seal(run)

    assert "events.jsonl" in found(run)


def test_a_finished_run_without_a_seal_is_no_record(run: Path) -> None:
    """The seal cannot be taken away."""
    (run / "seal.json").unlink()

    assert found(run) == {"seal.json"}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"algorithm": "md5", "files": {}}', '{"files": 7}'])
def test_a_seal_that_is_none_is_a_finding(run: Path, content: str) -> None:
    """Whatever stands there, the answer is a finding and no trace."""
    (run / "seal.json").write_text(content)

    assert "seal.json" in found(run)


def test_a_seal_cannot_lead_out_of_the_run(run: Path, tmp_path: Path) -> None:
    """A path that leads elsewhere is told as missing, and never opened."""
    (tmp_path / "secret").write_text("x")
    seal = json.loads((run / "seal.json").read_text())
    seal["files"]["../../secret"] = "0" * 64
    (run / "seal.json").write_text(json.dumps(seal))

    assert verify_run(run).findings == (("../../secret", "is missing"),)


def test_an_unfinished_run_has_no_answer(create: Create, tmp_path: Path) -> None:
    """Whole so far, even with a torn last line, is not whole: no pass, and no blame."""
    writer = create(tmp_path / "runs")
    write_numbers(writer)
    writer.finish("interrupted", {})
    with (writer.folder / "events.jsonl").open("ab") as file:
        file.write(b'{"split":"tr')
    with pytest.raises(Inconclusive) as answer:
        verify_run(writer.folder).refuse()

    assert answer.value.exit_code == 7
    assert "interrupted" in str(answer.value)


def test_a_record_of_nonsense_gives_findings(run: Path) -> None:
    """Whatever was put in place of the files, the answer is a list of findings."""
    for name in ("result.json", "chain.jsonl", "stamp.json", "data/footprint.json"):
        (run / name).write_bytes(b"\xff[[[")

    assert {"result.json", "chain.jsonl", "stamp.json", "data/footprint.json"} <= found(run)
