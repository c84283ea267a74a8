"""What lies in a data folder: which layout it has, and its samples, without opening a picture."""

from deepdiva.data.layouts.find import Layout, find_layout
from deepdiva.data.layouts.sample import LAYOUT_NAMES, LayoutName, Sample

__all__ = ["LAYOUT_NAMES", "Layout", "LayoutName", "Sample", "find_layout"]
