"""Put the rooms together: run, and go on with a run."""

from deepdiva.experiment.find_data import find_data
from deepdiva.experiment.request import Place, RunRequest, read_request
from deepdiva.experiment.resume import resume
from deepdiva.experiment.run import run

__all__ = ["Place", "RunRequest", "find_data", "read_request", "resume", "run"]
