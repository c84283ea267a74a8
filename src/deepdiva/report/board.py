"""TensorBoard over many runs, on this machine alone, each run under its own name."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from deepdiva.errors import ResourceError
from deepdiva.record import RunRecord
from deepdiva.report.drawn import is_drawn

LOOPBACK = "127.0.0.1"
RELOAD_SECONDS = 2
"""How often TensorBoard looks for what is new."""


class Board:
    """TensorBoard as shipped, in threads of this process, over a folder of links to runs.

    The links give every run the name it has below `out`, and new ones can join while
    TensorBoard is open.

    Args:
        out: Where the runs lie.
        port: None takes the first free one from 6006 on, 0 any.

    Raises:
        ResourceError: the port is taken (RES-020).
    """

    def __init__(self, out: Path, port: int | None) -> None:
        self._out = out
        self._links = tempfile.TemporaryDirectory(prefix="deepdiva-board-")
        self._tried: set[Path] = set()
        try:
            self.url = _launch(self._links.name, port)
        except BaseException:
            self._links.cleanup()
            raise

    def show(self, runs: Iterable[RunRecord]) -> None:
        """Let `runs` be seen, those too that come new; draw what no companion has drawn."""
        runs = list(runs)
        for run in runs:
            self._link(run)
        for run in runs:
            if run.folder not in self._tried and run.status != "running":
                self._tried.add(run.folder)
                if not is_drawn(run.folder):
                    draw(run.folder)

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._links.cleanup()

    def _link(self, run: RunRecord) -> None:
        inside = run.folder.is_relative_to(self._out)
        name = run.folder.relative_to(self._out) if inside else Path(run.folder.name)
        link = Path(self._links.name) / name
        if not os.path.lexists(link):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to((run.folder / "tensorboard").absolute())


def draw(folder: Path) -> None:
    """Draw a run that is over, in a process of its own; what goes wrong is left out of the pictures."""
    command = [sys.executable, "-P", "-m", "deepdiva.report.follow", str(folder)]
    nothing = subprocess.DEVNULL
    subprocess.run(command, stdin=nothing, stdout=nothing, stderr=nothing, check=False)


def _launch(folder: str, port: int | None) -> str:
    """Start TensorBoard over `folder` and return its address."""
    from tensorboard import default, program

    words = ["--logdir", folder, "--host", LOOPBACK, "--reload_interval", str(RELOAD_SECONDS)]
    words += ["--load_fast", "false"]  # its other reader is a process that may outlive us
    words += [] if port is None else ["--port", str(port)]
    server = program.TensorBoard(default.get_plugins())
    server.configure(argv=["tensorboard", *words])
    try:
        return str(server.launch())
    except program.TensorBoardServerException as error:
        raise ResourceError(
            f"TensorBoard cannot listen: {error}",
            expected="a free port on this machine",
            remedy="choose another --port, or leave it out",
            code="RES-020",
        ) from error
