"""One run drawn: each measurement to its curve, picture or histogram.

Tags in TensorBoard:

- `train/loss`, `val/accuracy`, `test/accuracy`, ...: over epochs, epoch 0 is before training;
- `steps/loss`, `steps/learning_rate`, ...: over steps;
- `val/confusion`, `test/confusion`: pictures, the newest also in `figures/`;
- `weights/<parameter>`: histograms over epochs;
- `system/samples_per_second`: over steps;
- `request`, `stamp`: texts.
"""

from __future__ import annotations

import json
import math
import sys
import traceback
from pathlib import Path
from typing import Any

from deepdiva.provenance.files import write_atomically
from deepdiva.record.events import Event, parse
from deepdiva.record.reader import read_array, read_run
from deepdiva.report.board_file import BoardFile
from deepdiva.report.legible import legible

NOT_FINITE = {"not a number": math.nan, "infinite": math.inf, "negative infinite": -math.inf}


class Drawing:
    """Draws into `tensorboard/` and `figures/` of a run; what cannot be drawn is told, and left out.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder: Path) -> None:
        self.faults: list[str] = []
        """One line for everything that could not be drawn."""
        self._folder = folder
        self._board = BoardFile(folder / "tensorboard")

    def texts(self) -> None:
        """Put the request and what the run stands on beside the curves."""
        run = read_run(self._folder)
        time = (self._folder / "run.json").stat().st_mtime
        try:
            request = (self._folder / "request.toml").read_text("utf-8", "replace")
        except OSError as error:
            request = str(error)
        environment = {key: v for key, v in run.stamp.get("environment", {}).items() if key != "packages"}
        stamp = json.dumps(run.stamp | {"environment": environment}, indent=2)
        self._board.text("request", _as_code(request), time)
        self._board.text("stamp", _as_code(stamp), time)

    def event(self, line: bytes) -> None:
        """Draw one line of `events.jsonl`."""
        event = parse(line)
        if event is None:
            self._fault("events.jsonl", ValueError("a line that was torn or changed is left out"))
            return
        try:
            self._scalar(event) if event.array is None else self._array(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next picture may be fine
            self._fault(f"{event.name} of epoch {event.epoch}", error)

    def system(self, line: bytes) -> None:
        """Draw one line of `system.jsonl`."""
        try:
            note = json.loads(line)
            speed, step, time = float(note["samples_per_second"]), int(note["step"]), float(note["time"])
            self._board.scalar("system/samples_per_second", speed, step, time)
        except (ValueError, KeyError, TypeError) as error:
            self._fault("system.jsonl", error)

    def flush(self) -> None:
        """Let TensorBoard see what was drawn."""
        self._board.flush()

    def close(self) -> None:
        """Close the files."""
        self._board.close()

    def _scalar(self, event: Event) -> None:
        value = NOT_FINITE.get(event.reason or "") if event.value is None else event.value
        if value is None:
            return
        if event.scope == "epoch":
            self._board.scalar(event.name, value, event.epoch, event.time)
        else:
            tag = event.metric if event.split == "train" else f"{event.split}_{event.metric}"
            self._board.scalar(f"steps/{tag}", value, event.step, event.time)

    def _array(self, event: Event) -> None:
        arrays = read_array(self._folder / str(event.array), str(event.sha256))
        if event.metric == "confusion":
            self._confusion(event, arrays)
        elif event.metric == "weights":
            self._histograms(event, arrays)

    def _confusion(self, event: Event, arrays: dict[str, Any]) -> None:
        from deepdiva.report.confusion import draw_confusion

        classes = [str(name) for name in arrays["classes"]]
        place = f"epoch {event.epoch}" if event.split != "test" else f"weights of epoch {event.epoch}"
        picture = draw_confusion(arrays["counts"], classes, f"{event.split}, {place}")
        size = picture.width, picture.height
        self._board.image(event.name, picture.png, size, event.epoch, event.time)
        figures = self._folder / "figures"
        figures.mkdir(exist_ok=True)
        write_atomically(figures / f"{event.split}-confusion.png", picture.png)

    def _histograms(self, event: Event, arrays: dict[str, Any]) -> None:
        for key, counts in arrays.items():
            kind, _, parameter = key.partition(":")
            if kind == "counts":
                edges = arrays[f"edges:{parameter}"]
                self._board.histogram(f"weights/{parameter}", counts, edges, event.epoch, event.time)

    def _fault(self, what: str, error: BaseException) -> None:
        traceback.print_exception(error, file=sys.stderr)
        self.faults.append(legible(f"{what}: {type(error).__name__}: {error}", 300))


def _as_code(text: str) -> str:
    """Return `text` as Markdown that is shown letter by letter."""
    return "".join(f"    {line}\n" for line in text.splitlines())
