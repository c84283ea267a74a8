"""The process that draws while a run trains: started here, written in `deepdiva.report.follow`.

While the run trains, the companion works in idle time alone.  On a machine that others keep
busy it would never be done, so at the end it is given the common share of the processor, or,
where only the administrator may give it, a companion that has it draws everything anew.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

LOG_NAME = "companion.log"
DRAIN_SECONDS = 60.0
PATIENCE_SECONDS = 2.0
"""How long a companion may be kept from the processor at the end."""


class Companion:
    """Follows the record of the run in `folder`; to start it takes no time and never fails.

    Its imports and its drawing happen beside the caller, in idle time.  What it has to say
    stands in `tensorboard/companion.log`.  A signal from the keyboard does not reach it.
    Whatever happens to it, the run goes on: what was not drawn can be drawn from the record.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._fault = folder, ""
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = _start(folder)
        except OSError as error:
            self._fault = f"the drawing process could not be started: {error}"

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
        process = self._unstarved(self._process, min(timeout, PATIENCE_SECONDS))
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            return f"the pictures were not done within {timeout:g} seconds"
        if status == 0:
            return None
        return self._last_words() or f"the drawing process ended with status {status}"

    def _unstarved(self, process: subprocess.Popen[bytes], patience: float) -> subprocess.Popen[bytes]:
        """Return `process`, or another in its place where it does not get to work."""
        if _give_common_share(process.pid):
            return process
        before = _processor_seconds(process.pid)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        after = _processor_seconds(process.pid)
        if process.poll() is not None or before is None or after is None or after - before > patience / 2:
            return process
        _kill(process)
        self._process = _start(self._folder, "--in-haste")
        self._tell(self._process.stdin)
        return self._process

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
            log = self._folder / "tensorboard" / LOG_NAME
            lines = log.read_text("utf-8", "replace").splitlines()
            return lines[-1].strip() if lines else ""
        return ""


def _start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    log = folder / "tensorboard" / LOG_NAME
    log.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-P", "-m", "deepdiva.report.follow", str(folder), *words]
    with log.open("wb") as output:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, process_group=0)


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _give_common_share(pid: int) -> bool:
    """Let the process compete like any other; return False where this user may not."""
    try:
        os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
    except (AttributeError, OSError):
        return False
    return True


def _processor_seconds(pid: int) -> float | None:
    """Return the processor time that a process has had; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
