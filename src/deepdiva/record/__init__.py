"""Write a run down while it happens, and read it back years later."""

from deepdiva.record.events import Event
from deepdiva.record.reader import SPLITS, RunRecord, list_runs, read_run
from deepdiva.record.run_folder import create_run, reopen_run
from deepdiva.record.verify import Verification, verify_run
from deepdiva.record.writer import BEGINNING, RunWriter

__all__ = [
    "BEGINNING",
    "SPLITS",
    "Event",
    "RunRecord",
    "RunWriter",
    "Verification",
    "create_run",
    "list_runs",
    "read_run",
    "reopen_run",
    "verify_run",
]
