"""What a data set holds, counted in whole numbers: pixels, classes, sizes, texts, clips, numbers.

Needs no torch, so that the processes that decode start fast.
"""

from deepdiva.data.analysis.analyze import analyze
from deepdiva.data.analysis.facts import Analysis

__all__ = ["Analysis", "analyze"]
