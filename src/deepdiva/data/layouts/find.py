"""Find which layout a data folder has, and say so."""

from __future__ import annotations

from dataclasses import dataclass

from deepdiva.data.layouts.class_folders import CLASS_FOLDERS
from deepdiva.data.layouts.kind import Kind
from deepdiva.data.layouts.paths import tree_of
from deepdiva.data.layouts.sample import LayoutName, Sample
from deepdiva.data.splits import SPLIT_NAMES
from deepdiva.errors import DataError
from deepdiva.provenance import VerifiedData

KINDS: tuple[Kind, ...] = (CLASS_FOLDERS,)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The samples of a data folder."""

    name: LayoutName
    samples: tuple[Sample, ...]
    """In a fixed order: by split (train, val, test), then by name."""
    notices: tuple[str, ...] = ()
    """What a person should know although it stops nothing."""


def find_layout(files: VerifiedData, *, name: LayoutName | None = None) -> Layout:
    """Return the layout that a folder has; no picture is opened.

    Args:
        files: The verified data set.
        name: The layout it has to have; None finds out.

    Raises:
        DataError: no layout fits, or not the one of this `name` (DATA-015); shows what is
            expected and what lies there.
    """
    kinds = [kind for kind in KINDS if name in (None, kind.name)]
    fitting = [kind for kind in kinds if kind.fits(files)]
    if not fitting:
        raise _unlike(files, kinds, name)
    found = fitting[0]
    order = (None, *SPLIT_NAMES)
    samples = sorted(found.samples(files), key=lambda sample: (order.index(sample.split), sample.name))
    return Layout(name=found.name, samples=tuple(samples))


def _unlike(files: VerifiedData, kinds: list[Kind], name: LayoutName | None) -> DataError:
    shapes = "\n".join(f"  {kind.name}: {kind.shape}" for kind in kinds)
    return DataError(
        f"{files.root} has {f'not the layout {name}' if name else 'no layout that is known here'}; "
        f"it holds\n{tree_of(files)}",
        expected=f"{'this shape' if len(kinds) == 1 else 'one of these shapes'}:\n{shapes}",
        remedy="sort the files into such a shape, or name a folder above or below this one",
        code="DATA-015",
    )
