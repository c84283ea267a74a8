"""Numbers that people compare.  Counted over samples; all ratios lie in [0, 1]."""

from deepdiva.metrics.accuracy import Accuracy
from deepdiva.metrics.confusion import ConfusionMatrix
from deepdiva.metrics.f1 import MacroF1
from deepdiva.metrics.metric import Metric, counts_of, merge
from deepdiva.metrics.predictions import Predictions

__all__ = ["Accuracy", "ConfusionMatrix", "MacroF1", "Metric", "Predictions", "counts_of", "merge"]
