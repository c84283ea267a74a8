"""Find which layout a data folder has, and say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deepdiva.data.layouts.class_folders import CLASS_FOLDERS
from deepdiva.data.layouts.clips import CLIPS
from deepdiva.data.layouts.folder import Folder, tree_of
from deepdiva.data.layouts.kind import Kind
from deepdiva.data.layouts.mask_pairs import MASK_PAIRS
from deepdiva.data.layouts.path_tables import MULTI_LABEL, WORDS
from deepdiva.data.layouts.sample import LayoutName, Sample
from deepdiva.data.layouts.text_tables import POINTS, TEXT_TABLE
from deepdiva.data.splits import MANIFEST_NAME, SPLIT_NAMES, SplitName
from deepdiva.errors import DataError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.tree import printable

KINDS = (CLASS_FOLDERS, MASK_PAIRS, MULTI_LABEL, TEXT_TABLE, CLIPS, WORDS, POINTS)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The samples of a data folder."""

    name: LayoutName
    samples: tuple[Sample, ...]
    """In a fixed order: by split (train, val, test), then by name."""
    notices: tuple[str, ...] = ()
    """What a person should know although it stops nothing."""

    @property
    def classes(self) -> tuple[str, ...]:
        """All labels, sorted."""
        return tuple(sorted({label for sample in self.samples for label in sample.labels}))

    @property
    def splits(self) -> tuple[SplitName, ...]:
        """The splits that have samples; none where the data set is not split yet."""
        there = {sample.split for sample in self.samples}
        return tuple(split for split in SPLIT_NAMES if split in there)

    def __str__(self) -> str:
        """Say it in one line."""
        classes = f", {len(self.classes):,} classes" if self.classes else ""
        return f"{self.name}: {len(self.samples):,} samples{classes}, {'/'.join(self.splits) or 'not split'}"


def find_layout(files: VerifiedData, *, name: LayoutName | None = None) -> Layout:
    """Return the layout that a folder has; no picture is opened.

    Args:
        files: The verified data set.
        name: The layout it has to have; None finds out.

    Raises:
        DataError: no layout fits, or not the one of this `name` (DATA-015): what is expected and
            what lies there is shown; several fit (DATA-016); pairs without a partner (DATA-022);
            or a table is at fault (DATA-050 to DATA-059).
    """
    folder = Folder(files)
    kinds = [kind for kind in KINDS if name in (None, kind.name)]
    fitting = [kind for kind in kinds if kind.fits(folder)]
    if len(fitting) > 1:
        raise _ambiguous(folder, fitting)
    if not fitting:
        raise folder.broken[0] if folder.broken else _unlike(folder, kinds, name)
    order = (None, *SPLIT_NAMES)
    samples = sorted(
        fitting[0].samples(folder), key=lambda sample: (order.index(sample.split), sample.name, sample.row)
    )
    return Layout(name=fitting[0].name, samples=tuple(samples), notices=_left_over(folder, samples))


def _left_over(folder: Folder, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Say which files belong to no sample and to no table."""
    used = {MANIFEST_NAME, *(path for sample in samples for path in sample.files)}
    used |= {sample.row.rpartition("#")[0] for sample in samples}
    rest = [path for path in folder.files.footprint.files if path not in used]
    if not rest:
        return ()
    some = ", ".join(printable(path) for path in rest[:3]) + (", ..." if len(rest) > 3 else "")
    return (f"{len(rest):,} file{'s belong' if len(rest) > 1 else ' belongs'} to no sample: {some}",)


def _ambiguous(folder: Folder, kinds: Sequence[Kind]) -> DataError:
    names = " or ".join(kind.name for kind in kinds)
    shapes = "\n".join(f"    {kind.name}: {kind.shape}" for kind in kinds)
    return DataError(
        f"{folder.files.root} could be {names}; it holds\n{tree_of(folder)}",
        expected=f"one of these shapes only:\n{shapes}",
        remedy=f"say --layout {kinds[0].name}, or another of them",
        code="DATA-016",
    )


def _unlike(folder: Folder, kinds: Sequence[Kind], name: LayoutName | None) -> DataError:
    shapes = "\n".join(f"    {kind.name}: {kind.shape}" for kind in kinds)
    return DataError(
        f"{folder.files.root} has {f'not the layout {name}' if name else 'no layout that is known here'}; "
        f"it holds\n{tree_of(folder)}",
        expected=f"{'this shape' if len(kinds) == 1 else 'one of these shapes'}:\n{shapes}",
        remedy="sort the files into such a shape, or name a folder above or below this one",
        code="DATA-015",
    )
