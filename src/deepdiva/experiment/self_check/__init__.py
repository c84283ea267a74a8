"""Before a long run: train a few steps, again, and through a checkpoint; refuse what does not repeat."""

from deepdiva.experiment.self_check.check import check_itself, refuse_level

__all__ = ["check_itself", "refuse_level"]
