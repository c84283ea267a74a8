"""The process that draws while a run trains; started here, written in `deepdiva.report`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DRAIN_SECONDS = 120.0


class Companion:
    """Follows the record of a run and turns it into TensorBoard events and figures.

    Whatever happens to it, the run goes on: a picture that was not drawn can be drawn
    later from the record.
    """

    def __init__(self, folder: Path) -> None:
        # Its standard input is the line along which it learns that the run is over, even
        # when this process is killed.
        command = [sys.executable, "-m", "deepdiva.report.follow", str(folder)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def drain(self) -> str | None:
        """Wait until all that is recorded is drawn; return what went wrong, or None."""
        try:
            _, errors = self._process.communicate(timeout=DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return f"it was not done after {DRAIN_SECONDS:.0f} s"
        if self._process.returncode == 0:
            return None
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with status {self._process.returncode}"
