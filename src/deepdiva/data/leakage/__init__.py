"""What the splits of a data set share, and must not: equal and nearly equal samples, groups."""

from deepdiva.data.leakage.check import check_leakage
from deepdiva.data.leakage.findings import Leakage, Pair

__all__ = ["Leakage", "Pair", "check_leakage"]
