"""Which layout a folder has."""

from pathlib import Path

import pytest
from tests.data.layouts.laying import found, lay

from deepdiva.data.layouts import LAYOUT_NAMES, LayoutName
from deepdiva.data.layouts.find import KINDS
from deepdiva.errors import DataError

EXAMPLES: dict[LayoutName, dict[str, str]] = {
    "class-folders": {"cat/1.png": "", "dog/1.png": ""},
    "mask-pairs": {"data/1.jpg": "", "gt/1.png": ""},
    "multi-label": {"labels.csv": "filename,sea,sky\n1.png,1,-1\n", "images/1.png": ""},
    "text": {"table.csv": "text,label\nhello,kind\n"},
    "clips": {"run/1.mp4": "", "walk/1.mp4": ""},
    "words": {"words.csv": "path,transcription,writer,page\nw/1.png,und,3,1r\n", "w/1.png": ""},
    "points": {"points.csv": "x,y,label\n0.5,1,0\n"},
}


def split_form(example: dict[str, str]) -> dict[str, str]:
    return {f"{split}/{name}": text for split in ("train", "val", "test") for name, text in example.items()}


def test_every_layout_has_a_name_and_an_example() -> None:
    """The names of the interface are those that are looked for, and each is tried here."""
    assert tuple(kind.name for kind in KINDS) == LAYOUT_NAMES == tuple(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_layout_is_found_and_no_other_fits(tmp_path: Path, name: LayoutName) -> None:
    """A folder of each layout is found to have it, split or not, with or without its name being said."""
    unsplit = lay(tmp_path / "unsplit", **EXAMPLES[name])
    split = lay(tmp_path / "split", **split_form(EXAMPLES[name]))
    assert (found(unsplit).name, found(unsplit).splits) == (name, ())
    assert (found(split).name, found(split).splits) == (name, ("train", "val", "test"))
    assert found(split, name).samples == found(split).samples


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_layout_that_is_asked_for_must_be_there(tmp_path: Path, name: LayoutName) -> None:
    """A folder of another layout is refused with the shape expected and the shape seen."""
    other: LayoutName = "text" if name != "text" else "points"
    with pytest.raises(DataError, match="DATA-015") as caught:
        found(lay(tmp_path, **EXAMPLES[name]), other)
    assert next(iter(EXAMPLES[name])).partition("/")[0] in caught.value.found
    assert f"{other}: " in caught.value.expected
    assert f"{name}: " not in caught.value.expected


def test_other_folders_are_shown_with_what_was_expected(tmp_path: Path) -> None:
    """Where nothing fits, the message shows all shapes and what lies there, columns included."""
    with pytest.raises(DataError, match="DATA-015") as caught:
        found(lay(tmp_path, "train/1.png", "train/2.png", "readme.md", **{"a.csv": "when,where\n1,2\n"}))
    assert "train/  2 files, such as train/1.png" in caught.value.found
    assert "a.csv: columns when, where" in caught.value.found
    assert all(f"{name}: " in caught.value.expected for name in LAYOUT_NAMES)


def test_what_could_be_two_is_told_and_can_be_said(tmp_path: Path) -> None:
    """A table of path, text and label may be texts or words; the one that is named is taken."""
    lay(tmp_path, "1.png", **{"t.csv": "path,text,label\n1.png,und,a\n"})
    with pytest.raises(DataError, match="could be text or words") as caught:
        found(tmp_path)
    assert (caught.value.code, "--layout text" in caught.value.remedy) == ("DATA-016", True)
    assert found(tmp_path, "words").samples[0].cells == {"transcription": "und", "label": "a"}
    assert found(tmp_path, "text").samples[0].cells == {"text": "und", "path": "1.png"}


def test_files_that_belong_to_no_sample_are_told(tmp_path: Path) -> None:
    """Nothing is left out silently."""
    layout = found(lay(tmp_path, "cat/1.png", "dog/1.png", "README", ".hidden"))
    assert layout.notices == ("2 files belong to no sample: .hidden, README",)


def test_samples_come_by_split_then_name(tmp_path: Path) -> None:
    """The order does not depend on the disk: train, val, test, each by name."""
    names = ["test/a/1", "train/b/1", "train/a/2", "val/a/9", "train/a/10"]
    layout = found(lay(tmp_path, *names))
    assert [sample.name for sample in layout.samples] == [
        "train/a/10", "train/a/2", "train/b/1", "val/a/9", "test/a/1",
    ]  # fmt: skip
    assert str(layout) == "class-folders: 5 samples, 2 classes, train/val/test"
