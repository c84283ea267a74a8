"""Rules of class folders: layouts, bad files, sizes, and what comes from the train split alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.data.drawing import draw_class_folders, encoded, noise

from deepdiva.data import Augment, ClassFolders, read_class_folders
from deepdiva.errors import DataError
from deepdiva.provenance import verify
from deepdiva.randomness import SeedPlan, identity


def read(root: Path, **how: Any) -> ClassFolders:
    """Read a data set, whatever was done to it since it was read last."""
    (root / "footprint.json").unlink(missing_ok=True)
    return read_class_folders(verify(root), seeds=SeedPlan(1), **how)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return draw_class_folders(tmp_path / "set")


# -- What comes out ---------------------------------------------------------------------


def test_labels_follow_the_sorted_classes_of_train(root: Path) -> None:
    """Every split numbers classes alike, also where one lacks a class."""
    shutil.rmtree(root / "val" / "cat")
    folders = read(root)

    assert folders.class_names == ("cat", "dog")
    assert folders.splits.train.labels.tolist() == [0] * 4 + [1] * 4
    assert folders.splits.val.labels.tolist() == [1, 1]


def test_samples_are_the_pictures_in_the_order_of_their_names(root: Path) -> None:
    """A sample is what its file holds, and its identity is that of its name."""
    split = read(root).splits.train
    batch = split.read(np.arange(len(split)), 0)

    assert split.names[0] == "train/cat/0.png"
    assert split.identities[5] == identity(split.names[5])
    for name, image in zip(split.names, batch.images.numpy(), strict=True):
        assert (image[..., 0] == np.asarray(Image.open(root / name))).all()


def test_pictures_below_a_class_belong_to_it(root: Path) -> None:
    """Some keep pages in a folder of their book."""
    (root / "train" / "cat" / "book").mkdir()
    (root / "train" / "cat" / "book" / "1.png").write_bytes(encoded(noise()))

    assert "train/cat/book/1.png" in read(root).splits.train.names


def test_files_beside_the_splits_are_no_samples(root: Path) -> None:
    """They belong to the data set, and so to its footprint, but nobody trains on a README."""
    for name in ("README.md", "analytics.csv", "train/notes.txt"):
        (root / name).write_text("text")
    (root / "docs").mkdir()
    (root / "docs" / "1.png").write_bytes(encoded(noise()))

    folders = read(root)

    assert len(folders.splits.train) == 8
    assert "README.md" in verify(root).footprint.files


@pytest.mark.parametrize("name", [".hidden.png", "Thumbs.db", ".DS_Store", "._0.png"])
def test_hidden_files_are_no_samples(root: Path, name: str) -> None:
    """File managers leave files everywhere, some even named like pictures."""
    (root / "train" / "cat" / name).write_bytes(b"junk")

    assert len(read(root).splits.train) == 8


# -- Layouts that are refused -----------------------------------------------------------


def test_a_folder_without_splits_is_shown_what_was_seen_and_what_is_expected(root: Path) -> None:
    """The message holds both shapes."""
    shutil.rmtree(root / "val")
    shutil.rmtree(root / "test")
    (root / "train").rename(root / "pictures")

    with pytest.raises(
        DataError, match=r"(?s)DATA-015.*pictures/cat/0.png.*expected: train/<class>/<picture>"
    ):
        read(root)


def test_the_folder_above_is_answered_with_the_right_one(root: Path) -> None:
    """The commonest slip: --data data instead of --data data/set."""
    with pytest.raises(DataError, match=r"did you mean --data .*/set\?"):
        read(root.parent)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_missing_split_is_named(root: Path, split: str) -> None:
    """Training needs all three."""
    shutil.rmtree(root / split)

    with pytest.raises(DataError, match=f"DATA-015: .* no samples of {split};"):
        read(root)


def test_pictures_without_class_folders_are_refused(root: Path) -> None:
    """Without folders there are no labels."""
    for split in ("train", "val", "test"):
        for place in sorted((root / split).glob("*/*.png")):
            place.rename(root / split / f"{place.parent.name}-{place.name}")

    with pytest.raises(DataError, match=r"(?s)DATA-015.*train/cat-0.png"):
        read(root)


def test_empty_class_folders_are_named(root: Path) -> None:
    """A class that lost its pictures in a copy is not silently forgotten."""
    (root / "train" / "bird").mkdir()
    (root / "val" / "fish").mkdir()

    with pytest.raises(DataError, match=r"DATA-010: 2 class folders .*: train/bird, val/fish"):
        read(root)


def test_classes_unknown_to_train_are_named(root: Path) -> None:
    """What was never seen cannot be told; both lists are shown."""
    shutil.copytree(root / "test" / "cat", root / "test" / "bird")

    with pytest.raises(DataError, match=r"(?s)DATA-011.*bird.*train split: cat, dog"):
        read(root)


def test_a_single_class_is_refused(root: Path) -> None:
    """An accuracy of 1.0 on one class says nothing."""
    for split in ("train", "val", "test"):
        shutil.rmtree(root / split / "dog")

    with pytest.raises(DataError, match=r"DATA-012: .* one class only: cat"):
        read(root)


def test_a_class_that_only_train_has_is_a_notice(root: Path) -> None:
    """The run goes on; whoever reads the scores is told."""
    shutil.rmtree(root / "test" / "dog")

    assert read(root).notices == ("test has no sample of 1 classes that train has: dog",)


# -- Bad pictures -----------------------------------------------------------------------


def spoil(root: Path) -> None:
    """Give the data set one bad file of each kind."""
    (root / "train/cat/0.png").write_bytes(b"")
    (root / "train/dog/1.png").write_bytes(b"<html>not found</html>")
    (root / "val/cat/0.png").write_bytes(encoded(noise(40, 40))[:200])
    (root / "test/dog/0.png").write_bytes(encoded(noise(1, 1)))
    (root / "test/dog/notes.txt").write_text("remember")


def test_all_bad_files_of_all_splits_are_named_before_training(root: Path) -> None:
    """One start finds them all, each with its code and its reason."""
    spoil(root)
    with pytest.raises(DataError) as caught:
        read(root)

    message = str(caught.value)
    assert "5 files cannot be used" in message
    assert "DATA-001 train/cat/0.png: empty file" in message
    assert "DATA-001 train/dog/1.png: no picture" in message
    assert "begins with b'<html>" in message
    assert "DATA-001 val/cat/0.png: damaged" in message
    assert "DATA-004 test/dog/0.png: 1x1 pixels" in message
    assert "DATA-001 test/dog/notes.txt: no picture" in message


def test_bad_files_are_left_out_only_up_to_the_number_allowed(root: Path) -> None:
    """One more is refused; those left out are recorded with their reasons."""
    spoil(root)
    with pytest.raises(DataError, match="5 files"):
        read(root, allow_bad=4)

    folders = read(root, allow_bad=5)

    assert set(folders.facts["left_out"]) == {
        "train/cat/0.png",
        "train/dog/1.png",
        "val/cat/0.png",
        "test/dog/0.png",
        "test/dog/notes.txt",
    }
    assert folders.facts["samples"] == {"train": 6, "val": 3, "test": 3}
    assert "train/cat/0.png" not in folders.splits.train.names
    assert "5 bad files are left out" in folders.notices[0]


def test_left_out_files_shift_no_other_sample(root: Path) -> None:
    """Pixels and labels stay with their names."""
    spoil(root)
    split = read(root, allow_bad=5).splits.train
    images = split.read(np.arange(len(split)), 0).images.numpy()

    for name, image in zip(split.names, images, strict=True):
        assert (image[..., 0] == np.asarray(Image.open(root / name))).all()


def test_a_train_split_of_bad_files_only_is_refused(root: Path) -> None:
    """There is no size to decide on; the files are named all the same."""
    for place in (root / "train").glob("*/*.png"):
        place.write_bytes(b"")

    with pytest.raises(DataError, match="DATA-001: 8 files"):
        read(root)


# -- Sizes and color --------------------------------------------------------------------


def redraw(root: Path, split: str, height: int, width: int, channels: int = 1) -> None:
    for seed, place in enumerate(sorted((root / split).glob("*/*.png"))):
        place.write_bytes(encoded(noise(height, width, channels, seed)))


def test_a_size_that_all_share_is_kept(root: Path) -> None:
    """Nobody shrinks pictures unasked, however large."""
    for split in ("train", "val", "test"):
        redraw(root, split, 300, 9)
    folders = read(root)

    assert (folders.height, folders.width, folders.channels) == (300, 9, 1)
    assert "resized" not in folders.facts["counts"]


def test_different_sizes_become_the_median_of_train(root: Path) -> None:
    """Each side for itself; what the others splits hold decides nothing."""
    for seed, place in enumerate(sorted((root / "train").glob("*/*.png"))):
        place.write_bytes(encoded(noise(10 + seed, 20, 1, seed)))
    redraw(root, "val", 99, 99)
    folders = read(root)

    assert (folders.height, folders.width) == (13, 20)


def test_the_median_is_at_most_256(root: Path) -> None:
    """A folder of scans does not become a model of scans by accident."""
    for seed, place in enumerate(sorted((root / "train").glob("*/*.png"))):
        place.write_bytes(encoded(noise(300 + seed, 9, 1, seed)))

    assert read(root).height == 256


def test_sizes_asked_for_are_made(root: Path) -> None:
    """Words stand above what the pictures say."""
    folders = read(root, height=5, width=6, channels=3)

    assert folders.splits.test.read(np.array([0]), 0).images.shape == (1, 5, 6, 3)
    assert folders.facts["counts"]["resized"] == 16


@pytest.mark.parametrize(("split", "channels"), [("train", 3), ("val", 1)])
def test_color_is_decided_by_train(root: Path, split: str, channels: int) -> None:
    """One color picture in train makes all color; one in val changes nothing."""
    (root / split / "cat" / "0.png").write_bytes(encoded(noise(8, 8, 3)))

    assert read(root).channels == channels


def test_what_was_done_is_counted(root: Path) -> None:
    """Modes, formats and conversions are facts of a run."""
    (root / "train/cat/0.png").write_bytes(encoded(noise().astype(np.uint16) * 257))
    (root / "train/cat/1.png").write_bytes(encoded(noise(8, 8, 4)))
    (root / "train/cat/2.png").write_bytes(encoded(noise(8, 8, 3), "JPEG"))

    counts = read(root).facts["counts"]

    assert counts == {
        "16 bits, scaled to 8": 1,
        "format JPEG": 1,
        "format PNG": 15,
        "mode I;16": 1,
        "mode L": 13,
        "mode RGB": 1,
        "mode RGBA": 1,
        "transparent, laid over white": 1,
    }


# -- The train split alone --------------------------------------------------------------


def test_normalization_is_exactly_that_of_train(root: Path) -> None:
    """Mean and deviation over all pixels of train, by NumPy in double precision."""
    folders = read(root)
    pixels = folders.splits.train.read(np.arange(8), 0).images.numpy() / 255

    assert folders.normalization.mean[0] == pytest.approx(pixels.mean(), rel=1e-14)
    assert folders.normalization.std[0] == pytest.approx(pixels.std(), rel=1e-12)


def test_other_splits_change_no_statistic(root: Path) -> None:
    """Whatever val and test hold, train looks the same to the model."""
    before = read(root)
    redraw(root, "val", 8, 8, 3)
    redraw(root, "test", 40, 50)
    after = read(root)

    assert after.normalization == before.normalization
    assert (after.height, after.width, after.channels) == (before.height, before.width, before.channels)


def test_class_weights_have_a_mean_of_one_over_the_samples(root: Path) -> None:
    """Rare classes weigh more, and the scale of the loss stays."""
    for number in range(3):
        (root / "train" / "dog" / f"{number}.png").unlink()
    split = read(root).splits.train
    weights = split.class_weights()

    assert weights.tolist() == pytest.approx([5 / 8, 5 / 2])
    assert weights[split.labels].mean().item() == pytest.approx(1)


def test_only_train_is_augmented(root: Path) -> None:
    """Scores are measured on the pictures as they are."""
    folders = read(root, augment=Augment(shift=3))
    order = np.arange(4)

    for split in (folders.splits.val, folders.splits.test):
        assert (split.read(order, 1).images == split.read(order, 0).images).all()
    assert (folders.splits.train.read(order, 1).images != folders.splits.train.read(order, 0).images).any()


def test_a_moved_data_set_gives_the_same_bits(root: Path, tmp_path: Path) -> None:
    """Draws belong to names below the root, not to places."""
    before = read(root, augment=Augment(flip_horizontal=True, shift=2)).splits.train.read(np.arange(8), 3)
    root.rename(tmp_path / "moved")
    after = read(tmp_path / "moved", augment=Augment(flip_horizontal=True, shift=2))

    assert (after.splits.train.read(np.arange(8), 3).images == before.images).all()
