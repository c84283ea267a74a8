"""What is told of a data set, from what was counted."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepdiva.data.analysis.block import Bad, Role
from deepdiva.data.analysis.classes import class_weights, count_classes, positive_weights
from deepdiva.data.analysis.spans import clips_of, numbers_of, sizes_of, texts_of
from deepdiva.data.analysis.tally import Tally, ranked
from deepdiva.data.layouts import Layout, Sample
from deepdiva.provenance import VerifiedData

WHOLE = "whole"
"""What stands for a split where there is none yet."""


@dataclass(kw_only=True)
class Counted:
    """What one pass over the files found."""

    tallies: dict[str, Tally]
    """By split."""
    bad: dict[tuple[Role, str], Bad] = field(default_factory=dict)
    """By role and digest."""
    kept: int = 0
    """Files known from an earlier analysis."""
    decoded: int = 0
    copies: bool = False
    """Whether some files have the same content."""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What a data set holds; plain values, as `data analyze --json` prints them."""

    data_sha256: str
    layout: str
    splits: Mapping[str, Mapping[str, Any]]
    """For each split its samples, classes, pixels, sizes, modes, formats, changes, mask_values,
    texts, clips and numbers; None where the layout has no such thing.  Sizes in pixels."""
    normalization_from: str | None
    """The split that mean, std and class_weights are of; None where nothing is split yet."""
    mean: Sequence[float] | None
    """Over all pixels of the train split, by channel, on the scale from 0 to 1; of points by
    column, as they are.  Of the whole where nothing is split yet."""
    std: Sequence[float] | None
    class_weights: Mapping[str, float]
    """Inverse frequencies with a mean of one over the samples; of several labels a sample,
    negatives for each positive; of masks, of the values of their pixels."""
    sizes: Mapping[str, Any] | None
    modes: Mapping[str, int]
    formats: Mapping[str, int]
    duplicates: Sequence[Sequence[str]]
    """Names of samples that have the same content."""
    corrupt: Sequence[Mapping[str, str]]
    """Every file that cannot be used: its file, code and reason."""
    notices: Sequence[str]
    files: int
    """Different contents that are decoded."""
    decoded: int
    """So many of them were decoded this time."""


def facts_of(files: VerifiedData, layout: Layout, roles: Sequence[Role], counted: Counted) -> Analysis:
    """Put together what is told."""
    parts: dict[str, list[Sample]] = {split: [] for split in counted.tallies}
    for sample in layout.samples:
        parts[sample.split or WHOLE].append(sample)
    classes = dict.fromkeys(layout.classes, 0)
    splits = {
        split: _split_facts(layout, parts[split], classes, tally) for split, tally in counted.tallies.items()
    }
    source = "train" if "train" in splits else WHOLE
    mean, std = _moments(splits.get(source))
    all_files = _merged(list(counted.tallies.values()))
    return Analysis(
        data_sha256=files.footprint.digest,
        layout=layout.name,
        splits=splits,
        normalization_from="train" if source in splits and source != WHOLE else None,
        mean=mean,
        std=std,
        class_weights=_weights(layout, splits.get(source)),
        sizes=sizes_of(all_files.sizes),
        modes=ranked(all_files.modes),
        formats=ranked(all_files.formats),
        duplicates=_duplicates(files, layout) if counted.copies or not roles else [],
        corrupt=_corrupt(files, layout, roles, counted.bad),
        notices=[*layout.notices, *_notices(splits)],
        files=counted.kept + counted.decoded,
        decoded=counted.decoded,
    )


def _split_facts(
    layout: Layout, samples: Sequence[Sample], classes: Mapping[str, int], tally: Tally
) -> dict[str, Any]:
    texts = {"text": "text", "words": "transcription"}.get(layout.name)
    return {
        "samples": len(samples),
        "classes": {**classes, **count_classes(samples)},
        "pixels": tally.pixels(),
        "sizes": sizes_of(tally.sizes),
        "modes": ranked(tally.modes),
        "formats": ranked(tally.formats),
        "changes": ranked(tally.changes),
        "mask_values": dict(sorted(tally.mask_values.items(), key=lambda item: _value_key(item[0]))),
        "texts": texts_of(sample.cells[texts] for sample in samples) if texts else None,
        "clips": clips_of(tally.clips),
        "numbers": numbers_of(_columns(samples)) if layout.name == "points" else None,
    }


