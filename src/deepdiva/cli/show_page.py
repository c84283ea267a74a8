"""The page of one run, part by part from what matters most to what is rarely asked."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deepdiva.cli.console import duration, number, open_console, plain, status_text
from deepdiva.record import SPLITS, RunRecord
from deepdiva.report import legible
from deepdiva.report.sparkline import sparkline

LONGEST_VALUE = 100
"""Letters of a setting that are shown."""


def print_page(run: RunRecord) -> None:
    """Print `run` for people."""
    console = open_console()
    _print_head(console, run)
    for title, table in (
        (f"scores{_epoch(run)}", _scores(run)),
        ("curves, by epoch", _curves(run, console.encoding)),
        ("settings", _pairs(_settings(run.request))),
        ("stands on", _pairs(_ground(run))),
        ("read, though nothing declares it", _pairs(_inputs(run))),
        ("files", _pairs(_files(run))),
        ("next", _pairs(_next_steps(run))),
    ):
        if table.row_count:
            console.print(Text(f"\n{title}", style="bold"), soft_wrap=True)
            console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _print_head(console: Console, run: RunRecord) -> None:
    info = run.info
    head = Text.assemble((legible(info["id"] or run.folder.name), "bold"), "  ", status_text(run.status))
    facts = [info["task"], f"seed {info['seed']}", info["determinism"], duration(info["seconds"])]
    console.print(head, soft_wrap=True)
    console.print(plain(", ".join(str(fact) for fact in facts if fact)), style="dim", soft_wrap=True)
    if run.verdict:
        console.print(plain(run.verdict), soft_wrap=True)
    if run.status in ("failed", "interrupted") and info.get("reason"):
        console.print(plain(str(info["reason"]).splitlines()[0], "yellow"), soft_wrap=True)


def _scores(run: RunRecord) -> Table:
    """Return splits by metrics: at the best epoch, or so far."""
    scores = {split: run.scores(split) or {} for split in SPLITS}
    metrics = list(dict.fromkeys(metric for told in scores.values() for metric in told))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for metric in metrics:
        table.add_column(plain(metric), justify="right")
    for split, told in scores.items():
        if told:
            table.add_row(split, *(number(told.get(metric)) for metric in metrics))
    return table


def _epoch(run: RunRecord) -> str:
    best = run.info["best_epoch"]
    return "" if best is None else f" at epoch {legible(best)}, the best one"


def _curves(run: RunRecord, encoding: str) -> Table:
    """Return how each measurement went, as a line of small columns, one above the other."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "", "first", "lowest", "highest", "last"):
        table.add_column(name, justify="right" if name else "left")
    events = [event for event in run.events if event.scope == "epoch" and not event.array]
    epochs = sorted({event.epoch for event in events})
    for split, metric in sorted({(e.split, e.metric): None for e in events}, key=_split_rank):
        points = dict(run.curve(split, metric))
        known = [value for value in points.values() if value is not None]
        if len(known) < 2:
            continue
        drawn = sparkline([points.get(epoch) for epoch in epochs]) if encoding.startswith("utf") else ""
        ends = known[0], min(known), max(known), known[-1]
        table.add_row(plain(f"{split}/{metric}"), Text(drawn, style="cyan"), *(number(end) for end in ends))
    return table


def _split_rank(name: tuple[str, str]) -> int:
    return SPLITS.index(name[0]) if name[0] in SPLITS else len(SPLITS)


def _settings(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _settings(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", legible(value, LONGEST_VALUE)


def _ground(run: RunRecord) -> Iterator[tuple[str, str]]:
    """Give what the run stands on, as far as its stamp can be read."""
    code, environment = _part(run.stamp, "code"), _part(run.stamp, "environment")
    numbers, packages = _part(run.stamp, "numeric_class"), _part(environment, "packages")
    if code:
        changed = len(code.get("changed") or ())
        dirty = f", with {changed} changed or new files, kept in code/" if changed else ""
        yield "code", f"{code.get('commit') or code.get('tree')} {_on(code)}{dirty}"
    if environment:
        python = f"{environment.get('python')}, torch {numbers.get('torch')}, {len(packages)} packages"
        yield "environment", f"{python}, {environment.get('platform')}"
    if numbers:
        threads = f"{numbers.get('threads')} threads, {numbers.get('precision')}"
        yield "computed by", f"{numbers.get('device')}, {threads}"
    yield "numeric class", str(run.info["numeric_class"])
    yield "data", f"{run.info['data_sha256']} ({_part(run.stamp, 'data').get('files', '?')} files)"
    yield "last weights", str(run.info["weights_sha256"])


def _inputs(run: RunRecord) -> Iterator[tuple[str, str]]:
    """Give the undeclared inputs: what each is, and the line that read it."""
    for entry in run.inputs or ():
        state = f"sha256 {entry.sha256[:16]}" if entry.sha256 else entry.content
        yield f"{entry.kind} {legible(entry.name)}", f"{legible(entry.by)}, {state}"


def _on(code: Mapping[str, Any]) -> str:
    return f"on {code['branch']}" if code.get("branch") else ""


def _part(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = facts.get(name)
    return part if isinstance(part, Mapping) else {}


def _files(run: RunRecord) -> Iterator[tuple[str, str]]:
    torn = f", {run.dropped} damaged lines left out" if run.dropped else ""
    yield "folder", str(run.folder)
    yield "events.jsonl", f"{len(run.events):,} measurements{torn}"
    meanings = {
        "request.toml": "every setting, in full",
        "stamp.json": "code, environment, data, seed",
        "chain.jsonl": "digests of every step",
        "checkpoints": "weights, and all that is needed to go on",
        "figures": ", ".join(sorted(path.name for path in (run.folder / "figures").glob("*.png"))),
        "tensorboard": "what `deepdiva board` shows",
        "seal.json": "digest of every file of the record",
        "log.txt": "notices, and the trace of what failed",
    }
    yield from ((name, meaning) for name, meaning in meanings.items() if (run.folder / name).exists())


def _next_steps(run: RunRecord) -> Iterator[tuple[str, str]]:
    folder = shlex.quote(str(run.folder))
    if run.status in ("interrupted", "failed"):
        yield f"deepdiva resume {folder}", "go on from the last checkpoint"
    yield f"deepdiva board {folder}", "curves and pictures" + (", live" if run.status == "running" else "")
    if run.status != "running":
        yield f"deepdiva run {folder}/request.toml", "the same run again"
        yield f"deepdiva restore {folder} --to DIR", "its code, byte for byte"
    if run.status == "finished":
        yield f"deepdiva reproduce {folder}", "its code and data, run again and compared bit by bit"


def _pairs(rows: Iterator[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(plain(name), plain(value))
    return table
