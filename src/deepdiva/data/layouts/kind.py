"""What each layout has to answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deepdiva.data.layouts.sample import LayoutName, Sample
from deepdiva.provenance import VerifiedData


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A layout that a folder can have."""

    name: LayoutName
    shape: str
    """What is expected, in words and paths, as a message shows it."""
    fits: Callable[[VerifiedData], bool]
    """Tell whether a folder looks like this layout; faults inside it are found by `samples`."""
    samples: Callable[[VerifiedData], Sequence[Sample]]
    """Return its samples in any order; raises DataError where the folder breaks the layout."""
