"""How a run ended, for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from deepdiva.record import RunRecord, read_run


def tell(record: RunRecord, *, as_json: bool) -> None:
    """Print the result: one JSON object, or a table, where it lies and what to do next."""
    if as_json:
        print(json.dumps(record.as_json()))
        return
    console = Console()
    info = record.info
    console.print(f"{info['task']}, seed {info['seed']}; best epoch {info['best_epoch']}", highlight=False)
    console.print(_table(record))
    console.print(f"run      {record.folder}", highlight=False, soft_wrap=True)
    console.print(f"weights  {record.info['weights_sha256']}", highlight=False, soft_wrap=True)
    console.print(
        f"next     deepdiva show {record.folder}\n"
        f"         deepdiva board {record.folder}\n"
        f"         deepdiva run {record.folder}/request.toml    (the same again: the same bits)",
        highlight=False,
        soft_wrap=True,
    )


def tell_broken(folder: Path | None, *, as_json: bool) -> None:
    """Print what there is of a run that did not finish, so that a script finds its folder."""
    if as_json and folder is not None:
        print(json.dumps(read_run(folder).as_json()))


def _table(record: RunRecord) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("split")
    splits = [name for name in ("train", "val", "test") if record.scores(name)]
    metrics = list(dict.fromkeys(metric for name in splits for metric in record.scores(name) or {}))
    for metric in metrics:
        table.add_column(metric, justify="right")
    for name in splits:
        scores = record.scores(name) or {}
        table.add_row(name, *(_cell(scores, metric) for metric in metrics))
    return table


def _cell(scores: dict[str, float | None], metric: str) -> str:
    value = scores.get(metric)
    return "" if value is None else f"{value:.4f}"
