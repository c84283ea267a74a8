"""What a person should know about a split, although it stops nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from deepdiva.data.layouts import Sample
from deepdiva.data.partition.shares import Quota
from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.provenance.tree import printable


def notices_of(
    samples: Sequence[Sample],
    splits: Sequence[SplitName],
    quotas: Mapping[str, Quota],
    strata: Sequence[str],
    twins: Sequence[Sequence[int]],
    times: Sequence[float] | None,
) -> tuple[str, ...]:
    """Return sentences on equal contents, missed shares, classes that train lacks, and ties of time."""
    told = [
        _twins(samples, twins),
        _deviation(splits, quotas),
        _furthest(splits, quotas, strata),
        _unknown(samples, splits),
        "" if times is None else _ties(splits, times),
    ]
    return tuple(filter(None, told))


def _twins(samples: Sequence[Sample], twins: Sequence[Sequence[int]]) -> str:
    if not twins:
        return ""
    first = " and ".join(printable(samples[place].name) for place in twins[0][:2])
    count = sum(map(len, twins))
    return f"{count:,} samples share their content with others, such as {first}: they go the same way"


def _deviation(splits: Sequence[SplitName], quotas: Mapping[str, Quota]) -> str:
    have = Counter(splits)
    parts = []
    for split in SPLIT_NAMES:
        wished = sum(quota[split] for quota in quotas.values())
        if abs(have[split] - wished) > 1:
            parts.append(f"{split} has {have[split]:,} samples instead of {wished:,}")
    return ", ".join(parts) + ", since some stay together" if parts else ""


def _furthest(splits: Sequence[SplitName], quotas: Mapping[str, Quota], strata: Sequence[str]) -> str:
    if len(quotas) < 2:
        return ""
    have = Counter(zip(strata, splits, strict=True))
    off = {
        (label, split): have[label, split] - quotas[label][split] for label in quotas for split in SPLIT_NAMES
    }
    label, split = max(off, key=lambda key: abs(off[key]))
    if abs(off[label, split]) <= 1:
        return ""
    counts = f"{have[label, split]:,} samples instead of {quotas[label][split]:,}"
    return f"the class furthest from its share is {printable(label)}: {split} has {counts}"


def _unknown(samples: Sequence[Sample], splits: Sequence[SplitName]) -> str:
    held: dict[SplitName, set[str]] = {split: set() for split in SPLIT_NAMES}
    for sample, split in zip(samples, splits, strict=True):
        held[split].update(sample.labels)
    unknown = sorted((held["val"] | held["test"]) - held["train"])
    if not unknown:
        return ""
    shown = ", ".join(printable(label) for label in unknown[:10])
    return f"train has no sample of {len(unknown)} classes that val or test have: {shown}"


def _ties(splits: Sequence[SplitName], times: Sequence[float]) -> str:
    sides: dict[float, set[SplitName]] = {}
    for time, split in zip(times, splits, strict=True):
        sides.setdefault(time, set()).add(split)
    torn = {time for time, found in sides.items() if len(found) > 1}
    if not torn:
        return ""
    count = sum(time in torn for time in times)
    return f"{count:,} samples have the same time as others on the other side of a cut; draws parted them"
