"""What is asked of a run, and where on this machine it happens."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepdiva.config import as_toml, fingerprint, from_table, read_toml
from deepdiva.engine import Machine, Schedule
from deepdiva.errors import ConfigError
from deepdiva.provenance.gate import OnUncommitted
from deepdiva.randomness import LARGEST_SEED
from deepdiva.tasks import catalog

FILE_NAME = "request.toml"


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What is asked.  Two runs with equal requests and equal stamps are the same run."""

    task: str
    """Name of a task, or a file that holds one."""
    data: str
    """The data folder as it was typed."""
    data_sha256: str | None = None
    """Root digest of its footprint; None until the gate has seen it."""
    name: str | None = None
    """What the run is called; the task's name if none is given."""
    seed: int
    """Root of all randomness, in [0, 2**63)."""
    machine: Machine
    schedule: Schedule
    config: Any
    """Settings of the task."""

    def __post_init__(self) -> None:
        if not (type(self.seed) is int and 0 <= self.seed <= LARGEST_SEED):
            raise ConfigError(
                f"seed = {self.seed!r}",
                expected="a whole number from 0 to 2**63 - 1",
                remedy="choose another --seed, or leave it out to have one drawn and recorded",
                code="CFG-004",
            )

    @property
    def digest(self) -> str:
        """SHA-256 of all that is asked; where data and files lie and what the run is called is not in it."""
        task = Path(self.task).name if self.task.endswith(".py") else self.task
        return fingerprint(dataclasses.replace(self, task=task, data="", data_sha256=None, name=None))

    def as_toml(self) -> str:
        """Return the request as `request.toml` keeps it: every setting, in full."""
        return as_toml(self)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where it happens on this machine; never part of what a run is."""

    data: Path
    """The data folder."""
    out: Path
    """Run folders lie directly below it."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On which terms a run starts, and where it stops; no part of the request, for none moves a number."""

    on_uncommitted: OnUncommitted = "refuse"
    """What to do about code that no commit holds."""
    deep: bool = False
    """Hash every file of the data first, instead of comparing sizes and times."""
    strict_inputs: bool = False
    """Refuse what training code reads although the record does not hold it (INP-001)."""
    self_check: bool = False
    """First train a few steps twice and through a checkpoint, and refuse if their bits differ."""
    allow_leakage: bool = False
    """What the splits have in common is recorded, and stops nothing."""
    stop_after_steps: int | None = None
    """Stop there as if a signal came."""


def read_request(path: Path) -> RunRequest:
    """Return the request in the TOML file `path`.

    Raises:
        ConfigError: see `config.read_toml` and `config.from_table`.
    """
    table = read_toml(path)
    page = catalog.find(_task_word(table, path))
    sections = {"machine": Machine, "schedule": Schedule, "config": page.config}
    values: dict[str, Any] = {
        name: from_table(kind, _table(table.get(name, {}), name), where=f"{name}.")
        for name, kind in sections.items()
    }
    return from_table(RunRequest, table | values)


def _task_word(table: Mapping[str, Any], path: Path) -> str:
    word = table.get("task")
    if isinstance(word, str):
        return word
    raise ConfigError(
        f"{path} names no task",
        expected='a line such as task = "image-classification"',
        remedy="start from the `request.toml` of a run",
        code="CFG-001",
    )


def _table(value: Any, name: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise ConfigError(
        f"{name} = {value!r} is no table",
        expected=f"[{name}] and its settings below it",
        remedy="write it so",
    )
