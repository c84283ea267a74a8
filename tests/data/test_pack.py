"""Rules of packs: decoded once, never trusted without their digests, never needed."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.data.drawing import draw_class_folders, encoded, noise

from deepdiva.data import decode, pack, pictures, pixels, read_class_folders
from deepdiva.data.images import ImageSplit
from deepdiva.data.layout import list_samples
from deepdiva.data.picture_shape import Shape
from deepdiva.data.pixels import FilePixels, PackedPixels
from deepdiva.errors import DataError, ResourceError
from deepdiva.provenance import verify
from deepdiva.provenance.contents import Contents
from deepdiva.provenance.files import resource_error
from deepdiva.randomness import SeedPlan


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return draw_class_folders(tmp_path / "set", channels=3)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where packs of this test lie."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "cache"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the name of every file that is decoded."""
    names: list[str] = []
    real = pictures.decode

    def counting(content: bytes, **how: int) -> object:
        names.append(str(len(content)))
        return real(content, **how)

    monkeypatch.setattr(decode, "decode", counting)
    return names


def train(root: Path, **how: Any) -> ImageSplit:
    return read_class_folders(verify(root), seeds=SeedPlan(1), **how).splits.train


def everything(split: ImageSplit) -> bytes:
    return split.read(np.arange(len(split)), 0).images.numpy().tobytes()


def test_the_second_time_nothing_is_decoded(root: Path, decoded: list[str]) -> None:
    """A warm start reads bytes, not pictures."""
    before = everything(train(root))
    assert len(decoded) == 16
    decoded.clear()

    assert everything(train(root)) == before
    assert decoded == []


def test_a_copy_of_the_data_set_shares_the_pack(root: Path, tmp_path: Path, decoded: list[str]) -> None:
    """The name of a pack is the identity of the data, not its place."""
    before = everything(train(root))
    decoded.clear()
    shutil.copytree(root, tmp_path / "copy")

    assert everything(train(tmp_path / "copy")) == before
    assert decoded == []


@pytest.mark.parametrize("how", [{"height": 4}, {"channels": 1}, {"width": 9}, {"allow_bad": 1}])
def test_other_settings_are_another_pack(root: Path, cache: Path, how: dict[str, int]) -> None:
    """Pixels of one setting are never taken for those of another."""
    train(root)
    train(root, **how)

    assert len(list(cache.iterdir())) == 2


