"""`deepdiva reproduce RUN|CRATE|GIT-URL@COMMIT:request.toml`: run it again; do the bits agree?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import tyro

from deepdiva.cli import words as typed
from deepdiva.cli.open_run import open_run
from deepdiva.provenance.clone import GitWord, split_word

if TYPE_CHECKING:
    from deepdiva.experiment import Reproduction, Wish

MOST_DIFFERENCES = 20


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva reproduce`."""

    run: tyro.conf.Positional[str]
    """A finished run: its folder, or a crate; or `latest`, a name or a part of a name below --out; or a
    request in a commit: GIT-URL@COMMIT:request.toml."""
    data: tuple[Path, ...] = ()
    """Folders in and below which the data is looked for by its digest; else where it was."""
    steps: int | None = None
    """Certify the first so many steps only."""
    out: Path = Path("runs")
    """Folder below which the new run is made."""
    environment: Literal["rebuild", "check", "ignore"] = "check"
    """Make an environment from the lock of the run and use it (minutes, and as much disk as the packages
    take); or use the packages that are here and tell what differs; or compare bits of another numeric
    class all the same."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Run the run again; the exit code is the verdict."""
    said = typed.read(
        Words,
        words,
        verb="reproduce",
        does="Restore the code of a run, find its data, run it again, and compare bit by bit.\n\n"
        "Exit 0 REPRODUCED, 5 DIVERGED, 6 TAMPERED, 7 INCONCLUSIVE.",
        example="deepdiva reproduce latest --data data",
    )
    from deepdiva import experiment

    wish = experiment.Wish(out=said.out, data=said.data, steps=said.steps, environment=said.environment)
    asked = None if _is_here(said) else split_word(said.run)
    with _answer(said.run, wish) if asked is None else _answer_of_commit(asked, wish) as result:
        _tell(result, as_json=said.json)
        result.refuse()
    return 0


def _is_here(said: Words) -> bool:
    """Tell whether the word is the path of something, which wins: a name may hold any sign."""
    return Path(said.run).exists() or (said.out / said.run).exists()


@contextmanager
def _answer(word: str, wish: Wish) -> Iterator[Reproduction]:
    from deepdiva import experiment
    from deepdiva.cli.progress import progress_on

    with open_run(word, wish.out) as run, progress_on() as progress:
        yield experiment.reproduce(run, wish, progress=progress)


@contextmanager
def _answer_of_commit(asked: GitWord, wish: Wish) -> Iterator[Reproduction]:
    from deepdiva import experiment
    from deepdiva.cli.progress import progress_on

    with TemporaryDirectory(prefix="deepdiva-reproduce-") as scratch, progress_on() as progress:
        yield experiment.reproduce_commit(asked, wish, Path(scratch), progress=progress)


def _tell(result: Reproduction, *, as_json: bool) -> None:
    for line in (*result.notes, *_some(result.differences)):
        print(line, file=sys.stderr)
    if as_json:
        print(json.dumps(result.as_json()))
        return
    print(result.sentence)
    if result.run is not None:
        print(f"run      {result.run.folder}\nagain    {result.run.folder}/reproduce.sh")


def _some(differences: tuple[str, ...]) -> list[str]:
    more = len(differences) - MOST_DIFFERENCES
    lines = [f"differs: {line}" for line in differences[:MOST_DIFFERENCES]]
    return lines + ([f"differs: and {more} more facts"] if more > 0 else [])
