"""Turn records into curves and pictures; reads run folders only, and needs no torch."""

from deepdiva.report.printable import printable

__all__ = ["printable"]
