"""`deepdiva board`: TensorBoard on the runs, live, until Ctrl-C."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from deepdiva.cli import words as typed
from deepdiva.cli.find_run import find_run
from deepdiva.errors import ConfigError
from deepdiva.record import RunRecord, list_runs, read_run
from deepdiva.report.board import RELOAD_SECONDS, Board


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva board`."""

    runs: tyro.conf.Positional[tuple[str, ...]] = ()
    """Run folders, or names below --out; all runs below --out, also new ones, if none is given."""
    out: Path = Path("runs")
    """Folder below which the runs lie."""
    port: int | None = None
    """Port on this machine; the first free one from 6006 on if none is given."""
    json: bool = False
    """Print the address as one JSON object."""


def main(words: Sequence[str]) -> int:
    """Open TensorBoard, and keep it open."""
    said = typed.read(
        Words,
        words,
        verb="board",
        does="Open TensorBoard on the runs, live, until Ctrl-C.",
        example="deepdiva board --out runs",
    )
    runs = _find(said)
    # Also where a shell started this in the background, with SIGINT ignored; the links are to be removed.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with Board(said.out, said.port) as board:
            _tell(board.url, len(runs), as_json=said.json)
            while True:
                board.show(runs)
                time.sleep(RELOAD_SECONDS)
                runs = _find(said)
    except KeyboardInterrupt:
        return 0


def _find(said: Words) -> list[RunRecord]:
    if said.runs:
        return [read_run(find_run(word, said.out)) for word in said.runs]
    if said.out.is_dir():
        return list_runs(said.out)
    raise ConfigError(
        f"there is no folder {said.out}",
        expected="the --out folder of runs, or run folders",
        remedy="name it with --out, or start a first run: `deepdiva run --help`",
        code="CFG-023",
    )


def _tell(url: str, runs: int, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"url": url, "runs": runs}), flush=True)
    else:
        print(f"TensorBoard shows {runs} run{'s' * (runs != 1)} at {url}   (Ctrl-C ends it)", flush=True)
