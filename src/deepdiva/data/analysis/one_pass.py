"""One pass over a data set: every file is decoded once, whatever is asked about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deepdiva.data.analysis.block import Bad, Block, Role, from_line
from deepdiva.data.analysis.facts import WHOLE, Analysis, Counted, facts_of
from deepdiva.data.analysis.kept import keep, kept
from deepdiva.data.analysis.look import Job, look, versions
from deepdiva.data.analysis.store import Store
from deepdiva.data.analysis.tally import Tally
from deepdiva.data.layouts import Layout, LayoutName, find_layout
from deepdiva.data.processes import spread
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents
from deepdiva.provenance.cores import physical_cores
from deepdiva.provenance.waiting import Progress, shown

MOST_FILES, MOST_BYTES = 256, 2**23
"""Of one job: little enough for a bar that moves and for work that is spread evenly."""
FEW_FILES, FEW_BYTES = 1500, 2**22
"""Up to here no other process is begun: it would take longer than the work."""

ROLES: Mapping[LayoutName, tuple[Role, ...]] = {
    "class-folders": ("picture",),
    "multi-label": ("picture",),
    "words": ("picture",),
    "mask-pairs": ("picture", "mask"),
    "clips": ("clip",),
}
"""What the files of a sample are, in their order; layouts that are not here have none."""


def analyze(
    files: VerifiedData,
    *,
    layout: LayoutName | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Analysis:
    """Return what a data set holds; what was found before in the same contents is not looked for again.

    Args:
        files: The verified data set.
        layout: The layout it has to have; None finds out.
        processes: How many decode; None takes one for each physical core.  Their number and
            the order in which they end have no part in the numbers.
        progress: Is told how many files are done, and of how many.

    Raises:
        DataError: see `find_layout`; a file changed after it was verified (DATA-042); clips
            cannot be read here (DATA-081).  Files that are no good are part of the answer.
        ResourceError: a process ended in the middle of its work (RES-011).
    """
    found = find_layout(files, name=layout)
    roles = ROLES.get(found.name, ())
    decoders = {role: dict(versions(role)) for role in roles}
    before = kept(files.footprint.digest, found.name, decoders)
    if before is not None:
        return before
    counted = _count(
        Contents(files), found, _Work.plan(files, found, roles), Store(files.root), processes, progress
    )
    analysis = facts_of(files, found, roles, counted)
    keep(analysis, decoders)
    return analysis


@dataclass
class _Work:
    """Which contents are to be looked at, and how often each split has them."""

    splits: dict[Role, dict[str, tuple[str, ...]]]
    """By role and digest, the split of every file that has it."""
    paths: dict[Role, dict[str, str]]
    """By role and digest, one file; whatever was counted is gone from here."""
    size: int = 0
    """Bytes of all files."""

    @staticmethod
    def plan(files: VerifiedData, layout: Layout, roles: Sequence[Role]) -> _Work:
        work = _Work({role: {} for role in roles}, {role: {} for role in roles})
        entries = files.footprint.files
        for sample in layout.samples:
            for role, path in zip(roles, sample.files, strict=False):
                entry, splits = entries[path], work.splits[role]
                digest, work.size = entry.digest, work.size + entry.size
                splits[digest] = (*splits.get(digest, ()), sample.split or WHOLE)
                work.paths[role].setdefault(digest, path)
        return work

    @property
    def left(self) -> int:
        """How many contents are still to be looked at."""
        return sum(map(len, self.paths.values()))


def _count(
    contents: Contents,
    layout: Layout,
    work: _Work,
    store: Store,
    processes: int | None,
    progress: Progress | None,
) -> Counted:
    """Count what the store knows, then look at the rest."""
    counted = Counted(tallies={split: Tally() for split in layout.splits or (WHOLE,)})
    counted.copies = any(len(splits) > 1 for of_role in work.splits.values() for splits in of_role.values())
    total = work.left
    dead = sum(_take(counted, work, block) for block in store.blocks())
    counted.kept = total - work.left
    if dead > total:  # most of what is kept is of files that are gone
        store.clear()
    count = _processes(work, processes or physical_cores())
    with shown(f"analyzing {total:,} files", progress) as report:
        for line in spread(look, _jobs(contents, work), processes=count):
            store.add(line)
            block = from_line(line)
            if block is None:
                raise RuntimeError("a line that was just written cannot be read")
            _take(counted, work, block)
            report(total - work.left, total)
    counted.decoded = total - counted.kept
    return counted


def jobs_of(files: VerifiedData, layout: LayoutName | None = None) -> Iterator[Job]:
    """Return the jobs of an analysis that begins from nothing."""
    found = find_layout(files, name=layout)
    return _jobs(Contents(files), _Work.plan(files, found, ROLES.get(found.name, ())))


def _take(counted: Counted, work: _Work, block: Block) -> int:
    """Add a block to the tallies; return how many of its files were of no use."""
    if block.role not in work.paths or block.versions != dict(versions(block.role)):
        return len(block.digests)
    paths, splits = work.paths[block.role], work.splits[block.role]
    times = {split: [0] * len(block.digests) for split in counted.tallies}
    which, dead = block.which.tolist(), 0
    for place, digest in enumerate(block.digests):
        if paths.pop(digest, None) is None:
            dead += 1
            continue
        for split in splits[digest]:
            times[split][place] += 1
        facts = block.facts[which[place]]
        if isinstance(facts, Bad):
            counted.bad[block.role, digest] = facts
    for split, of_split in times.items():
        counted.tallies[split].add(block, of_split)
    return dead


def _jobs(contents: Contents, work: _Work) -> Iterator[Job]:
    """Yield the files that are left, in the order of their paths, which is kind to the disk."""
    for role, paths in work.paths.items():
        left = sorted(paths.values())
        for start in range(0, len(left), MOST_FILES):
            some = left[start : start + MOST_FILES]
            yield from _cut(role, some, contents.part(some))


def _cut(role: Role, paths: Sequence[str], contents: Contents) -> Iterator[Job]:
    """Yield jobs of few enough bytes."""
    part: list[str] = []
    size = 0
    for path in paths:
        part.append(path)
        size += contents.size(path)
        if size > MOST_BYTES:
            yield Job(role, part, contents.part(part))
            part, size = [], 0
    if part:
        yield Job(role, part, contents.part(part))


def _processes(work: _Work, most: int) -> int:
    """Return how many processes the files that are left are worth."""
    if work.left <= FEW_FILES and work.size <= FEW_BYTES:
        return 1
    return max(1, min(most, work.left))