def test_another_version_of_a_decoder_is_another_pack(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade of libjpeg can change bits, so what the old one made is not used."""
    train(root)
    monkeypatch.setattr(pack, "decoder_versions", lambda: {"pil": "99"})
    train(root)

    assert len(list(cache.iterdir())) == 2


def test_changed_data_is_another_pack(root: Path, cache: Path) -> None:
    """The footprint's digest is in the name."""
    before = everything(train(root))
    (root / "train/cat/0.png").write_bytes(encoded(noise(8, 8, 3, 99)))
    (root / "footprint.json").unlink()

    assert everything(train(root)) != before
    assert len(list(cache.iterdir())) == 2


def flip(place: Path, offset: int) -> None:
    content = bytearray(place.read_bytes())
    content[offset] ^= 1
    place.write_bytes(content)


@pytest.mark.parametrize("damage", ["pixel", "shape", "short", "fact", "no facts", "no pixels", "not json"])
def test_a_damaged_pack_is_made_again(root: Path, cache: Path, damage: str) -> None:
    """A flipped bit on the disk never reaches a model; the pack is a cache, so nothing is lost."""
    before = everything(train(root))
    (folder,) = cache.iterdir()
    match damage:
        case "pixel":
            flip(folder / "pixels.npy", -1)
        case "shape":
            flip(folder / "pixels.npy", 60)
        case "short":
            os.truncate(folder / "pixels.npy", 500)
        case "fact":
            flip(folder / "facts.json", -30)
        case "no facts":
            (folder / "facts.json").unlink()
        case "no pixels":
            (folder / "pixels.npy").unlink()
        case "not json":
            (folder / "facts.json").write_text("[")

    assert everything(train(root)) == before
    assert [entry.name for entry in cache.iterdir()] == [folder.name]


def test_a_deleted_pack_is_made_again(root: Path, cache: Path) -> None:
    """`rm -r` on the cache is safe at any time between runs."""
    before = everything(train(root))
    shutil.rmtree(cache)

    assert everything(train(root)) == before


def test_a_deleted_pack_still_serves_who_has_it_open(root: Path, cache: Path) -> None:
    """And during runs too: mapped bytes stay until nobody needs them."""
    split = train(root)
    before = everything(split)
    shutil.rmtree(cache)

    assert everything(split) == before


def test_bad_files_leave_no_pack(root: Path, cache: Path) -> None:
    """A pack is whole or not there; a staging folder goes with the error."""
    (root / "train/cat/0.png").write_bytes(b"")
    with pytest.raises(DataError):
        train(root)

    assert list(cache.iterdir()) == []


def test_a_full_disk_leaves_no_pack(root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RES-001 names the cache, and what was written of it is removed."""

    def full(*_: object) -> None:
        raise resource_error(OSError(28, "No space left on device"), cache)

    monkeypatch.setattr(pixels.BlockWriter, "add", full)
    with pytest.raises(ResourceError, match="RES-001"):
        train(root)

    assert list(cache.iterdir()) == []


def test_pictures_that_do_not_fit_are_streamed_to_the_same_bits(root: Path, cache: Path) -> None:
    """A data set larger than the disk trains like one that is packed."""
    packed = train(root)
    shutil.rmtree(cache)
    streamed = train(root, limit_bytes=100)

    assert isinstance(packed.pixels, PackedPixels)
    assert isinstance(streamed.pixels, FilePixels)
    assert everything(streamed) == everything(packed)
    assert not list(cache.glob("*/pixels.npy"))


def test_a_streamed_start_does_not_decode_again_for_statistics(root: Path, decoded: list[str]) -> None:
    """Sizes, counts and statistics are kept although the pixels are not."""
    before = read_class_folders(verify(root), seeds=SeedPlan(1), limit_bytes=100)
    decoded.clear()
    after = read_class_folders(verify(root), seeds=SeedPlan(1), limit_bytes=100)

    assert decoded == []
    assert after.normalization == before.normalization
    assert after.facts == before.facts


def test_it_is_packed_as_soon_as_it_fits(root: Path) -> None:
    """Somebody freed the disk: from the next start on the pack is used."""
    before = everything(train(root, limit_bytes=100))
    split = train(root)

    assert isinstance(split.pixels, PackedPixels)
    assert everything(split) == before


def test_a_file_that_changes_while_it_is_streamed_is_refused(root: Path) -> None:
    """Every time a file is read its digest is checked: DATA-042 in the middle of an epoch."""
    split = train(root, limit_bytes=100)
    (root / "train/cat/0.png").write_bytes(encoded(noise(8, 8, 3, 99)))

    with pytest.raises(DataError, match=r"DATA-042: train/cat/0.png"):
        everything(split)


def test_a_file_that_changes_before_it_is_packed_is_refused(root: Path) -> None:
    """What was verified is what is decoded."""
    files = verify(root)
    (root / "train/cat/0.png").write_bytes(encoded(noise(8, 8, 3, 99)))

    with pytest.raises(DataError, match=r"DATA-042: train/cat/0.png"):
        read_class_folders(files, seeds=SeedPlan(1))


@pytest.fixture
def in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give every two pictures a digest of their own, checked when they are first read."""
    monkeypatch.setattr(pixels, "BLOCK", 400)
    monkeypatch.setattr(pixels, "CHECKED_AT_ONCE", 0)
    return iter(())


@pytest.mark.usefixtures("in_small_blocks")
def test_large_packs_are_checked_block_by_block(root: Path, cache: Path) -> None:
    """Opening a large pack takes no pass over it, and no unchecked byte is handed out: DATA-049."""
    train(root)
    (folder,) = cache.iterdir()
    flip(folder / "pixels.npy", -1)  # in the last picture of the test split
    folders = read_class_folders(verify(root), seeds=SeedPlan(1))

    everything(folders.splits.train)
    with pytest.raises(DataError, match="DATA-049"):
        everything(folders.splits.test)


@pytest.mark.usefixtures("in_small_blocks")
def test_blocks_change_no_pixel(root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How a pack is cut into digests is no part of its content."""
    before = everything(train(root))
    shutil.rmtree(cache)
    monkeypatch.undo()

    assert everything(train(root)) == before


def test_a_pack_can_be_read_without_us(root: Path, cache: Path) -> None:
    """It is a plain file of NumPy's."""
    before = everything(train(root))
    (place,) = cache.glob("*/pixels.npy")

    assert np.load(place)[:8].tobytes() == before


def test_reading_gives_a_copy(root: Path) -> None:
    """Whoever gets a batch may write to it; the pack stays as it is."""
    split = train(root)
    before = everything(split)
    split.read(np.arange(3), 0).images.zero_()

    assert everything(split) == before


def test_can_be_sent_to_a_worker_without_its_bytes(root: Path) -> None:
    """A spawned worker maps the file for itself; a copy made the same way reads the same."""
    split = train(root)
    assert isinstance(split.pixels, PackedPixels)

    assert "_array" not in split.pixels.__getstate__()
    assert everything(copy.deepcopy(split)) == everything(split)


def test_threads_change_no_pixel(root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large files are decoded by threads, in order all the same."""
    before = everything(train(root))
    shutil.rmtree(cache)
    monkeypatch.setattr(decode, "LARGE", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)

    assert everything(train(root)) == before


def test_small_chunks_change_no_pixel_and_no_statistic(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk may end anywhere, also between train and val."""
    before = read_class_folders(verify(root), seeds=SeedPlan(1))
    shutil.rmtree(cache)
    monkeypatch.setattr(decode, "CHUNK", 3 * 8 * 8 * 3)
    after = read_class_folders(verify(root), seeds=SeedPlan(1))

    assert everything(after.splits.train) == everything(before.splits.train)
    assert after.normalization == before.normalization


def test_progress_counts_the_pictures(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a first start learns how many are done."""
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(decode, "CHUNK", 5 * 8 * 8 * 3)
    names = [name for split in ("train", "val", "test") for name in list_samples(verify(root))[split]]
    contents = Contents(verify(root))
    shape = Shape(height=8, width=8, channels=3)
    decode.decode_all(contents, names, train=8, shape=shape, progress=lambda *done: told.append(done))

    assert told == [(5, 16), (10, 16), (15, 16), (16, 16)]


# -- The shape is guessed, then proved or settled -----------------------------------------


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def told_late(content: bytes) -> bytes:
    """Move the chunk that tells the orientation of a PNG behind its pixels."""
    begin = content.index(b"eXIf") - 4
    end = begin + 12 + int.from_bytes(content[begin : begin + 4], "big")
    rest = content[:begin] + content[end:]
    last = rest.index(b"IEND") - 4
    return rest[:last] + content[begin:end] + rest[last:]


ODD: dict[str, bytes] = {
    "larger": encoded(noise(9, 8)),
    "color": encoded(noise(channels=3)),
    "damaged": encoded(noise())[:-20],
    "no picture": b"hello",
    "turned": encoded(Image.fromarray(noise(8, 6)), exif=turned(6)),
    "turned, told late": told_late(encoded(Image.fromarray(noise(8, 6)), exif=turned(6))),
    "gif": encoded(noise(), "GIF"),
    "turned tiff": encoded(Image.fromarray(noise(8, 6)), "TIFF", exif=turned(6)),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("size", [(8, 8), (6, 8), (8, 6)])
def test_a_guessed_shape_moves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str, first: bool, size: tuple[int, int]
) -> None:
    """Whatever one odd picture is, and where it stands: pixels and facts are those of two readings."""
    root = draw_class_folders(tmp_path / "set", height=size[0], width=size[1])
    (root / "train" / ("cat" if first else "dog") / ("0.png" if first else "z.png")).write_bytes(ODD[odd])
    found: list[tuple[object, ...]] = []
    for guess in (decode.guess_shape, lambda *_: None):
        monkeypatch.setattr(pack, "guess_shape", guess)
        monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / f"home-{len(found)}"))
        folders = read_class_folders(verify(root), seeds=SeedPlan(1), allow_bad=2)
        found.append((dict(folders.facts), everything(folders.splits.train), folders.normalization))

    assert found[0] == found[1]


def test_equal_pictures_are_read_once(
    root: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all have one size, no file but the first is opened for its header alone."""
    headers: list[bytes] = []
    real = pictures.read_header

    def counting(content: bytes) -> pictures.Header:
        headers.append(content)
        return real(content)

    monkeypatch.setattr(decode, "read_header", counting)
    train(root)

    assert (len(headers), len(decoded)) == (1, 16)
