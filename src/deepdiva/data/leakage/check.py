"""The whole check: what the splits of a data set have in common, and what contradicts itself."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from deepdiva.data.layouts import Layout, Sample, find_layout
from deepdiva.data.leakage import near, texts
from deepdiva.data.leakage.copies import find_copies
from deepdiva.data.leakage.exact import Contents, by_digest, by_row, contradictions, inside, pairs_across
from deepdiva.data.leakage.findings import Leakage, Pair
from deepdiva.data.leakage.groups import groups_across
from deepdiva.data.leakage.kept import load, save
from deepdiva.data.pictures import decoder_versions
from deepdiva.data.splits import SPLIT_NAMES
from deepdiva.provenance import VerifiedData

RULES = 1
"""Raised when the check finds other things, so that no answer by older rules is used."""
MOST_BEFORE_RUN = 20_000
"""Pictures up to which nearly equal ones are looked for before a run."""
PICTURES = ("class-folders", "mask-pairs", "multi-label", "words")
"""Layouts whose first file is a picture."""

Near = tuple[tuple[Pair, ...], int, dict[str, Any], tuple[str, ...]]
"""Pairs, look-alikes, what was looked at, notices."""


def check_leakage(
    files: VerifiedData, *, group_by: str | None = None, depth: Literal["full", "quick"] = "full"
) -> Leakage:
    """Return what the splits of a data set have in common; the answer is kept and found again.

    Args:
        files: The verified data set.
        group_by: What tells the group of a sample; see `groups.groups_across`.
        depth: `quick` looks for nearly equal pictures only among `MOST_BEFORE_RUN` or fewer,
            unless a full answer is kept already.

    Raises:
        DataError: the folder has no known layout (DATA-015) or breaks it; no picture is good
            (DATA-001).
        ConfigError: nothing tells the group (DATA-028).
        ResourceError: the state folder cannot be written.
    """
    keys = {chosen: _key(files, group_by, chosen) for chosen in ("full", "quick")}
    known = load(keys["full"]) or (load(keys["quick"]) if depth == "quick" else None)
    if known is None:
        layout = find_layout(files)
        quick = depth == "quick" and len(layout.samples) > MOST_BEFORE_RUN
        known = _check(files, layout, group_by, quick)
        save(keys["quick" if quick else "full"], known)
    return known


def _key(files: VerifiedData, group_by: str | None, depth: str) -> str:
    facts = [RULES, files.footprint.digest, group_by, depth, decoder_versions()]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _check(files: VerifiedData, layout: Layout, group_by: str | None, quick: bool) -> Leakage:
    samples = layout.samples
    contents, sayings = by_digest(files, samples), texts.by_text(samples)
    pairs, alike, checked, notices = _near(files, layout, sayings, quick)
    counts = Counter(sample.split for sample in samples)
    splits = {split: counts[split] for split in SPLIT_NAMES if counts[split]}
    if len(splits) < 2:
        notices = (*notices, "there are not two splits yet: only what lies side by side was looked at")
    return Leakage(
        data_sha256=files.footprint.digest,
        layout=layout.name,
        checked={"samples": splits, "unsplit": counts[None]} | checked,
        exact=pairs_across(contents, "same bytes") + pairs_across(sayings, "same text"),
        near=pairs,
        look_alikes=alike,
        groups=groups_across(samples, group_by),
        contradictions=contradictions(contents) + contradictions(sayings),
        inside=dict(Counter(inside(contents)) + Counter(inside(by_row(samples)))),
        notices=notices,
    )


def _near(files: VerifiedData, layout: Layout, sayings: Contents, quick: bool) -> Near:
    samples = [sample for sample in layout.samples if sample.split]
    if layout.name not in (*PICTURES, "text") or len({sample.split for sample in samples}) < 2:
        return (), 0, {"near": None}, ()
    if quick:
        told = (
            f"nearly equal samples were not looked for among {len(samples):,}, which takes a while: "
            "`deepdiva data check DIR` does, and later runs know its answer"
        )
        return (), 0, {"near": None}, (told,)
    if layout.name == "text":
        return texts.near_texts(sayings), 0, {"near": "texts", "thresholds": {"jaccard": texts.JACCARD}}, ()
    return _near_pictures(files, _once(samples))


def _near_pictures(files: VerifiedData, samples: Sequence[Sample]) -> Near:
    pairs, alike, counts = find_copies(files, samples, by_digest(files, samples))
    thresholds = {"ratio": near.RATIO, "residual": near.WHOLE, "detail": near.DETAIL}
    bad = counts["unreadable"]
    notices = (f"{bad} pictures cannot be decoded and were not compared",) if bad else ()
    return pairs, alike, {"near": "pictures", "thresholds": thresholds, **counts}, notices


def _once(samples: Sequence[Sample]) -> list[Sample]:
    """Return one sample of each picture file: many rows of a table may stand for one."""
    first: dict[str, Sample] = {}
    for sample in samples:
        if sample.files:
            first.setdefault(sample.files[0], sample)
    return list(first.values())
