"""`deepdiva verify FILE`, where the file is a signed statement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deepdiva.cli.open_run import open_run
from deepdiva.errors import Tampered
from deepdiva.report import legible
from deepdiva.share import Statement, broken_subjects, verify_statement

_ENDING = ".statement.json"
_FACTS = ("run", "verdict", "weights_sha256", "data_sha256", "request_sha256")


def is_statement(place: Path) -> bool:
    """Tell whether the file at `place` wants to be a statement; whether it is one is seen later."""
    if place.name.endswith(_ENDING):
        return True
    try:
        with place.open("rb") as stream:
            return b'"payload' in stream.read(4096)
    except OSError:
        return False


def show_statement(place: Path, *, key: Path | None, of: str | None, out: Path, as_json: bool) -> int:
    """Check the statement at `place`, and the run that `of` means against it, and tell.

    Raises:
        Tampered: the statement is not what was signed, or the run is not the one it speaks of.
    """
    statement = verify_statement(place, key)
    if of is not None:
        with open_run(of, out) as run:
            _compare(statement, run, of)
    if as_json:
        print(json.dumps(_facts(statement) | {"compared": of}))
        return 0
    print(f"{place} is as it was signed by {statement.signer}")
    if not statement.trusted:
        print("who that is, it does not tell: give --key KEY.pub, the key of whom you trust")
    for name, value in _facts(statement).items():
        if name in _FACTS and value is not None:
            print(f"{name:<16} {legible(value)}")
    print(f"files            {len(statement.facts['subject'])}{', all as they were signed' if of else ''}")
    return 0


def _compare(statement: Statement, run: Path, of: str) -> None:
    lines = broken_subjects(statement, run)
    if lines:
        raise Tampered(
            f"{of} is not the run that was signed:\n    " + "\n    ".join(lines[:20]),
            expected="every file that the statement names, byte for byte",
            remedy="get the run again from whom you trust",
            code="VER-022",
        )


def _facts(statement: Statement) -> dict[str, Any]:
    about = dict(statement.facts["predicate"])
    return {name: about.get(name) for name in _FACTS} | {
        "signer": statement.signer,
        "trusted": statement.trusted,
        "verified": True,
    }
