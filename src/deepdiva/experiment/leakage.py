"""The leakage check before a run: quick, kept, and written into the record."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepdiva.data.leakage import Leakage, check_leakage
from deepdiva.errors import DataError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.files import write_atomically

FILE_NAME = "leakage.json"
"""In the folder `data/` of a run."""


UNTRUSTED = ("DATA-042", "DATA-044", "DATA-049")
"""Codes of files that are not what was verified, or cannot be read: no matter of layout."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the check said before a run."""

    found: Leakage | None
    """None where the data has no layout that is known here."""
    reason: str
    """Why there is no finding to look at; empty where the check was made."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know before the run starts."""
        if self.found is None:
            return (f"leakage between splits was not checked: {self.reason}",)
        told = self.found.warnings() if self.found.contradictions else self.found.notices
        return tuple(told) if self.found.verdict == "clean" else (*self._allowed(), *told)

    def _allowed(self) -> tuple[str, ...]:
        return ("the splits have something in common, which --allow-leakage allows:", *self.lines())

    def lines(self) -> tuple[str, ...]:
        """Return the first findings."""
        return tuple(self.found.lines(5)) if self.found else ()

    def as_json(self) -> dict[str, Any]:
        """Return the answer as a run records it; nothing in it depends on place or time."""
        if self.found is None:
            return {"verdict": "unchecked", "reason": self.reason, "allowed": False}
        return self.found.as_json() | {"allowed": self.found.verdict == "leakage"}


def check_before_run(files: VerifiedData, *, allow: bool) -> Answer:
    """Check the data of a run.

    Args:
        files: The verified data set.
        allow: What is found is recorded, and stops nothing.

    Raises:
        DataError: a file changed after it was verified, or cannot be read.
        LeakageFound: samples (DATA-020) or groups (DATA-027) are in more than one split.
        ResourceError: the state folder cannot be written.
    """
    try:
        found = check_leakage(files, depth="quick")
    except DataError as error:  # a task of one's own reads what no layout of ours knows
        if error.code in UNTRUSTED:
            raise
        return Answer(found=None, reason=f"{error.code}, no layout that is known here")
    if not allow:
        found.refuse(
            f"look at them (`deepdiva data check {shlex.quote(str(files.root))} --page leakage.html`) and "
            "take one of each pair out; or run with --allow-leakage, which the record tells"
        )
    return Answer(found=found, reason="")


def keep_answer(answer: Answer, run: Path) -> None:
    """Write the answer into the folder of a run, below the seal."""
    text = json.dumps(answer.as_json(), indent=2, sort_keys=True) + "\n"
    write_atomically(run / "data" / FILE_NAME, text.encode())


def was_checked(run: Path) -> bool:
    """Tell whether the run in a folder passed the check, or was allowed not to."""
    return (run / "data" / FILE_NAME).is_file()
