"""Every fact in which two runs differ, and what their results did; read from the two records alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deepdiva.errors import DataError
from deepdiva.provenance import differences as trees
from deepdiva.provenance import footprint
from deepdiva.provenance.inputs import contents
from deepdiva.record import SPLITS, RunRecord
from deepdiva.record.info import as_plain
from deepdiva.record.parting import Parting, find_parting, loss_of, read_chain
from deepdiva.report.code_differences import CodeDifferences, compare_code

PARTS = ("settings", "seeds", "packages", "hardware", "variables", "inputs", "numeric_class")
"""The facts that are a name and a value."""


@dataclass(frozen=True)
class Difference:
    """One fact; None where a run does not know it."""

    name: str
    a: Any
    b: Any


@dataclass(frozen=True, kw_only=True)
class Results:
    """What came out."""

    scores: tuple[Difference, ...]
    """All scores at the best epoch, equal ones too, as `<split>/<metric>`."""
    facts: tuple[Difference, ...]
    """Status, steps, best epoch, and the digests of the weights, where they differ."""
    parting: Parting | None
    """How far the chains agree; None where one of them cannot be read."""

    @property
    def equal(self) -> bool:
        """Whether the two came out alike, bit for bit."""
        parted = self.parting is None or self.parting.at is not None
        return not (self.facts or parted or any(score.a != score.b for score in self.scores))


@dataclass(frozen=True, kw_only=True)
class Differences:
    """All of it."""

    facts: Mapping[str, tuple[Difference, ...]]
    """By part, in the order of `PARTS`; empty where the two agree, missing where it could not be compared."""
    code: CodeDifferences
    package_files: trees.Differences
    """Of the installed `deepdiva` itself."""
    data: trees.Differences
    results: Results
    notices: tuple[str, ...]
    """What could not be compared."""

    @property
    def equal_ground(self) -> bool:
        """Whether the two stood on the same facts, as far as they are recorded."""
        return not (any(self.facts.values()) or self.code or self.package_files or self.data)

    def as_json(self) -> dict[str, Any]:
        """Return the whole in plain values, by part."""
        told: dict[str, Any] = dict.fromkeys(PARTS)
        told |= {part: [asdict(fact) for fact in facts] for part, facts in self.facts.items()}
        told["code"] = asdict(self.code) | {"package_files": asdict(self.package_files)}
        told["data"] = asdict(self.data)
        return told | {
            "results": _results_as_json(self.results),
            "equal_ground": self.equal_ground,
            "equal_results": self.results.equal,
            "notices": list(self.notices),
        }


def compare_runs(a: RunRecord, b: RunRecord) -> Differences:
    """Compare two runs, whatever their state; what cannot be read is told in the notices."""
    notices: list[str] = []
    ground = _flat_ground(a), _flat_ground(b)
    if _are_watched(a, b, notices):
        ground[0]["inputs"], ground[1]["inputs"] = contents(a.inputs or ()), contents(b.inputs or ())
    code = compare_code(a.folder, b.folder)
    return Differences(
        facts={
            part: tuple(_differing(ground[0][part], ground[1][part])) for part in PARTS if part in ground[0]
        },
        code=code,
        package_files=trees.between(*(_package_files(run, notices) for run in (a, b))),
        data=trees.between(*(_data_files(run, notices) for run in (a, b))),
        results=_compare_results(a, b, notices),
        notices=(*code.notices, *notices),
    )


def _differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({*a, *b}):
        if (a.get(name), name in a) != (b.get(name), name in b):
            yield Difference(name, a.get(name), b.get(name))


# -- What a run stands on --------------------------------------------------------------


def _flat_ground(run: RunRecord) -> dict[str, dict[str, Any]]:
    """Return each part of `PARTS` as a flat table; undeclared inputs are compared apart."""
    environment, request = _part(run.stamp, "environment"), dict(run.request)
    seed, _ = request.pop("seed", run.info["seed"]), request.pop("data_sha256", None)
    platform = {name: environment[name] for name in ("platform",) if name in environment}
    variables = _part(environment, "variables")
    replaced = {f"{name}, before it was replaced": v for name, v in _part(environment, "inherited").items()}
    return {
        "settings": flatten(request),
        "seeds": {"seed": seed},
        "packages": {"python": environment.get("python")} | _packages(_part(environment, "packages")),
        "hardware": flatten(_part(environment, "hardware")) | platform,
        "variables": {**variables, **replaced},
        "numeric_class": dict(_part(run.stamp, "numeric_class")),
    }


def _are_watched(a: RunRecord, b: RunRecord, notices: list[str]) -> bool:
    """Tell whether both runs noticed what they read; older ones did not."""
    if (a.inputs is None) != (b.inputs is None) and (a.inputs or b.inputs):
        silent = a if a.inputs is None else b
        notices.append(f"{silent.folder} does not tell what it read: undeclared inputs were not compared")
    return a.inputs is not None and b.inputs is not None


def flatten(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return `table` without tables in it.

    Example:
        >>> flatten({"seed": 1, "schedule": {"epochs": 2}})
        {'seed': 1, 'schedule.epochs': 2}
    """
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= flatten(value, f"{before}{key}.") if isinstance(value, Mapping) else {f"{before}{key}": value}
    return flat


