"""Put the rooms together: run, go on with a run, and run it again to certify it."""

from deepdiva.experiment.find_data import find_data
from deepdiva.experiment.reproduce import reproduce
from deepdiva.experiment.request import Place, RunRequest, read_request
from deepdiva.experiment.resume import resume
from deepdiva.experiment.run import run
from deepdiva.experiment.verdict import Reproduction

__all__ = [
    "Place",
    "Reproduction",
    "RunRequest",
    "find_data",
    "read_request",
    "reproduce",
    "resume",
    "run",
]
