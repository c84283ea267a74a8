"""Plain torch modules, and the names they are asked for by."""

from deepdiva.models.catalog import BUILDERS, build
from deepdiva.models.small_convnet import SmallConvNet

__all__ = ["BUILDERS", "SmallConvNet", "build"]
