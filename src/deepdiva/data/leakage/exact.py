"""Equal content, known by the digests of the footprint: no file is opened.

Of a pair of picture and mask the picture counts, of a row without files nothing here (see
`texts`).  Of content that is there many times every sample is named once, beside the first
one of an earlier split; so the list grows with the samples and not with their square.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from deepdiva.data.layouts import Sample
from deepdiva.data.leakage.findings import Contradiction, Pair
from deepdiva.data.splits import SPLIT_NAMES
from deepdiva.provenance import VerifiedData

Contents = Mapping[str, Sequence[Sample]]
"""Content to the samples that have it, in the order of the layout."""


def by_digest(files: VerifiedData, samples: Iterable[Sample]) -> Contents:
    """Return the samples that have a file by the digest of their first one."""
    entries = files.footprint.files
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.files:
            found.setdefault(entries[sample.files[0]].digest, []).append(sample)
    return found


def by_row(samples: Iterable[Sample]) -> Contents:
    """Return the samples without files by all that their rows say."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        if not sample.files and sample.cells:
            found.setdefault(repr(sorted(sample.cells.items())), []).append(sample)
    return found


def pairs_across(contents: Contents, how: str) -> tuple[Pair, ...]:
    """Return each sample whose content is in an earlier split too, beside the first such sample."""
    pairs = [pair for samples in contents.values() for pair in _pairs(samples, how)]
    return tuple(sorted(pairs, key=lambda pair: (pair.b, pair.a)))


def _pairs(samples: Sequence[Sample], how: str) -> Iterator[Pair]:
    known = [sample for sample in samples if sample.split]
    known.sort(key=lambda sample: SPLIT_NAMES.index(sample.split or "train"))
    for later in known[1:]:
        first = known[0]
        if first.split and later.split and first.split != later.split:
            splits = (first.split, later.split)
            yield Pair(a=first.name, b=later.name, splits=splits, how=how, similarity=1.0)


def inside(contents: Contents) -> dict[str, int]:
    """Return of each split how many samples repeat another one of the same split."""
    counts: Counter[str] = Counter()
    for samples in contents.values():
        splits = Counter(sample.split or "the folder" for sample in samples)
        counts.update({split: count - 1 for split, count in splits.items() if count > 1})
    return {split: counts[split] for split in (*SPLIT_NAMES, "the folder") if counts[split]}


def contradictions(contents: Contents) -> tuple[Contradiction, ...]:
    """Return what has equal content and different labels, anywhere."""
    found = [
        Contradiction(
            names=tuple(sample.name for sample in samples),
            labels=tuple(tuple(sorted(sample.labels)) for sample in samples),
        )
        for samples in contents.values()
        if len(samples) > 1 and len({frozenset(sample.labels) for sample in samples}) > 1
    ]
    return tuple(sorted(found, key=lambda contradiction: contradiction.names))
