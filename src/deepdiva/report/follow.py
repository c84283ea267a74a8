"""`python -m deepdiva.report.follow RUN`: draw a run while it trains, or once it is over.

The companion of a training process: it reads the record alone, works while nothing else
wants the processor, and cannot hold up or end the training.  Told the end by a line or the
end of its standard input, it draws what is left and ends.  It draws anew each time it starts.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deepdiva.errors import DeepDivaError
from deepdiva.record.reader import read_run
from deepdiva.report.drawing import Drawing
from deepdiva.report.drawn import mark_drawn
from deepdiva.report.tail import Tail

POLL_SECONDS = 0.5


def main(words: list[str]) -> int:
    """Follow the run whose folder is the one word; return 1 where something could not be drawn."""
    try:
        faults = follow(Path(words[0]), _ending(Path(words[0])))
    except (DeepDivaError, OSError) as error:
        faults = [" ".join(str(error).split())]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        print(f"{faults[0]}{more}", file=sys.stderr)
    return 1 if faults else 0


def follow(folder: Path, wait: Callable[[float], bool]) -> list[str]:
    """Draw the run in `folder` until it is over, and return what could not be drawn.

    Args:
        folder: The run folder.
        wait: Waits for so many seconds, or until the run is over; tells whether it is.
    """
    while True:
        drawing = Drawing(folder)
        try:
            if _draw_until(folder, drawing, wait):
                return drawing.faults
        finally:
            drawing.close()


def _draw_until(folder: Path, drawing: Drawing, wait: Callable[[float], bool]) -> bool:
    """Draw until the run is over; return False where its record was cut, and all begins anew."""
    events, system = Tail(folder / "events.jsonl"), Tail(folder / "system.jsonl")
    drawing.texts()
    is_over = False
    while True:
        for line in events.lines():
            drawing.event(line)
        for line in system.lines():
            drawing.system(line)
        drawing.flush()
        if is_over:
            if not drawing.faults:
                mark_drawn(folder, events.offset)
            return True
        is_over = wait(POLL_SECONDS)
        if events.shrank():
            return False


def _ending(folder: Path) -> Callable[[float], bool]:
    """Return how to wait: for the parent's word, or, started by hand, for the run's own."""
    parent = os.getppid()

    def told(seconds: float) -> bool:
        return bool(select.select([sys.stdin], [], [], seconds)[0]) or os.getppid() != parent

    def seen(seconds: float) -> bool:
        is_over = read_run(folder).status != "running"
        time.sleep(0 if is_over else seconds)
        return is_over

    return told if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode) else seen


def step_back() -> None:
    """Work only while nobody else wants to."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)


if __name__ == "__main__":
    if "--in-haste" not in sys.argv:
        step_back()
    sys.exit(main(sys.argv[1:]))
