"""What a data set holds, counted in whole numbers: pixels, classes, sizes, texts, clips, numbers.

Needs no torch, so that the processes that decode start fast.
"""

from deepdiva.data.analysis.facts import Analysis
from deepdiva.data.analysis.one_pass import analyze

__all__ = ["Analysis", "analyze"]
