"""Describe a data set in Croissant 1.0, the vocabulary of MLCommons that data set search engines read."""

from deepdiva.data.croissant.metadata import Known, describe, serialize

__all__ = ["Known", "describe", "serialize"]
