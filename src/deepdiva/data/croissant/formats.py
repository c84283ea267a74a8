"""Media types by the suffix of a file, the same on every machine."""

from __future__ import annotations

from pathlib import PurePosixPath

TABLES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".jsonl": "application/jsonlines",
    ".ndjson": "application/jsonlines",
    ".parquet": "application/x-parquet",
}
_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".ppm": "image/x-portable-pixmap",
    ".pgm": "image/x-portable-graymap",
}
_CLIPS = {
    ".mp4": "video/mp4",
    ".m4v": "video/x-m4v",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".ogv": "video/ogg",
    ".webm": "video/webm",
    ".wmv": "video/x-ms-wmv",
}
_KNOWN = TABLES | _PICTURES | _CLIPS
READ = ("image/png", "image/jpeg", *dict.fromkeys(TABLES.values()))
"""What the package mlcroissant reads without others; it reads by the first type of a set that it knows."""


def media_type(path: str) -> str:
    """Return the media type of a file by its name.

    Example:
        >>> media_type("train/0/1.PNG"), media_type("train/0/1")
        ('image/png', 'application/octet-stream')
    """
    return _KNOWN.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")
