"""Data folders for the tests of layouts."""

from __future__ import annotations

from pathlib import Path

from deepdiva.data.layouts import Layout, LayoutName, find_layout
from deepdiva.provenance.verify import verify


def lay(root: Path, *names: str, **tables: str | bytes) -> Path:
    """Write a file of each name, which holds its name, and tables of these contents; return `root`."""
    contents: dict[str, bytes] = {name: name.encode() for name in names}
    for name, content in tables.items():
        contents[name] = content if isinstance(content, bytes) else content.encode()
    for name, content in contents.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return root


def found(root: Path, name: LayoutName | None = None) -> Layout:
    """Return the layout of a folder."""
    return find_layout(verify(root), name=name)
