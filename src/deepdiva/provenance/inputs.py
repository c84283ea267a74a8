"""Undeclared inputs: what training code read although neither snapshot, lock nor footprint covers it.

    environment/inputs.json   kind, name, digest and the line that read it; sorted, without times
    environment/where.json    where each lay on this machine: a hint, outside every digest

Of variables the names are told and never the values, which may be secrets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deepdiva.errors import GateRefused
from deepdiva.provenance.files import make_folder, write_atomically
from deepdiva.provenance.snapshot import as_json
from deepdiva.provenance.tree import printable

FORMAT = "deepdiva inputs 1"
FILE_NAME, WHERE_FILE = "inputs.json", "where.json"
MOST_NAMED = 20


@dataclass(frozen=True, order=True)
class Input:
    """One undeclared input."""

    kind: str
    """`file`, `folder`, `variable`, `program`, `host` or `library`."""
    name: str
    """Below the source tree or the home folder, else the last part behind `.../`; a variable's name."""
    by: str
    """The line that read it, as `file.py:12`."""
    sha256: str = ""
    """Of a file's content when it was first looked at; empty where there is none to be had."""
    bytes: int = -1
    """Size of a file; -1 where there is none to be had."""
    found: bool = True
    """Whether a variable was set."""

    def __str__(self) -> str:
        digest = f", sha256 {self.sha256[:12]}" if self.sha256 else ""
        unset = "" if self.found else " (not set)"
        return f"{self.kind} {printable(self.name)}{unset}, read at {printable(self.by)}{digest}"

    @property
    def content(self) -> str:
        """What tells two of one name apart: a file's digest, whether a variable was set."""
        state = ("set" if self.found else "not set") if self.kind == "variable" else "read"
        return self.sha256 or state

    def as_json(self) -> dict[str, Any]:
        """Return the facts that its kind has."""
        facts = asdict(self)
        lacking = {"sha256": not self.sha256, "bytes": self.bytes < 0, "found": self.kind != "variable"}
        return {key: value for key, value in facts.items() if not lacking.get(key)}


def merged(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """Return `inputs` sorted; of one that several lines read, the first line."""
    found: dict[tuple[object, ...], Input] = {}
    for entry in sorted(inputs, key=lambda entry: (entry.kind, entry.name, len(entry.by), entry)):
        found.setdefault((entry.kind, entry.name, entry.content), entry)
    return tuple(found.values())


# -- In a run folder -------------------------------------------------------------------


def save(folder: Path, inputs: Sequence[Input], places: Mapping[str, str]) -> None:
    """Write what was found into the run at `folder`.

    Raises:
        ResourceError: it cannot be written.
    """
    make_folder(folder / "environment")
    facts = {"format": FORMAT, "inputs": [entry.as_json() for entry in inputs]}
    write_atomically(folder / "environment" / FILE_NAME, as_json(facts))
    hints = {entry.name: places[entry.name] for entry in inputs if entry.name in places}
    write_atomically(folder / "environment" / WHERE_FILE, as_json(hints))


def load(folder: Path) -> tuple[Input, ...] | None:
    """Return what the run at `folder` read undeclared; None where its record does not tell."""
    try:
        facts = json.loads((folder / "environment" / FILE_NAME).read_bytes())
        if facts["format"] != FORMAT:
            return None
        return tuple(_parsed(entry) for entry in facts["inputs"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _parsed(entry: Mapping[str, Any]) -> Input:
    kind, name, by, sha256 = (str(entry.get(key, "")) for key in ("kind", "name", "by", "sha256"))
    return Input(kind, name, by, sha256, int(entry.get("bytes", -1)), bool(entry.get("found", True)))


def contents(inputs: Iterable[Input]) -> dict[str, str]:
    """Return by kind and name what tells two inputs of one name apart; several digests stand side by side."""
    told: dict[str, str] = {}
    for entry in inputs:
        key = f"{entry.kind} {entry.name}"
        told[key] = f"{told[key]} {entry.content}" if key in told else entry.content
    return told


def lines_between(then: Sequence[Input] | None, now: Sequence[Input] | None) -> list[str]:
    """Return how the undeclared inputs of a run differ from those of an earlier one, for people to read.

    None is a run that was not watched: there is nothing to compare then.
    """
    if then is None or now is None:
        return []
    before, after = contents(then), contents(now)
    return [
        f"inputs: {printable(name)} was {_short(before.get(name))}, is {_short(after.get(name))}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _short(content: str | None) -> str:
    return "absent" if content is None else " ".join(part[:12] for part in content.split(" "))


# -- Telling ---------------------------------------------------------------------------


def notice(inputs: Sequence[Input]) -> str:
    """Return what to tell at the end of a run."""
    one = len(inputs) == 1
    head = f"{'1 input' if one else f'{len(inputs)} inputs'} that nothing declares went into this run:"
    return "\n".join([head, *_listed(inputs), f"to declare {'it' if one else 'them'}: {_REMEDY}"])


def refuse(inputs: Sequence[Input]) -> None:
    """Return where nothing was read undeclared.

    Raises:
        GateRefused: something was; each is named with the line that read it (INP-001).
    """
    if inputs:
        raise GateRefused(
            f"training code read what neither snapshot, lock nor footprint covers ({len(inputs)}):\n"
            + "\n".join(_listed(inputs)),
            expected="code, data, packages and settings that the record holds, and nothing else",
            remedy=f"{_REMEDY}; or leave --strict-inputs out: it is recorded then",
            code="INP-001",
        )


_REMEDY = (
    "commit the file (a new one that is not ignored can be kept with --on-uncommitted snapshot), put it "
    "into the data folder and into its footprint, or make the value a setting of the task"
)


def _listed(inputs: Sequence[Input]) -> list[str]:
    more = len(inputs) - MOST_NAMED
    return [f"    {entry}" for entry in inputs[:MOST_NAMED]] + ([f"    and {more} more"] if more > 0 else [])
