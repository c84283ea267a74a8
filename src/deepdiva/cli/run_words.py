"""The words of `deepdiva run`: its own, those of the loop and machine, and those of the task."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from deepdiva.cli import words as typed
from deepdiva.engine import Machine, Schedule, TaskPage
from deepdiva.errors import ConfigError
from deepdiva.experiment import Place, RunRequest, find_data, read_request
from deepdiva.provenance.levels import default_threads
from deepdiva.randomness import SeedPlan
from deepdiva.tasks import catalog

EXAMPLE = "deepdiva run image-classification --data data/digits --epochs 10 --seed 1"


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva run`."""

    task: tyro.conf.Positional[str]
    """Name of a task, a file such as ./idea.py that holds one, or the request.toml of a run."""
    data: str | None = None
    """The data folder."""
    out: Path = Path("runs")
    """Folder below which the run folder is made."""
    name: str | None = None
    """What the run is called; the task's name if none is given."""
    seed: int | None = None
    """Root of all randomness; drawn and recorded if none is given."""
    on_uncommitted: Literal["refuse", "snapshot"] = "refuse"
    """What to do about code that no commit records: refuse the run, or keep a snapshot of it."""
    stop_after_steps: int | None = None
    """Stop after so many steps, as a signal would; `resume` goes on."""
    deep: bool = False
    """Hash every file of the data before the run, instead of comparing sizes and times."""
    strict_inputs: bool = False
    """Refuse files and variables that training code reads although the record does not hold them."""
    self_check: bool = False
    """First train a few steps twice and through a checkpoint; refuse, if their bits differ, and say why."""
    json: bool = False
    """Print the result as one JSON object."""
    schedule: Schedule = Schedule()
    machine: Machine = Machine()


def read(words: Sequence[str]) -> tuple[RunRequest, Place, Words]:
    """Return what `words` ask for, with threads and seed filled in.

    Raises:
        ConfigError: no such task, no data, or a setting out of its range.
    """
    subject = _subject(words)
    if subject.endswith(".toml"):
        return _from_request(Path(subject), words)
    if not subject:
        _parse(
            words, _class_for(_NoSettings)(task="TASK", config=_NoSettings())
        )  # ends here, if help is asked
        raise ConfigError(
            "nothing to run is named",
            expected="a task (" + ", ".join(catalog.MODULES) + "), a FILE.py or a request.toml",
            remedy=EXAMPLE,
            code="CFG-001",
        )
    return _from_page(catalog.find(subject), words)


def _subject(words: Sequence[str]) -> str:
    """Return the word that says what is run; values of flags may stand before it."""
    candidates = [word for word in words if not word.startswith("-")]
    known = [word for word in candidates if word in catalog.MODULES or word.endswith((".py", ".toml"))]
    return next(iter([*known, *candidates]), "")


def _from_page(page: TaskPage, words: Sequence[str]) -> tuple[RunRequest, Place, Words]:
    default = _class_for(page.config)(task=page.name, schedule=page.schedule, config=page.config())
    said = _parse(words, default)
    if said.data is None:
        raise ConfigError(
            "no data folder is named",
            expected="--data DIR",
            remedy="`deepdiva data get digits --to data` makes one: then --data data/digits",
            code="CFG-001",
        )
    return _request(said, said.task), Place(data=Path(said.data), out=said.out), said


def _from_request(path: Path, words: Sequence[str]) -> tuple[RunRequest, Place, Words]:
    asked = read_request(path)
    page = catalog.find(asked.task)
    default = _class_for(page.config)(
        task=str(path),
        data=asked.data,
        name=asked.name,
        seed=asked.seed,
        schedule=asked.schedule,
        machine=asked.machine,
        config=asked.config,
    )
    said = _parse(words, default)
    request = _request(said, asked.task)
    given = Path(said.data) if said.data not in (None, asked.data) else None
    data = find_data(path.parent, typed=asked.data, given=given)
    request = dataclasses.replace(request, data_sha256=asked.data_sha256)
    return request, Place(data=data, out=said.out), said


def _parse(words: Sequence[str], default: Any) -> Any:
    does = "Train, validate and test once, and record it all.\n\nTasks: " + ", ".join(catalog.MODULES)
    said = typed.read(type(default), words, verb="run", does=does, example=EXAMPLE, default=default)
    return _without_foreign_arguments(said, default, words)


def _without_foreign_arguments(said: Any, default: Any, words: Sequence[str]) -> Any:
    """Drop the arguments of the task's own optimizer where another one is named without any."""
    flags = {word.partition("=")[0].replace("_", "-") for word in words}
    chosen = getattr(said.config, "optimizer", None)
    if chosen is None or "--optimizer-arguments" in flags:
        return said
    if chosen.optimizer == default.config.optimizer.optimizer:
        return said
    chosen = dataclasses.replace(chosen, optimizer_arguments=())
    return dataclasses.replace(said, config=dataclasses.replace(said.config, optimizer=chosen))


def _request(said: Any, task: str) -> RunRequest:
    threads = said.machine.threads or default_threads(said.machine.determinism)
    return RunRequest(
        task=task,
        data=said.data,
        name=said.name,
        seed=SeedPlan.draw().root if said.seed is None else said.seed,
        machine=dataclasses.replace(said.machine, threads=threads),
        schedule=said.schedule,
        config=said.config,
    )


def _class_for(config: type[Any]) -> Any:
    """Return `Words` with the settings of a task at its end."""
    return dataclasses.make_dataclass(
        "Words", [("config", config)], bases=(Words,), frozen=True, kw_only=True
    )


@dataclass(frozen=True)
class _NoSettings:
    """Of no task."""
