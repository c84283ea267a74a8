"""`split.json`: what a split was made from and who went where, so that it repeats bit by bit.

It holds no path but those below the data root, and no time: the same split of the same data
has the same bytes on every machine.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from deepdiva.data.layouts import LAYOUT_NAMES, LayoutName
from deepdiva.data.splits import MANIFEST_NAME, SPLIT_NAMES, SplitName
from deepdiva.errors import DataError

FORMAT = "deepdiva split 1"
LARGEST_FILE = 2**30
"""Bytes; longer manifests are not read."""


@dataclass(frozen=True, kw_only=True)
class SplitManifest:
    """A split, apart from where its files lie."""

    source: str
    """Digest of the data set that was split: the root digest of its footprint."""
    layout: LayoutName
    seed: int
    shares: Mapping[SplitName, str]
    """As asked for, as exact fractions."""
    method: str
    """`stratified`, `groups` or `time`."""
    rule: str | None
    """What groups or times were read from; None for neither."""
    groups: int | None
    """How many; None where samples were not grouped."""
    samples: Mapping[SplitName, tuple[str, ...]]
    """Names of the samples of each split, sorted."""

    @property
    def sha256(self) -> str:
        """The identity of the split: SHA-256 of all of it, written as JSON with sorted keys."""
        return hashlib.sha256(json.dumps(self._facts(), sort_keys=True).encode()).hexdigest()

    def _facts(self) -> dict[str, Any]:
        facts = {"source": self.source, "layout": self.layout, "seed": self.seed, "method": self.method}
        facts |= {"shares": dict(self.shares), "rule": self.rule, "groups": self.groups}
        return facts | {"samples": {split: list(self.samples[split]) for split in SPLIT_NAMES}}

    def serialize(self) -> bytes:
        """Write one sample a line, so that two manifests can be compared by eye and by `diff`."""
        facts = {"format": FORMAT, "manifest_sha256": self.sha256, **self._facts()}
        samples = facts.pop("samples")
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in facts.items()]
        parts = [
            f'"{split}": [\n' + ",\n".join(json.dumps(name) for name in samples[split]) + "\n]"
            for split in SPLIT_NAMES
        ]
        return ("{\n" + ",\n".join(lines) + ',\n"samples": {\n' + ",\n".join(parts) + "\n}\n}\n").encode()


def read_manifest(place: Path) -> SplitManifest:
    """Read the manifest at `place`, or in the folder `place`.

    Raises:
        DataError: it is not there, truncated, edited, or of another version (DATA-065).
    """
    path = place / MANIFEST_NAME if place.is_dir() else place
    try:
        return _parse(json.loads(_read(path)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
        raise DataError(
            f"{path} cannot be trusted: {reason}",
            expected=f"a complete {FORMAT!r} as `deepdiva data split` wrote it",
            remedy="get it back from where it came from, or split again with the seed it was made with",
            code="DATA-065",
        ) from error


def _read(path: Path) -> bytes:
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE:
        raise ValueError("no file, or larger than any manifest")
    return path.read_bytes()


def _parse(facts: Any) -> SplitManifest:
    if facts["format"] != FORMAT or facts["layout"] not in LAYOUT_NAMES:
        raise ValueError(f"format {facts['format']!r} with layout {facts['layout']!r} is not known here")
    manifest = SplitManifest(
        source=_text(facts["source"]),
        layout=facts["layout"],
        seed=int(facts["seed"]),
        shares={split: _text(facts["shares"][split]) for split in get_args(SplitName)},
        method=_text(facts["method"]),
        rule=None if facts["rule"] is None else _text(facts["rule"]),
        groups=None if facts["groups"] is None else int(facts["groups"]),
        samples={split: tuple(map(_text, facts["samples"][split])) for split in SPLIT_NAMES},
    )
    if manifest.sha256 != facts["manifest_sha256"]:
        raise ValueError("its digest does not fit its content: it was edited or damaged")
    return manifest


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
