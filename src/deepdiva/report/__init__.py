"""Turn records into curves and pictures; reads run folders only, and needs no torch."""

from deepdiva.report.legible import legible

__all__ = ["legible"]
