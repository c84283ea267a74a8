"""Put the rooms together: run, go on with a run, and run it again to certify it."""

from deepdiva.experiment.find_data import find_data
from deepdiva.experiment.reproduce import Wish, reproduce
from deepdiva.experiment.reproduce_commit import reproduce_commit
from deepdiva.experiment.request import Place, RunRequest, read_request
from deepdiva.experiment.resume import resume
from deepdiva.experiment.run import run
from deepdiva.experiment.verdict import Reproduction

__all__ = [
    "Place",
    "Reproduction",
    "RunRequest",
    "Wish",
    "find_data",
    "read_request",
    "reproduce",
    "reproduce_commit",
    "resume",
    "run",
]
