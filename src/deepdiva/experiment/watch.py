"""Watch what a run reads, from its gate to its seal; what nothing declares is recorded or refused."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deepdiva.engine import Pace, Progress
from deepdiva.provenance import Source, Stamp
from deepdiva.provenance.covered import ground_of
from deepdiva.provenance.inputs import Input, notice, refuse, save
from deepdiva.provenance.listening import listen
from deepdiva.provenance.reads import NOTEBOOK
from deepdiva.provenance.undeclared import Judge

SHARE = 20
"""So many times as long as a look took is waited before the next one between two steps."""


class Watch:
    """What one run was seen to read; files are hashed once, when they are first looked at.

    Args:
        strict: Refuse undeclared inputs.
        earlier: What was found before the run was interrupted.
    """

    def __init__(self, *, strict: bool, earlier: Sequence[Input] = ()) -> None:
        self._strict, self._earlier = strict, tuple(earlier)
        self._judge: Judge | None = None
        self._version, self._due = -1, 0.0
        self._folder: Path | None = None
        self._found = self._earlier

    def __enter__(self) -> Watch:
        listen()
        return self

    def __exit__(self, *_: object) -> None:
        NOTEBOOK.end()

    def stand_on(self, source: Source, stamp: Stamp) -> None:
        """Take what `stamp` says of `source` and of the data for declared."""
        ground = ground_of(source, stamp, began=NOTEBOOK.began)
        roots = {f"{root}/" for root in (stamp.data.root.absolute(), ground.data)}
        NOTEBOOK.begin([(root, ground.counted) for root in sorted(roots)])
        self._judge = Judge(ground, self._earlier)

    def look(self) -> None:
        """Judge what was read by now, and write it down where there is a run folder.

        Raises:
            GateRefused: there are undeclared inputs, and `strict` forbids them (INP-001).
        """
        if self._judge is None or self._version == NOTEBOOK.version:
            return
        began, self._version = time.monotonic(), NOTEBOOK.version
        self._found = self._judge.undeclared(NOTEBOOK.heard())
        self._save()
        now = time.monotonic()
        self._due = now + SHARE * (now - began)
        if self._strict:
            refuse(self._found)

    def look_in_passing(self) -> None:
        """Look, unless the last look took so long that this would slow training down; `strict` cannot wait.

        Raises:
            GateRefused: see `look`.
        """
        if self._strict or time.monotonic() >= self._due:
            self.look()

    def open(self, folder: Path) -> None:
        """Write into the run at `folder` from now on."""
        self._folder = folder
        self._save()

    @property
    def notices(self) -> tuple[str, ...]:
        """What to tell at the end."""
        return (notice(self._found),) if self._found else ()

    def over(self, progress: Progress) -> Progress:
        """Return `progress`, looking each time that it is told how far the run is."""
        return _Looking(self, progress)

    def _save(self) -> None:
        if self._folder is not None and self._judge is not None:
            save(self._folder, self._found, self._judge.places)


class _Looking:
    """Looks at every reading of the losses and after every epoch, before the checkpoint."""

    def __init__(self, watch: Watch, progress: Progress) -> None:
        self._watch, self._progress = watch, progress

    def note(self, text: str) -> None:
        self._progress.note(text)

    def opened(self, folder: Path) -> None:
        self._watch.open(folder)
        self._progress.opened(folder)

    def begin(self, *, epochs: int, steps_per_epoch: int, steps_done: int) -> None:
        self._progress.begin(epochs=epochs, steps_per_epoch=steps_per_epoch, steps_done=steps_done)

    def pace(self, pace: Pace) -> None:
        self._progress.pace(pace)
        self._watch.look_in_passing()

    def scored(self, split: str, epoch: int, scores: Mapping[str, float | None]) -> None:
        self._progress.scored(split, epoch, scores)
        self._watch.look()