def _value_key(value: str) -> tuple[bool, int]:
    """Sort grey values as numbers, colors after them."""
    return (True, int(value[1:], 16)) if value.startswith("#") else (False, int(value))


def _columns(samples: Sequence[Sample]) -> dict[str, list[float]]:
    """Return the columns that hold finite numbers in every row."""
    columns: dict[str, list[float]] = {}
    for name in samples[0].cells if samples else ():
        try:
            values = [float(sample.cells[name]) for sample in samples]
        except (KeyError, ValueError):
            continue
        if all(map(math.isfinite, values)):
            columns[name] = values
    return columns


def _moments(split: Mapping[str, Any] | None) -> tuple[list[float] | None, list[float] | None]:
    if split and split["pixels"]:
        return split["pixels"]["mean"], split["pixels"]["std"]
    if split and split["numbers"]:
        columns = split["numbers"].values()
        return [column["mean"] for column in columns], [column["std"] for column in columns]
    return None, None


def _weights(layout: Layout, split: Mapping[str, Any] | None) -> dict[str, float]:
    if split is None:
        return {}
    if layout.name == "multi-label":
        return positive_weights(split["classes"], split["samples"])
    return class_weights(split["mask_values"] if layout.name == "mask-pairs" else split["classes"])


def _merged(tallies: Sequence[Tally]) -> Tally:
    together = Tally()
    for tally in tallies:
        for counts in ("sizes", "modes", "formats"):
            getattr(together, counts).update(getattr(tally, counts))
    return together


def _duplicates(files: VerifiedData, layout: Layout) -> list[list[str]]:
    """Return the names of samples whose files, or whose text, are equal."""
    entries = files.footprint.files
    groups: dict[Any, list[str]] = defaultdict(list)
    for sample in layout.samples:
        groups[tuple(entries[path].digest for path in sample.files) or _row(sample)].append(sample.name)
    return [names for names in groups.values() if len(names) > 1]


def _row(sample: Sample) -> tuple[Any, ...]:
    text = sample.cells.get("text")
    return (text,) if text is not None else (*sample.cells.items(), *sample.labels)


def _corrupt(
    files: VerifiedData, layout: Layout, roles: Sequence[Role], bad: Mapping[tuple[Role, str], Bad]
) -> list[dict[str, str]]:
    entries = files.footprint.files
    found = {}
    for sample in layout.samples if bad else ():
        for role, path in zip(roles, sample.files, strict=False):
            fault = bad.get((role, entries[path].digest))
            if fault:
                found[path] = {"file": path, "code": fault.code, "reason": fault.reason}
    return list(found.values())


def _notices(splits: Mapping[str, Mapping[str, Any]]) -> list[str]:
    notices = []
    if WHOLE in splits:
        notices.append(
            "not split yet: everything is described as a whole, and nothing of it may feed normalization "
            "before `deepdiva data split`"
        )
    elif "train" not in splits:
        notices.append("there is no train split, so there is nothing that may feed normalization")
    train = splits.get("train", {})
    if train.get("sizes") and train["pixels"] and train["sizes"]["different"] > 1:
        notices.append(
            "train pictures differ in size: they are counted here at their own, while a run resizes them "
            "first, so that its numbers are near these and not equal"
        )
    for split in ("val", "test"):
        pixels = splits.get(split, {}).get("pixels")
        if pixels and train.get("pixels") and pixels["channels"] != train["pixels"]["channels"]:
            notices.append(
                f"{split} has {pixels['channels']} channels and train {train['pixels']['channels']}"
            )
    for split, facts in splits.items():
        missing = Counter({name for name, count in facts["classes"].items() if not count})
        if missing:
            notices.append(f"{split} has no sample of {len(missing)} of {len(facts['classes'])} classes")
    return notices
