"""What a replay saw, to files and back: from the process that computes to the one that compares."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors.torch

from deepdiva.engine.replay import Replayed
from deepdiva.engine.trace import Mark, StepTrace
from deepdiva.provenance.files import write_atomically

STATES, TRACE, VALUES = "states.json", "trace.json", "values.safetensors"


def save_replayed(seen: Replayed, folder: Path) -> None:
    """Write `seen` into `folder`."""
    write_atomically(folder / STATES, json.dumps(seen.states).encode())
    if seen.trace is not None:
        trace = seen.trace
        facts = {"identities": trace.identities, "rows": trace.rows, "marks": trace.marks}
        write_atomically(folder / TRACE, json.dumps(facts).encode())
        write_atomically(folder / VALUES, safetensors.torch.save(trace.values))


def load_replayed(folder: Path) -> Replayed:
    """Return what was written into `folder`."""
    states = {int(step): digests for step, digests in json.loads((folder / STATES).read_bytes()).items()}
    if not (folder / TRACE).exists():
        return Replayed(states)
    facts = json.loads((folder / TRACE).read_bytes())
    values = safetensors.torch.load((folder / VALUES).read_bytes())
    marks = [Mark(*mark) for mark in facts["marks"]]
    return Replayed(states, StepTrace(facts["identities"], facts["rows"], marks, values))
