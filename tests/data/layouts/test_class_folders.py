"""One folder per class."""

from pathlib import Path

from tests.data.layouts.laying import found, lay

from deepdiva.data.layouts import Sample


def test_split_class_folders_give_split_and_class(tmp_path: Path) -> None:
    """A file below train/<class> is a train sample of that class; hidden files and notes are none."""
    lay(
        tmp_path,
        "test/b/1.png",
        "train/a/x/1.png",
        "train/.old/1.png",
        "train/a/.1.png",
        "notes/1",
        "train/x",
    )
    assert found(tmp_path).samples == (
        Sample("train/a/x/1.png", "train", ("train/a/x/1.png",), ("a",)),
        Sample("test/b/1.png", "test", ("test/b/1.png",), ("b",)),
    )


def test_unsplit_class_folders_have_no_split(tmp_path: Path) -> None:
    """Without split folders the first folder is the class, even one called test."""
    samples = found(lay(tmp_path, "test/1.png", "cat/1.png", "notes.txt")).samples
    assert [(s.name, s.split, s.labels) for s in samples] == [
        ("cat/1.png", None, ("cat",)),
        ("test/1.png", None, ("test",)),
    ]


def test_train_may_be_a_class(tmp_path: Path) -> None:
    """A class of trains beside cars is no split; a folder of nothing but train is."""
    samples = found(lay(tmp_path, "car/1.png", "train/1.png")).samples
    assert [(sample.split, sample.labels) for sample in samples] == [(None, ("car",)), (None, ("train",))]


def test_clips_are_what_is_called_so(tmp_path: Path) -> None:
    """Of a folder of clips, the files that are none are left over and told."""
    layout = found(lay(tmp_path, "run/1.mp4", "run/2.AVI", "walk/1.webm", "walk/notes.txt"))
    assert (layout.name, len(layout.samples)) == ("clips", 3)
    assert layout.notices == ("1 file belongs to no sample: walk/notes.txt",)
