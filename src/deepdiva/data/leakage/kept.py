"""Answers of the check, kept in the state folder: the same data set is not checked twice."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from deepdiva.data.leakage.findings import Contradiction, Group, Leakage, Pair
from deepdiva.provenance.files import make_folder, write_atomically
from deepdiva.provenance.places import state_folder


def save(key: str, leakage: Leakage) -> None:
    """Keep an answer.

    Raises:
        ResourceError: the state folder cannot be written.
    """
    place = _place(key)
    make_folder(place.parent)
    facts = leakage.as_json()
    write_atomically(place, json.dumps({"checksum": _checksum(facts), "facts": facts}).encode())


def load(key: str) -> Leakage | None:
    """Return an answer that was kept; None where there is none that can be trusted."""
    try:
        parts = json.loads(_place(key).read_bytes())
        return _parse(parts["facts"]) if parts["checksum"] == _checksum(parts["facts"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _place(key: str) -> Path:
    return state_folder() / "leakage" / f"{key}.json"


def _checksum(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _parse(facts: dict[str, Any]) -> Leakage:
    rest = {name: facts[name] for name in ("data_sha256", "layout", "checked", "look_alikes", "inside")}
    return Leakage(
        **rest,
        exact=tuple(map(_pair, facts["exact"])),
        near=tuple(map(_pair, facts["near"])),
        groups=tuple(Group(**group | {"first": tuple(group["first"])}) for group in facts["groups"]),
        contradictions=tuple(
            Contradiction(names=tuple(found["names"]), labels=tuple(map(tuple, found["labels"])))
            for found in facts["contradictions"]
        ),
        notices=tuple(facts["notices"]),
    )


def _pair(facts: dict[str, Any]) -> Pair:
    return Pair(**facts | {"splits": tuple(facts["splits"])})
