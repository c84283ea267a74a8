"""`deepdiva attest RUN --key KEY`: a signed statement about a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from deepdiva.cli import words as typed
from deepdiva.cli.find_run import find_run
from deepdiva.errors import ConfigError
from deepdiva.provenance.files import write_atomically
from deepdiva.share import attest, new_key, verify_statement


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva attest`."""

    run: tyro.conf.Positional[str] = "latest"
    """A finished run: its folder; or `latest`, a name or a part of a name below --out."""
    key: Path | None = None
    """The private key that signs."""
    new_key: Path | None = None
    """Make a pair of keys instead: the private one here, the public one beside it with `.pub`."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    """The statement; without it, <name of the run>.statement.json in the working directory."""
    out: Path = Path("runs")
    """Folder below which runs are looked for by name."""
    json: bool = False
    """Print one JSON object."""


def main(words: Sequence[str]) -> int:
    """Sign one run, or make keys."""
    said = typed.read(
        Words,
        words,
        verb="attest",
        does="Sign a finished run: an in-toto statement with the digest of every sealed file and with what "
        "the run found, in a DSSE envelope. `deepdiva verify FILE --key KEY.pub` checks it offline.",
        example="deepdiva attest latest --key my.key",
    )
    facts = _make_keys(said.new_key) if said.new_key is not None else _sign(said)
    if said.json:
        print(json.dumps(facts))
    else:
        for name, value in facts.items():
            print(f"{name:<10}{value}")
    return 0


def _make_keys(path: Path) -> dict[str, str]:
    return {"private": str(path), "public": str(new_key(path))}


def _sign(said: Words) -> dict[str, str]:
    if said.key is None:
        raise ConfigError(
            "no key is named",
            expected="the private key that signs",
            remedy="--key KEY; `deepdiva attest --new-key KEY` makes one",
            code="CFG-027",
        )
    run = find_run(said.run, said.out)
    to = said.output or Path(f"{run.resolve().name}.statement.json")
    write_atomically(to, attest(run, said.key))
    return {"statement": str(to), "run": str(run), "signer": verify_statement(to).signer}
