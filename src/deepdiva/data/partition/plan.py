"""Decide which sample goes to which split.

Every draw is keyed by the name of the sample below the root: neither the place of the data set,
nor the machine, nor the order of the disk can move it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepdiva.data.landing import refuse_odd_seed
from deepdiva.data.layouts import Layout, Sample
from deepdiva.data.partition.assign import by_class, by_order
from deepdiva.data.partition.groups import groups_of
from deepdiva.data.partition.manifest import SplitManifest
from deepdiva.data.partition.shares import Shares, quotas, shares_of
from deepdiva.data.partition.tell import notices_of
from deepdiva.data.partition.times import times_of
from deepdiva.data.partition.units import Unit, alike, content_of, join
from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance import VerifiedData
from deepdiva.randomness import SeedPlan, identity, keyed_uniform


@dataclass(frozen=True, kw_only=True)
class SplitWish:
    """How a data set is to be split."""

    val: float = 0.2
    test: float = 0.2
    """Shares of the samples; train gets the rest."""
    seed: int = 1
    group_by: str | None = None
    """See `groups.groups_of`; no group on two sides."""
    by_time: str | None = None
    """See `times.times_of`; the oldest to train, the newest to test."""
    table: Path | None = None
    """Where groups or times are read from, instead of the data set."""


@dataclass(frozen=True, kw_only=True)
class Partition:
    """Who goes where."""

    manifest: SplitManifest
    splits: tuple[SplitName, ...]
    """Of every sample of the layout, in its order."""
    notices: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[SplitName, int]:
        """Samples of each split."""
        return {split: len(self.manifest.samples[split]) for split in SPLIT_NAMES}


def partition(files: VerifiedData, layout: Layout, wish: SplitWish) -> Partition:
    """Split the samples of a data set by class, by group or by time.

    Samples of the same content always go the same way.

    Raises:
        ConfigError: shares or a seed that cannot be (CFG-003, CFG-004), or groups and times both (CFG-035).
        DataError: it is split already (DATA-069), samples have no group (DATA-066) or no time
            (DATA-068), or a split would be empty (DATA-067).
    """
    _refuse_odd_wish(files, layout, wish)
    shares, samples = shares_of(wish.val, wish.test), layout.samples
    groups = None if wish.group_by is None else groups_of(layout, wish.group_by, wish.table)
    times = None if wish.by_time is None else times_of(layout, wish.by_time, wish.table)
    twins = alike(content_of(sample, files.footprint) for sample in samples)
    units = join(len(samples), twins, [] if groups is None else alike(groups))
    draws = _draws(samples, wish.seed)
    strata = ["" if times else "\0".join(sample.labels) for sample in samples]
    counts = quotas(Counter(strata), shares, train_first=layout.name != "multi-label")
    if times is None:
        splits = by_class(units, strata, draws, counts, shares)
    else:
        splits = by_order(units, list(zip(times, draws, strict=True)), counts[""])
    _refuse_empty(files, splits, shares, units)
    manifest = SplitManifest(
        source=files.footprint.digest,
        layout=layout.name,
        seed=wish.seed,
        shares={split: str(shares[split]) for split in SPLIT_NAMES},
        method="time" if times is not None else "stratified" if groups is None else "groups",
        rule=wish.by_time or wish.group_by,
        groups=None if groups is None else len(set(groups)),
        samples={split: _named(samples, splits, split) for split in SPLIT_NAMES},
    )
    notices = notices_of(samples, splits, counts, strata, twins, times)
    return Partition(manifest=manifest, splits=tuple(splits), notices=notices)


def repeat(files: VerifiedData, layout: Layout, manifest: SplitManifest) -> Partition:
    """Return the split that a manifest recorded, of the same data set.

    Raises:
        DataError: it was made from another data set, or its samples are not those (DATA-069).
    """
    if files.footprint.digest != manifest.source:
        raise _unfit(
            "DATA-069",
            f"{files.root} has the digest {files.footprint.digest[:12]}",
            f"the data set that the split was made from, {manifest.source[:12]}",
        )
    where = {name: split for split in SPLIT_NAMES for name in manifest.samples[split]}
    names = [sample.name for sample in layout.samples]
    listed = sum(len(manifest.samples[split]) for split in SPLIT_NAMES)
    if layout.name != manifest.layout or listed != len(names) or where.keys() != set(names):
        raise _unfit(
            "DATA-069",
            f"{files.root} has {len(names):,} samples of layout {layout.name}",
            f"the {listed:,} samples of layout {manifest.layout} that the split names",
        )
    return Partition(manifest=manifest, splits=tuple(where[name] for name in names))


def _named(samples: Sequence[Sample], splits: Sequence[SplitName], split: SplitName) -> tuple[str, ...]:
    return tuple(sample.name for sample, chosen in zip(samples, splits, strict=True) if chosen == split)


def _draws(samples: Sequence[Sample], seed: int) -> list[float]:
    identities = np.array([identity(sample.name) for sample in samples], np.uint64)
    drawn: list[float] = keyed_uniform(SeedPlan(seed).seed("split"), 0, identities, 1)[:, 0].tolist()
    return drawn


def _refuse_odd_wish(files: VerifiedData, layout: Layout, wish: SplitWish) -> None:
    refuse_odd_seed(wish.seed)
    if (wish.group_by and wish.by_time) or (wish.table and not (wish.group_by or wish.by_time)):
        raise ConfigError(
            "--group-by and --by-time together, or --groups without either",
            expected="one of them, since time alone decides who goes where",
            remedy="leave one out",
            code="CFG-035",
        )
    if layout.splits:
        raise _unfit(
            "DATA-069", f"{files.root} is split already: {layout}", "a data set that is not split yet"
        )


def _refuse_empty(
    files: VerifiedData, splits: Sequence[SplitName], shares: Shares, units: Sequence[Unit]
) -> None:
    empty = [split for split in shares.splits if split not in splits]
    if empty:
        raise DataError(
            f"no sample of {files.root} would go to {' and '.join(empty)}: "
            f"{len(splits):,} samples, of which {len(units):,} can be parted",
            expected="samples or groups enough for every split",
            remedy="get more data, ask for other shares, or group by something finer",
            code="DATA-067",
        )


def _unfit(code: str, found: str, expected: str) -> DataError:
    return DataError(
        found,
        expected=expected,
        remedy="name another folder, or another manifest with --from",
        code=code,
    )
