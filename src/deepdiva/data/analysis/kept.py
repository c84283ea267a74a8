"""The answer for a whole data set, kept by its digest, so that asking again takes no time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from deepdiva.data.analysis.block import Role
from deepdiva.data.analysis.facts import Analysis
from deepdiva.errors import ResourceError
from deepdiva.provenance.files import make_folder, write_atomically
from deepdiva.provenance.places import state_folder

RULES = 1
"""Raised when the answer changes for the same data, so that none made by older rules is used."""
Decoders = Mapping[Role, Mapping[str, str]]


def kept(data_sha256: str, layout: str, decoders: Decoders) -> Analysis | None:
    """Return the answer that was kept; None where there is none, or it is not as it was written."""
    try:
        checksum, _, body = _place(data_sha256, layout, decoders).read_bytes().partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != checksum:
            return None
        return replace(Analysis(**json.loads(body)), decoded=0)
    except (OSError, ValueError, TypeError):
        return None


def keep(analysis: Analysis, decoders: Decoders) -> None:
    """Keep an answer; where that is not possible, it is found again the next time."""
    place = _place(analysis.data_sha256, analysis.layout, decoders)
    body = json.dumps(asdict(analysis)).encode()
    with suppress(ResourceError):
        make_folder(place.parent)
        write_atomically(place, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def _place(data_sha256: str, layout: str, decoders: Decoders) -> Path:
    facts: list[Any] = [RULES, data_sha256, layout, decoders]
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
    return state_folder() / "analysis" / f"{key}.json"
