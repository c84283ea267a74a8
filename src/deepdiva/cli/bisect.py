"""`deepdiva bisect A B`: the first step at which two runs part, and what in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from deepdiva.cli import words as typed
from deepdiva.cli.console import open_console, plain
from deepdiva.cli.open_run import open_run

if TYPE_CHECKING:
    from deepdiva.experiment.bisect import Bisection

MOST_SAMPLES = 10


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva bisect`."""

    a: tyro.conf.Positional[str]
    """A run folder or a crate; or `latest`, a name or a part of a name below --out."""
    b: tyro.conf.Positional[str]
    """The other run."""
    data: tuple[Path, ...] = ()
    """Folders in and below which the data is looked for; else it is where it was."""
    out: Path = Path("runs")
    """Folder below which runs are looked for by name."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Narrow, replay, and name the place."""
    said = typed.read(
        Words,
        words,
        verb="bisect",
        does="Find the first step at which two runs part, and name the place of the cause: the batch, "
        "a layer forward or backward, the optimizer, or the random stream. Replays both runs.",
        example="deepdiva bisect runs/20261123-150525-image-classification-8e342fa5 latest",
    )
    from deepdiva.cli.progress import progress_on
    from deepdiva.experiment.bisect import bisect

    with (
        open_run(said.a, said.out) as a,
        open_run(said.b, said.out) as b,
        progress_on() as progress,
    ):
        found = bisect(a, b, data=said.data, progress=progress)
    if said.json:
        runs = {"a": str(a.absolute()), "b": str(b.absolute())}
        print(json.dumps(runs | found.as_json()))
    else:
        console = open_console()
        for line in _lines(found):
            console.print(plain(line), soft_wrap=True)
    return 0


def _lines(found: Bisection) -> Iterator[str]:
    blame = found.blame
    if blame is None:
        yield f"the runs do not part: samples, losses and weights agree over {min(found.parting.steps)} steps"
        if found.parting.steps[0] != found.parting.steps[1]:
            yield f"A took {found.parting.steps[0]} steps, B took {found.parting.steps[1]}"
        return
    yield f"step   {found.step}" + (" (before training)" if found.step == 0 else "")
    yield f"place  {blame.place}"
    if blame.layer is not None:
        kind = f" ({blame.operation})" if blame.operation else ""
        yield f"layer  {blame.layer or 'the model as a whole'}{kind}"
    elif blame.operation:
        yield f"where  {blame.operation}"
    yield f"what   {blame.what}"
    if blame.numbers:
        yield f"       {blame.numbers}"
    yield from _sample_lines(found)


def _sample_lines(found: Bisection) -> Iterator[str]:
    for sample in found.samples[:MOST_SAMPLES]:
        a, b = (sample[side] or "no sample" for side in ("a", "b"))
        both = f"{a} (the file {_FATES[sample['file']]})" if a == b else f"{a} in A, {b} in B"
        yield f"       {sample['position']:>4}  {both}"
    if len(found.samples) > MOST_SAMPLES:
        yield f"       ... and {len(found.samples) - MOST_SAMPLES} more; --json has them all"


_FATES = {
    "same": "is the same in both data sets, so it was read or augmented otherwise",
    "changed": "itself was changed",
    "unknown": "is in neither footprint",
}
