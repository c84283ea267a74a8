"""Read run folders back: no torch, no GPU and no data needed, torn tails and damage endured."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deepdiva.errors import DataError
from deepdiva.provenance.files import TEMPORARY_PREFIX
from deepdiva.provenance.inputs import Input, load
from deepdiva.record import arrays as npz
from deepdiva.record import events as event_lines
from deepdiva.record.events import Event, Scope
from deepdiva.record.info import FILE_NAME, KEYS, read_info
from deepdiva.record.lock import is_held

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class RunRecord:
    """A run as its folder tells it; what costs time is read when it is asked for."""

    folder: Path
    info: dict[str, Any]
    """What `run.json` holds."""

    @property
    def status(self) -> str:
        """How the run stands; one whose process died without a word counts as interrupted."""
        status = str(self.info["status"])
        return "interrupted" if status == "running" and not is_held(self.folder) else status

    @cached_property
    def request(self) -> dict[str, Any]:
        """Every setting, as `request.toml` holds it; empty where that cannot be read."""
        try:
            return tomllib.loads((self.folder / "request.toml").read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}

    @cached_property
    def stamp(self) -> dict[str, Any]:
        """What the run stood on, as `stamp.json` holds it; empty where that cannot be read."""
        try:
            stamp = json.loads((self.folder / "stamp.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    @cached_property
    def verdict(self) -> str | None:
        """What came out when this run repeated another one, in a sentence; None where it repeated none."""
        try:
            sentence = json.loads((self.folder / "verdict.json").read_bytes())["sentence"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return sentence if isinstance(sentence, str) else None

    @cached_property
    def inputs(self) -> tuple[Input, ...] | None:
        """What training code read although nothing declares it; None where the record does not tell."""
        return load(self.folder)

    @property
    def events(self) -> tuple[Event, ...]:
        """All measurements, in the order in which they were taken."""
        return self._parsed[0]

    @property
    def dropped(self) -> int:
        """Lines of `events.jsonl` that were torn or changed, and are left out."""
        return self._parsed[1]

    @cached_property
    def _parsed(self) -> tuple[tuple[Event, ...], int]:
        try:
            lines = (self.folder / "events.jsonl").read_bytes().splitlines()
        except OSError:
            return (), 0
        events = [event_lines.parse(line) for line in lines]
        whole = tuple(event for event in events if event)
        return whole, len(events) - len(whole)

    def curve(self, split: str, metric: str, scope: Scope = "epoch") -> list[tuple[int, float | None]]:
        """Return (epoch, value) of the measurement, oldest first; with scope "step", (step, value)."""
        return [
            (event.epoch if scope == "epoch" else event.step, event.value)
            for event in self.events
            if (event.split, event.metric, event.scope) == (split, metric, scope) and event.array is None
        ]

    def scores(self, split: str) -> dict[str, float | None] | None:
        """Return each metric of `split` with its value at the end, or so far; None where there is none."""
        told = self.info[split]
        if told is None and self.status != "finished":
            epochs = (e for e in self.events if e.split == split and e.scope == "epoch" and not e.array)
            told = {event.metric: event.value for event in epochs}
        return told or None

    def array(self, event: Event) -> dict[str, np.ndarray]:
        """Return the arrays that `event` names.

        Raises:
            DataError: they are missing (VER-002), or not the ones that were written (VER-001).
        """
        if event.array is None:
            return {}
        path = self.folder / event.array
        return read_array(path, event.sha256 or "")

    def as_json(self) -> dict[str, Any]:
        """Return the facts that scripts read: `run`, then the keys of `info.KEYS`."""
        facts = {key: self.info[key] for key in KEYS} | {"status": self.status}
        return {"run": str(self.folder.absolute())} | facts | {split: self.scores(split) for split in SPLITS}


def read_array(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """Return the arrays in `path`, whose bytes must have the digest `sha256`.

    Raises:
        DataError: see `RunRecord.array`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _damaged(path, str(error), "VER-002") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _damaged(path, "the bytes are not those that were written", "VER-001")
    return npz.decode(content, str(path))


def read_run(folder: Path) -> RunRecord:
    """Return the record kept in `folder`.

    Raises:
        DataError: `folder` is no run (VER-003).
    """
    return RunRecord(folder, read_info(folder))


def list_runs(out: Path) -> list[RunRecord]:
    """Return the runs in `out` and in the experiment folders in it, oldest first.

    A folder whose `run.json` cannot be read is left out.
    """
    return list(_runs(out, depth=2))


def _runs(folder: Path, depth: int) -> Iterator[RunRecord]:
    try:
        children = sorted(child for child in folder.iterdir() if child.is_dir() and not child.is_symlink())
    except OSError:
        return
    for child in children:
        if (child / FILE_NAME).exists():
            try:
                yield read_run(child)
            except DataError:
                continue
        elif depth > 1 and not child.name.startswith(TEMPORARY_PREFIX):
            yield from _runs(child, depth - 1)


def _damaged(path: Path, why: str, code: str) -> DataError:
    return DataError(
        f"{path}: {why}",
        expected="the record as its run wrote it",
        remedy="take a copy of the run that is whole",
        code=code,
    )
