"""Equal and nearly equal texts.

Two texts are equal when they are after Unicode's compatibility form NFKC, folding of case and
white space.  They are nearly equal when their sets of three following words agree: Jaccard
|A and B| / |A or B| >= 0.9 (Broder, On the resemblance and containment of documents, 1997);
texts of fewer than `SHORTEST` words are compared for equality alone.  Candidates share one of 16 bands
of 4 values of MinHash (Broder 1997), which misses a pair of 0.9 once in 10**7; each is counted
exactly afterwards.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
from jaxtyping import Float64

from deepdiva.data.layouts import Sample
from deepdiva.data.leakage.exact import Contents
from deepdiva.data.leakage.findings import Pair
from deepdiva.data.splits import SPLIT_NAMES
from deepdiva.randomness import keyed_uniform

JACCARD = 0.9
WORDS = 3
"""Following words that make one shingle."""
SHORTEST = 8
"""Words."""
BANDS, ROWS = 16, 4
CROWD = 64
"""Texts in one band up to which all pairs of them are compared."""


def by_text(samples: Iterable[Sample]) -> Contents:
    """Return the samples without files by their normalized text."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        if not sample.files and (text := normalized(sample)):
            found.setdefault(text, []).append(sample)
    return found


def normalized(sample: Sample) -> str:
    """Return the text of a row as it is compared; empty where it has none.

    Example:
        >>> normalized(Sample("a.csv#2", "train", (), cells={"text": "  So   it IS. "}))
        'so it is.'
    """
    text = unicodedata.normalize("NFKC", sample.cells.get("text", "")).casefold()
    return " ".join(text.split())


def near_texts(contents: Contents) -> tuple[Pair, ...]:
    """Return the pairs across splits that are nearly equal, most similar first."""
    texts = [text for text in contents if text.count(" ") >= SHORTEST - 1]
    shingles = [_shingles(text) for text in texts]
    found = []
    for one, other in sorted(_candidates(shingles)):
        similarity = len(shingles[one] & shingles[other]) / len(shingles[one] | shingles[other])
        pair = _across(contents[texts[one]], contents[texts[other]], similarity)
        if similarity >= JACCARD and pair:
            found.append(pair)
    return tuple(sorted(found, key=lambda pair: (-pair.similarity, pair.b, pair.a)))


def _shingles(text: str) -> frozenset[int]:
    words = text.split()
    parts = (" ".join(words[start : start + WORDS]) for start in range(len(words) - WORDS + 1))
    return frozenset(
        int.from_bytes(hashlib.blake2b(part.encode(), digest_size=8).digest(), "big") for part in parts
    )


def _candidates(shingles: Sequence[frozenset[int]]) -> Iterator[tuple[int, int]]:
    """Give pairs of texts that share a band; of a crowded band, only those that follow each other."""
    seen: set[tuple[int, int]] = set()
    buckets: dict[tuple[int, bytes], list[int]] = {}
    for row, shingle in enumerate(shingles):
        for band, values in enumerate(_min_hashes(shingle)):
            buckets.setdefault((band, values.tobytes()), []).append(row)
    for members in buckets.values():
        seen.update(combinations(members, 2) if len(members) <= CROWD else pairwise(members))
    yield from seen


def _min_hashes(shingle: frozenset[int]) -> Float64[np.ndarray, "bands rows"]:
    """Return the smallest of all keyed hashes, for each of `BANDS * ROWS` keys."""
    values = np.fromiter(shingle, np.uint64, len(shingle))
    smallest: np.ndarray = keyed_uniform(0, 0, values, BANDS * ROWS).min(axis=0)
    return smallest.reshape(BANDS, ROWS)


def _across(one: Sequence[Sample], other: Sequence[Sample], similarity: float) -> Pair | None:
    """Return the first two samples of different splits, the earlier one first."""
    found = [
        (SPLIT_NAMES.index(a.split), a, b)
        for a, b in ((a, b) for a in one for b in other if a.split and b.split and a.split != b.split)
        if a.split
    ]
    if not found:
        return None
    _, a, b = found[0]
    if a.split and b.split and SPLIT_NAMES.index(a.split) > SPLIT_NAMES.index(b.split):
        a, b = b, a
    splits = (a.split or "train", b.split or "test")
    return Pair(
        a=a.name, b=b.name, splits=splits, how="nearly the same text", similarity=round(similarity, 4)
    )
