"""Turn records into curves and pictures; reads run folders only, and needs no torch."""

from deepdiva.report.companion import Companion, start_companion

__all__ = ["Companion", "start_companion"]
