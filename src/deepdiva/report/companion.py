"""Start and end the process that draws while a run trains."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

LOG_NAME = "companion.log"
DRAIN_SECONDS = 60.0


class Companion:
    """A process that follows the record of one run; made by `start_companion`."""

    def __init__(self, process: subprocess.Popen[bytes] | None, log: Path, fault: str | None = None) -> None:
        self._process, self._log, self._fault = process, log, fault

    def drain(self, timeout: float = DRAIN_SECONDS) -> str | None:
        """Let it draw what is left, and wait until it ends.

        Args:
            timeout: Seconds after which it is ended by force.

        Returns:
            What went wrong with the drawing, in one line; None where nothing did.
        """
        if self._process is None:
            return self._fault
        self._tell(self._process.stdin)
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return f"the pictures were not done within {timeout:g} seconds"
        if status == 0:
            return None
        return self._last_words() or f"the drawing process ended with status {status}"

    @staticmethod
    def _tell(stream: IO[bytes] | None) -> None:
        """Say it by a line: forked workers may hold the other end of the pipe open."""
        if stream and not stream.closed:
            with suppress(OSError):
                stream.write(b"end\n")
                stream.flush()
            with suppress(OSError):
                stream.close()

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = self._log.read_text("utf-8", "replace").splitlines()
            return lines[-1].strip() if lines else ""
        return ""


def start_companion(folder: Path) -> Companion:
    """Start drawing the run in `folder`; returns at once, and never fails.

    Its imports and its drawing happen beside the caller, in idle time.  What it has to say
    stands in `tensorboard/companion.log`.  A signal from the keyboard does not reach it.
    """
    log = folder / "tensorboard" / LOG_NAME
    command = [sys.executable, "-P", "-m", "deepdiva.report.follow", str(folder)]
    try:
        log.parent.mkdir(exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=output, process_group=0
            )
    except OSError as error:
        return Companion(None, log, f"the drawing process could not be started: {error}")
    return Companion(process, log)
