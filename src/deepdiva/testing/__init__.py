"""Suites of tests to inherit: name your own piece, and the laws that it must keep are tried on it."""

from deepdiva.testing.metric_suite import MetricSuite

__all__ = ["MetricSuite"]
