"""A few steps of a run, to see whether they come out the same again; nothing of them is kept.

Each rehearsal is a process of its own.  What could leak into training from outside is different in
each: the global generators before the task is built, and which memory is handed out next.
"""

from __future__ import annotations

import dataclasses
import random
import shutil
from dataclasses import dataclass

from deepdiva.engine.determinism import seed_generators
from deepdiva.engine.evaluate import evaluate
from deepdiva.engine.loop import Loop
from deepdiva.engine.replay import Replayed, Span, replay
from deepdiva.engine.uncarried import Held, changed, take_down

CHECKPOINT_COPY = "half"
"""Folder beside the record, a copy of it as it was at the checkpoint half way."""
_SIZES = range(16, 513, 16)
"""Bytes of the blocks that Python's own allocator hands out."""


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What was seen."""

    seen: Replayed
    steps: int
    """Steps that were to be taken."""
    held: tuple[Held, ...]
    """What changed in the task until the checkpoint half way, and lies in no checkpoint."""


def shake(number: int) -> list[object]:
    """Leave generators and memory as another process might find them; to be called before anything is built.

    Sets of objects are walked by address.  So of every size blocks are taken and each second one
    is given back, in an order that is drawn.

    Returns:
        What has to be held until the end.
    """
    seed_generators(number)
    draw = random.Random(number)  # noqa: S311 - nothing secret
    held: list[object] = []
    for size in _SIZES:
        blocks = [_block(size) for _ in range(draw.randrange(200, 400))]
        draw.shuffle(blocks)
        held += blocks[::2]
        while blocks:
            blocks.pop()
    return held


def _block(size: int) -> object:
    return object() if size < 48 else bytes(size - 33)  # with its header


def rehearse(loop: Loop, *, at_most: int, trace_at: int | None = None) -> Rehearsed:
    """Train up to `at_most` steps of the first epoch, after validating on as many batches.

    A copy of the record with its checkpoint half way is left in `CHECKPOINT_COPY`.

    Args:
        loop: A loop at its beginning or half way.
        trace_at: The step that is traced; 0 takes down the weights before training.
    """
    steps = min(at_most, loop.steps_per_epoch)
    watched = _HalfWay(loop, half=steps // 2)
    loop.schedule = dataclasses.replace(loop.schedule, checkpoint_every_steps=max(1, steps // 2))
    samples = steps * loop.schedule.batch_size * loop.schedule.accumulate
    loop.validate = lambda: evaluate(loop.learner, "val", loop.stop, at_most=samples)  # type: ignore[method-assign]
    loop.save = watched.save  # type: ignore[method-assign]
    seen = replay(loop, Span(digest_from=1, trace_at=trace_at, stop_at=steps))
    return Rehearsed(seen=seen, steps=steps, held=watched.held)


class _HalfWay:
    """Saves as the loop does, and keeps what was there half way."""

    def __init__(self, loop: Loop, *, half: int) -> None:
        self.loop, self.half = loop, half
        self.held: tuple[Held, ...] = ()
        self._save, self._before = loop.save, take_down(loop.learner)

    def save(self) -> None:
        self._save()
        copy = self.loop.writer.folder.with_name(CHECKPOINT_COPY)
        if self.loop.position.steps == self.half and not copy.exists():
            shutil.copytree(self.loop.writer.folder, copy)
            self.held = changed(self._before, take_down(self.loop.learner))
