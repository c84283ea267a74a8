"""`deepdiva verify THING`: is it still what its own digests say?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import tyro

from deepdiva.cli import data_verify
from deepdiva.cli import words as typed
from deepdiva.cli.find_run import RUN_FILE, find_run
from deepdiva.cli.open_run import open_run
from deepdiva.cli.verify_statement import is_statement, show_statement
from deepdiva.errors import ConfigError, DeepDivaError
from deepdiva.provenance.footprint import FILE_NAME, SECOND_NAME, find_footprint
from deepdiva.record import Verification, verify_run
from deepdiva.share import verify_crate


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva verify`."""

    thing: tyro.conf.Positional[str] = "latest"
    """A run folder, or `latest`, a name or a part of a name below --out; a crate; a signed statement; a
    data folder; a footprint file."""
    key: Path | None = None
    """Public key of whom you trust, for a statement."""
    of: str | None = None
    """Run or crate that a statement must be about; every file that it names is read."""
    out: Path = Path("runs")
    """Folder below which runs are looked for by name."""
    json: bool = False
    """Print one JSON object."""


def main(words: Sequence[str]) -> int:
    """Compare it with its digests; every file is read."""
    said = typed.read(
        Words,
        words,
        verb="verify",
        does="Compare a run, a crate or a data set with its own digests, every file of it; or a signed "
        "statement with its signature.\n\n"
        "Exit 0 if all agree; 4 if data changed, 6 if a run contradicts itself or a statement was changed, "
        "7 if a run is not finished.",
        example="deepdiva verify latest",
    )
    place = Path(said.thing)
    if place.is_file() and is_zipfile(place):
        with open_run(said.thing, said.out) as run:
            return _tell(replace(verify_crate(run), folder=place), said)
    if place.is_file() and is_statement(place):
        return show_statement(place, key=said.key, of=said.of, out=said.out, as_json=said.json)
    data = _data_folder(place)
    if data is not None:
        return data_verify.main([str(data), "--deep", *(["--json"] if said.json else [])])
    return _tell(verify_run(find_run(said.thing, said.out)), said)


def _tell(found: Verification, said: Words) -> int:
    if said.json:
        print(json.dumps(_facts(found)))
    found.refuse()
    if not said.json:
        print(f"{found.folder} is whole: every file, event, link and weight agrees with its digest")
        print(f"seal     {found.seal_sha256}")
    return 0


def _data_folder(place: Path) -> Path | None:
    """Return the data folder that is meant; None where a run is.

    Raises:
        ConfigError: it is nothing that can be verified (CFG-024).
    """
    if place.is_dir() and not (place / RUN_FILE).exists():
        if find_footprint(place) is not None or (place / FILE_NAME).exists():
            return place
        raise _unknown(place, "holds neither a run nor a footprint")
    if place.is_file():
        if place.name not in (FILE_NAME, SECOND_NAME):
            raise _unknown(place, "is none of the files that can be verified")
        if (place.absolute().parents[1] / RUN_FILE).exists():
            raise _unknown(place, "is part of a run")
        return place.parent
    return None


def _facts(found: Verification) -> dict[str, Any]:
    facts = {"run": str(found.folder.absolute()), "status": found.status, "seal_sha256": found.seal_sha256}
    try:
        found.refuse()
    except DeepDivaError as error:
        return facts | {"verified": False, "code": error.code, "found": found.lines}
    return facts | {"verified": True, "code": None, "found": []}


def _unknown(place: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{place} {why}",
        expected="a run folder, a data folder with a footprint, or the footprint file in it",
        remedy="name one of these; `deepdiva data footprint DIR` takes the footprint of a data folder",
        code="CFG-024",
    )
