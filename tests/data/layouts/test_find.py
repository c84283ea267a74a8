"""Which layout a folder has."""

from pathlib import Path

import pytest

from deepdiva.data.layouts import Sample, find_layout
from deepdiva.errors import DataError
from deepdiva.provenance.verify import verify


def lay(root: Path, *names: str) -> Path:
    for name in names:
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name)
    return root


def test_split_class_folders_give_split_and_class(tmp_path: Path) -> None:
    """A file below train/<class> is a train sample of that class; hidden files and notes are none."""
    lay(
        tmp_path, "test/b/1.png", "train/a/x/1.png", "train/.old/1.png", "train/a/.1.png", "README", "train/x"
    )
    layout = find_layout(verify(tmp_path))
    assert layout.name == "class-folders"
    assert layout.samples == (
        Sample("train/a/x/1.png", "train", ("train/a/x/1.png",), ("a",)),
        Sample("test/b/1.png", "test", ("test/b/1.png",), ("b",)),
    )


def test_unsplit_class_folders_have_no_split(tmp_path: Path) -> None:
    """Without split folders the first folder is the class, even one called test."""
    layout = find_layout(verify(lay(tmp_path, "test/1.png", "cat/1.png", "notes.txt")))
    assert [(s.name, s.split, s.labels) for s in layout.samples] == [
        ("cat/1.png", None, ("cat",)),
        ("test/1.png", None, ("test",)),
    ]


def test_other_folders_are_shown_with_what_was_expected(tmp_path: Path) -> None:
    """Where nothing fits, the message shows the shapes expected and the shape seen."""
    with pytest.raises(DataError, match="DATA-015") as caught:
        find_layout(verify(lay(tmp_path, "train/1.png", "train/2.png", "readme.md")))
    assert "train/  2 files, such as train/1.png" in caught.value.found
    assert "<class>/<picture>" in caught.value.expected