def _packages(packages: Mapping[str, Any]) -> dict[str, str]:
    """Return versions, each with the beginning of the digest that tells two builds of it apart."""
    return {
        name: f"{_part(packages, name).get('version')} ({str(_part(packages, name).get('sha256'))[:12]})"
        for name in packages
    }


def _part(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = facts.get(name)
    return part if isinstance(part, Mapping) else {}


def _package_files(run: RunRecord, notices: list[str]) -> dict[str, str]:
    path = run.folder / "environment" / "deepdiva.json"
    try:
        return {str(name): str(digest) for name, digest in json.loads(path.read_bytes())["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        notices.append(f"{path} cannot be read: the files of deepdiva itself were not compared")
        return {}


def _data_files(run: RunRecord, notices: list[str]) -> dict[str, str]:
    path: Path = run.folder / "data" / "footprint.json"
    try:
        return footprint.load(path).contents
    except DataError as error:
        notices.append(f"{error.found}: the files of the data were not compared")
        return {}


# -- What came out ---------------------------------------------------------------------


def _compare_results(a: RunRecord, b: RunRecord, notices: list[str]) -> Results:
    keys = ("status", "steps", "best_epoch", "weights_sha256", "best_weights_sha256")
    facts = [{key: run.info[key] for key in keys} | {"status": run.status} for run in (a, b)]
    scores = [_flat_scores(run) for run in (a, b)]
    names = dict.fromkeys([*scores[0], *scores[1]])
    return Results(
        scores=tuple(Difference(name, scores[0].get(name), scores[1].get(name)) for name in names),
        facts=tuple(_differing(*facts)),
        parting=_parting(a, b, notices),
    )


def _flat_scores(run: RunRecord) -> dict[str, float | None]:
    return {f"{split}/{name}": v for split in SPLITS for name, v in (run.scores(split) or {}).items()}


def _parting(a: RunRecord, b: RunRecord, notices: list[str]) -> Parting | None:
    try:
        return find_parting(read_chain(a.folder), read_chain(b.folder))
    except DataError as error:
        notices.append(f"{error.found}: the chains were not compared")
        return None


def _results_as_json(results: Results) -> dict[str, Any]:
    told: dict[str, Any] = {fact.name: {"a": fact.a, "b": fact.b} for fact in results.facts}
    told["scores"] = {score.name: {"a": score.a, "b": score.b} for score in results.scores}
    return told | {"chain": None if results.parting is None else parting_as_json(results.parting)}


def parting_as_json(parting: Parting) -> dict[str, Any]:
    """Return where two chains part, in plain values."""
    lines = parting.line
    return {
        "parted_at": parting.at,
        "agreed_until": parting.agreed,
        "steps": {"a": parting.steps[0], "b": parting.steps[1]},
        "first_line": None
        if lines is None
        else {
            "step": lines[0].step,
            "other_samples": lines[0].batch != lines[1].batch,
            "loss": {"a": as_plain(loss_of(lines[0])), "b": as_plain(loss_of(lines[1]))},
        },
        "first_weights": None if parting.weights is None else parting.weights._asdict(),
    }
