"""What a trial of the self-check is told, and what it saw: files between two processes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepdiva.engine.rehearsal import Rehearsed
from deepdiva.engine.replay import Replayed
from deepdiva.engine.trace_files import load_replayed, save_replayed
from deepdiva.engine.uncarried import Held
from deepdiva.engine.witness import Ask, read_notes
from deepdiva.provenance.files import write_atomically
from deepdiva.record.events import Event, parse
from deepdiva.record.parting import Chain, read_chain

RECORD, NOTES, FACTS = "run", "asked.jsonl", "observed.json"


@dataclass(frozen=True, kw_only=True)
class TrialJob:
    """What a trial is told; paths are absolute."""

    request: str
    machine: Mapping[str, Any]
    """Fields of the request's `Machine`, to be put in force before anything else."""
    data: str
    out: str
    """Folder for what is seen: `run/` with its record, all else beside it."""
    root: str
    """The source tree, in which guilty lines are looked for."""
    at_most: int
    """Steps to take, if the epoch has as many."""
    shake: int
    """Number of the state in which generators and memory are found."""
    watch: bool
    """Whether to note who asks for what does not repeat."""
    resume: bool = False
    """Whether `run/` is there already, with a checkpoint to go on from."""
    trace_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What a trial saw."""

    folder: Path
    seen: Replayed
    chain: Chain
    scores: tuple[Event, ...]
    """All measurements, their times left out."""
    steps: int
    """Steps that were to be taken."""
    held: tuple[Held, ...]
    """What changed in the task and lies in no checkpoint."""
    sets: tuple[tuple[str, int], ...]
    """File and line of each walk over a set."""
    asks: tuple[Ask, ...]


def save_observed(folder: Path, rehearsed: Rehearsed, sets: list[tuple[str, int]]) -> None:
    """Write what was seen into `folder`, where record and notes lie already."""
    save_replayed(rehearsed.seen, folder)
    facts = {"steps": rehearsed.steps, "held": rehearsed.held, "sets": sets}
    write_atomically(folder / FACTS, json.dumps(facts).encode())


def load_observed(folder: Path) -> Observed:
    """Return what was written into `folder`."""
    facts = json.loads((folder / FACTS).read_bytes())
    events = [parse(line) for line in (folder / RECORD / "events.jsonl").read_bytes().splitlines()]
    return Observed(
        folder=folder,
        seen=load_replayed(folder),
        chain=read_chain(folder / RECORD),
        scores=tuple(dataclasses.replace(event, time=0.0) for event in events if event is not None),
        steps=facts["steps"],
        held=tuple(Held(*held) for held in facts["held"]),
        sets=tuple((path, line) for path, line in facts["sets"]),
        asks=read_notes(folder / NOTES),
    )
