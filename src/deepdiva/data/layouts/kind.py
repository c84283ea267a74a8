"""What each layout has to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deepdiva.data.layouts.folder import Folder
from deepdiva.data.layouts.sample import LayoutName, Sample


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A layout that a folder can have."""

    name: LayoutName
    shape: str
    """What is expected, in paths and columns, as a message shows it."""
    fits: Callable[[Folder], bool]
    """Tell whether a folder looks like this layout; what is wrong inside it is found by `samples`."""
    samples: Callable[[Folder], Iterable[Sample]]
    """Give its samples in any order; raises DataError where the folder breaks the layout."""
