"""Which of the facts in which two runs differ moved the bits: found by replaying one with some of them."""

from deepdiva.experiment.cause.answer import Cause, Moved
from deepdiva.experiment.cause.changes import Change
from deepdiva.experiment.cause.search import find_cause

__all__ = ["Cause", "Change", "Moved", "find_cause"]
