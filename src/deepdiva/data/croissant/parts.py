"""The parts of which Croissant metadata are made: files, sets of files, fields and where they come from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from glob import escape
from pathlib import PurePosixPath
from typing import Any

from deepdiva.data.croissant.formats import READ, media_type

Json = dict[str, Any]


def file_object(name: str, path: str, content: bytes) -> Json:
    """Describe one file.

    Args:
        name: By which fields refer to it.
        path: From where the metadata lie.
        content: Of the file.
    """
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": path,
        "contentSize": f"{len(content)} B",
        "encodingFormat": media_type(path),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def file_set(name: str, folder: str, paths: Iterable[str]) -> Json:
    """Describe files that are too many to be named: all below a folder that have the same suffixes.

    Args:
        name: By which fields refer to it.
        folder: Above all of them, from where the metadata lie; ends with a slash unless it is empty.
        paths: Of the files, below `folder`.
    """
    every = list(paths)
    patterns = {("**/" if "/" in path else "") + f"*{escape(PurePosixPath(path).suffix)}" for path in every}
    types = {media_type(path) for path in every}
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "encodingFormat": sorted(types, key=lambda kind: (kind not in READ, kind)),
        "includes": [escape(folder) + pattern for pattern in sorted(patterns)],
    }


def field(record_set: str, name: str, kind: str, source: Json, *, meaning: str = "") -> Json:
    """Describe one fact of every sample.

    Args:
        record_set: The set of samples.
        name: Of the fact; unique in `record_set`.
        kind: Its type, such as `sc:Text`.
        source: Where it stands: see `column_of` and `property_of`.
        meaning: One sentence.
    """
    told = {"description": meaning} if meaning else {}
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{identifier(name)}",
        "name": name,
        **told,
        "dataType": kind,
        "source": source,
    }


def identifier(name: str) -> str:
    """Return a name as a part of an address: letters, digits, `_`, `-` and `.` stay, all else is numbered.

    Example:
        >>> identifier("label"), identifier("a label")
        ('label', 'a~20label')
    """
    return re.sub(r"[^\w.-]", lambda found: f"~{ord(found[0]):x}", name)


def column_of(table: str, column: str) -> Json:
    """Return the source of a field that is a column of a table."""
    return {"fileObject": {"@id": table}, "extract": {"column": column}}


def property_of(files: Mapping[str, Any], what: str, pattern: str = "") -> Json:
    """Return the source of a field that every file tells.

    Args:
        files: What `file_set` or `file_object` returned.
        what: `content`, or `fullpath`: the path from where the metadata lie.
        pattern: A regular expression whose one group is taken out of it; empty for all of it.
    """
    kind = "fileSet" if files["@type"] == "cr:FileSet" else "fileObject"
    source: Json = {kind: {"@id": files["@id"]}, "extract": {"fileProperty": what}}
    return source | ({"transform": {"regex": pattern}} if pattern else {})


def record_set(name: str, fields: list[Json], *, meaning: str) -> Json:
    """Describe a set of samples."""
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "description": meaning, "field": fields}
