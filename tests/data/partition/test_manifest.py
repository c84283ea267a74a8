"""The record of a split."""

from pathlib import Path

import pytest

from deepdiva.data.partition import SplitManifest, read_manifest
from deepdiva.errors import DataError

MANIFEST = SplitManifest(
    source="0" * 64,
    layout="class-folders",
    seed=1,
    shares={"train": "3/5", "val": "1/5", "test": "1/5"},
    method="groups",
    rule="writer",
    groups=3,
    samples={"train": ("a/\u00e9.png", 'a/"x".png'), "val": ("a/2.png",), "test": ("b/1.png",)},
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """From the file or from its folder, and with the same digest."""
    (tmp_path / "split.json").write_bytes(MANIFEST.serialize())
    assert read_manifest(tmp_path) == read_manifest(tmp_path / "split.json") == MANIFEST
    assert read_manifest(tmp_path).sha256 == MANIFEST.sha256


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a/2.png", b"a/3.png"),
        (b'"seed": 1', b'"seed": 2'),
        (b"split 1", b"split 2"),
        (b"class-folders", b"folders"),
        (b'"groups": 3,\n', b""),
        (b"\n}\n}\n", b"\n}"),
        (b'"a/2.png"', b"7"),
    ],
)
def test_a_manifest_that_was_edited_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    """Not one name can change without notice (as faults, row 45)."""
    content = MANIFEST.serialize()
    assert old in content
    (tmp_path / "split.json").write_bytes(content.replace(old, new))
    with pytest.raises(DataError, match="DATA-065"):
        read_manifest(tmp_path)


def test_a_manifest_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A wrong path is no traceback."""
    with pytest.raises(DataError, match="DATA-065.*No such file"):
        read_manifest(tmp_path / "none")
