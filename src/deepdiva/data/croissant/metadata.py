"""Croissant metadata of a data set: what it is called, which files it has, and what a sample is.

The bytes depend on the data set and on what the user tells alone: no time, no place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepdiva.data.croissant.samples import Part, parts_of
from deepdiva.data.get.about import read_about
from deepdiva.data.layouts import Layout
from deepdiva.provenance import VerifiedData

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
_TERMS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet"),
    *("format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
    *("references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField"),
    "transform",
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}
"""What the words mean, inline: nobody has to ask a server."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What no file of a data set tells by itself; empty where it is not known."""

    name: str
    description: str = ""
    license: str = ""
    url: str = ""
    creators: tuple[str, ...] = ()
    cite: str = ""
    published: str = ""
    """A date, YYYY-MM-DD."""


def describe(
    files: VerifiedData, layout: Layout, known: Known, *, above: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Return the metadata of a data set, and what a person should know about them.

    Args:
        files: The verified data set.
        layout: Its samples.
        known: What the user tells; goes before what `ABOUT.json` in the folder tells.
        above: The path from where the metadata will lie to the data folder; empty, or ends with a slash.

    Raises:
        DataError: a table changed since it was verified (DATA-042).
    """
    parts, notices = parts_of(files, layout, above)
    told = _told(files, layout, known)
    facts = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        **{key: value for key, value in told.items() if value},
        "version": f"1.0.0+{files.footprint.digest[:16]}",
        "identifier": f"deepdiva:{files.footprint.algorithm}:{files.footprint.digest}",
        "distribution": [entry for part in parts for entry in part.distribution],
        "recordSet": [entry for part in parts for entry in part.record_sets],
    }
    missing = [key for key in ("license", "url", "creator", "datePublished", "citeAs") if not told[key]]
    return facts, [*_missing(missing), *notices, *_unread(parts)]


def _told(files: VerifiedData, layout: Layout, known: Known) -> dict[str, Any]:
    about = read_about(files.root) or {}
    stated = str(about.get("license", ""))
    return {
        "name": known.name,
        "description": known.description
        or f"{layout}. Its files are listed with sizes and digests in its "
        "DeepDIVA footprint, whose digest is the identifier.",
        "license": known.license or ("" if stated.startswith("none") else stated),
        "url": known.url,
        "creator": [{"@type": "sc:Person", "name": name} for name in known.creators],
        "datePublished": known.published,
        "citeAs": known.cite or str(about.get("citation", "")),
    }


def _missing(keys: Sequence[str]) -> list[str]:
    flags = {"datePublished": "--published", "citeAs": "--cite"}
    words = " ".join(flags.get(key, f"--{key}") for key in keys)
    return [f"Croissant asks for more than is known of this data set; add {words}"] if keys else []


def _unread(parts: Sequence[Part]) -> list[str]:
    """Say which files the package mlcroissant describes but does not read."""
    kinds = sorted({kind for part in parts for kind in part.unread})
    if not kinds:
        return []
    return [f"valid metadata, but the package mlcroissant cannot read samples of {', '.join(kinds)}"]


def serialize(facts: dict[str, Any]) -> bytes:
    """Return metadata as the bytes of a file: UTF-8, indented."""
    return (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode()
