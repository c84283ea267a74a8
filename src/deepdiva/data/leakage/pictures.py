"""The pictures of found pairs, small, for a page that shows them."""

from __future__ import annotations

import io

from PIL import Image

from deepdiva.data.leakage.findings import Leakage
from deepdiva.data.pictures import BadPicture, decode, read_header
from deepdiva.errors import DataError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents

LONGEST = 192
"""Pixels of a side that is shown."""
SHOWN = 200
"""Pairs whose pictures are read."""


def show_pairs(files: VerifiedData, found: Leakage) -> dict[str, bytes]:
    """Return the samples of the first pairs, by name, as PNG files; what is no picture is left out."""
    contents = Contents(files)
    names = dict.fromkeys(name for pair in (*found.exact, *found.near)[:SHOWN] for name in (pair.a, pair.b))
    shown = {name: _png(contents, name) for name in names if name in files.footprint.files}
    return {name: png for name, png in shown.items() if png}


def _png(contents: Contents, name: str) -> bytes | None:
    try:
        content = contents.read(name)
        header = read_header(content)
        by = min(1.0, LONGEST / max(header.height, header.width))
        height, width = (max(1, round(side * by)) for side in (header.height, header.width))
        pixels, _ = decode(content, height=height, width=width, channels=3)
    except (BadPicture, DataError):
        return None
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()
