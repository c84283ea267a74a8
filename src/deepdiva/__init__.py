"""DeepDIVA: deep-learning experiments that anyone can run again, and prove it."""

__version__ = "0.1.0"
