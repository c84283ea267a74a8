"""`deepdiva pack RUN -o run.crate.zip`: one zip with which a stranger can run it again."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from deepdiva.cli.find_run import find_run
from deepdiva.cli.words import read
from deepdiva.record import read_run
from deepdiva.share import Packed, pack


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva pack`."""

    run: tyro.conf.Positional[str]
    """A finished run: its folder; or `latest`, a name or a part of a name below --out."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    """The crate; without it, <name of the run>.crate.zip in the working directory."""
    with_data: bool = False
    """Pack the data itself too, not only its footprint."""
    data: Path | None = None
    """Folder in and below which the data is looked for, with --with-data; else where it was."""
    license: str = ""
    """Under which terms the crate may be used: an address, or a name such as CC-BY-4.0."""
    out: Path = Path("runs")
    """Folder below which runs are looked for by name."""
    json: bool = False
    """Print the result as one JSON object."""


def main(words: list[str]) -> int:
    """Pack one run and tell the digest of the crate."""
    said = read(
        Words,
        words,
        verb="pack",
        does="Pack a finished run into one zip, a Workflow Run RO-Crate: record, settings, packages, code "
        "as it ran, footprint of the data. Equal runs give equal bytes.",
        example="deepdiva pack latest -o run.crate.zip",
    )
    run = find_run(said.run, said.out)
    to = said.output or Path(f"{run.resolve().name}.crate.zip")
    packed = pack(run, to, data=_data_of(run, said), license_terms=said.license)
    for line in packed.missing:
        print(f"not in the crate: {line}", file=sys.stderr)
    if said.json:
        print(json.dumps(_facts(run, packed)))
    else:
        print(f"{packed.path}  {packed.members} files, {packed.size:,} bytes, SHA-256 {packed.sha256}")
    return 0


def _data_of(run: Path, said: Words) -> Path | None:
    """Return the folder of the data where it is to be packed."""
    if not said.with_data and said.data is None:
        return None
    from deepdiva.experiment.search_data import search_data

    typed = str(read_run(run).request.get("data", ""))
    return search_data(run, typed=typed, given=[said.data] if said.data else [])


def _facts(run: Path, packed: Packed) -> dict[str, object]:
    return {
        "run": str(run),
        "crate": str(packed.path),
        "sha256": packed.sha256,
        "bytes": packed.size,
        "files": packed.members,
        "missing": list(packed.missing),
    }
