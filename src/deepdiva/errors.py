"""The family of errors that DeepDIVA raises on purpose.

    DeepDivaError               1  a fault of ours
    +-- ConfigError             2  words or settings that cannot be understood
    +-- GateRefused             3  the run could not be repeated later, so it does not start
    |   +-- UncommittedCode         code differs from its last commit
    |   +-- LevelRefused            a determinism level cannot be met
    |   +-- StampDiffers            a run would go on upon something else than it began with
    |   +-- LeakageFound            the splits of the data have something in common
    +-- DataError               4  data, archives or checkpoints that cannot be read
    |   +-- DataChanged             files differ from their footprint
    |   +-- CheckpointError         no checkpoint that can be trusted
    +-- Diverged                5  a run did not come out as recorded
    +-- Tampered                6  a record contradicts its own digests
    +-- Inconclusive            7  something is missing for an answer
    +-- ResourceError           8  disk, memory, locks, permissions
    +-- NumericError            9  not a number, or infinite
    +-- Interrupted           130  stopped by a signal, resumable

Every message tells what was found, what was expected and how to go on.  The number is
the exit status of the command line, which alone ends the process.
"""

from __future__ import annotations

from typing import ClassVar


class DeepDivaError(Exception):
    """Root of all errors that a user can act on.

    Args:
        found: What was seen, with the path, line, key or sample it was seen at.
        expected: What would have been right.
        remedy: What to do next.
        code: Stable name of the message, such as `DATA-001`; searchable in the docs.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, found: str, *, expected: str, remedy: str, code: str = "") -> None:
        self.found, self.expected, self.remedy, self.code = found, expected, remedy, code
        label = f"{code}: " if code else ""
        super().__init__(f"{label}{found}\n  expected: {expected}\n  to go on: {remedy}")


class ConfigError(DeepDivaError):
    """The request names something unknown, or gives it an impossible value."""

    exit_code = 2


class GateRefused(DeepDivaError):
    """The run could not be repeated later, so it does not start."""

    exit_code = 3


class UncommittedCode(GateRefused):
    """The working tree holds changes that no commit records."""


class LevelRefused(GateRefused):
    """The determinism level asked for cannot be met on this machine or with these settings."""


class StampDiffers(GateRefused):
    """Code, data, packages or hardware are not those the run began with."""


class LeakageFound(GateRefused):
    """Samples or groups of the data are in more than one split."""


class DataError(DeepDivaError):
    """Data cannot be read, or is not laid out as the task expects."""

    exit_code = 4


class DataChanged(DataError):
    """The files on disk are not those that the footprint describes."""


class CheckpointError(DataError):
    """No checkpoint can be trusted, or it does not fit the model."""


class Diverged(DeepDivaError):
    """A run that was run again did not give the same bits."""

    exit_code = 5


class Tampered(DeepDivaError):
    """A record contradicts its own digests: it is not what was written."""

    exit_code = 6


class Inconclusive(DeepDivaError):
    """Something is missing, so that the question has no answer; never a pass."""

    exit_code = 7


class ResourceError(DeepDivaError):
    """Disk, memory, a lock or a permission stands in the way."""

    exit_code = 8


class NumericError(DeepDivaError):
    """A loss or weight became NaN or infinite."""

    exit_code = 9


class Interrupted(DeepDivaError):
    """A signal stopped the run at a step boundary; its checkpoint is on disk."""

    exit_code = 130
