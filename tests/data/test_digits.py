"""Rules for the digits of the demo: real, split once and for all, the same bytes everywhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits
from tests.data.drawing import noise

from deepdiva.data import digits as digits_page
from deepdiva.data.digits import get_digits
from deepdiva.data.pictures import decode
from deepdiva.data.png import encode_png
from deepdiva.errors import ConfigError, DataChanged, DataError
from deepdiva.provenance import verify
from deepdiva.provenance.places import is_ours


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return get_digits(tmp_path_factory.mktemp("data")).folder


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scikit-learn have a hundred digits only, where a test writes them again and again."""
    labels, pictures = digits_page._load()
    monkeypatch.setattr(digits_page, "_load", lambda: (labels[:100], pictures[:100]))


def names(root: Path) -> list[str]:
    return sorted(place.relative_to(root).as_posix() for place in root.glob("*/*/*.png"))


def test_the_data_set_is_this_one(digits: Path) -> None:
    """Its digest is known: another machine, Pillow or zlib makes the very same data set."""
    expected = "3c8166ad9c4863e753f7ec730d35e57a95480cdf9817ae30a7936bef21236000"

    assert verify(digits, deep=True).footprint.digest == expected


def test_every_digit_is_there_once(digits: Path) -> None:
    """1,797 pictures, no one in two splits."""
    numbers = [Path(name).stem for name in names(digits)]

    assert sorted(numbers) == [f"{number:04d}" for number in range(1797)]


def test_pixels_and_classes_are_those_of_scikit_learn(digits: Path) -> None:
    """Grey 0 to 16 becomes 0 to 255 by (255 v + 8) // 16; the folder is the class."""
    table = load_digits()
    for name in names(digits)[::50]:
        _, label, file = name.split("/")
        number = int(Path(file).stem)
        assert table.target[number] == int(label)
        expected = (table.images[number].astype(int) * 255 + 8) // 16
        assert (np.asarray(Image.open(digits / name)) == expected).all()


def test_every_class_is_split_alike(digits: Path) -> None:
    """A fifth of each class, rounded down, for val and for test."""
    counts = Counter(tuple(name.split("/")[:2]) for name in names(digits))
    for label in map(str, range(10)):
        total = sum(counts[split, label] for split in ("train", "val", "test"))
        assert counts["val", label] == counts["test", label] == total // 5


def test_it_comes_with_footprint_and_mark(digits: Path) -> None:
    """A run starts without a notice, and git does not see the folder."""
    assert verify(digits).notices == ()
    assert is_ours(digits)


def test_another_seed_is_another_split_of_the_same_pictures(tmp_path: Path, digits: Path) -> None:
    """The seed decides where a picture goes, and about nothing else."""
    other = get_digits(tmp_path, seed=2).folder

    assert names(other) != names(digits)
    assert sorted(Path(n).name for n in names(other)) == sorted(Path(n).name for n in names(digits))


@pytest.mark.usefixtures("few")
def test_getting_it_again_changes_nothing(tmp_path: Path) -> None:
    """A second call finds what the first one made."""
    first = get_digits(tmp_path)
    times = {place: place.stat().st_mtime_ns for place in first.folder.rglob("*")}
    second = get_digits(tmp_path)

    assert (first.made, second.made) == (True, False)
    assert first.data_sha256 == second.data_sha256
    assert {place: place.stat().st_mtime_ns for place in first.folder.rglob("*")} == times
    assert [place.name for place in tmp_path.iterdir()] == ["digits"]


@pytest.mark.usefixtures("few")
def test_another_split_is_never_overwritten(tmp_path: Path) -> None:
    """Somebody may have trained on it."""
    get_digits(tmp_path, seed=1)

    with pytest.raises(DataError, match="DATA-048"):
        get_digits(tmp_path, seed=2)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_outside_its_range_is_refused(tmp_path: Path, seed: int) -> None:
    """Seeds are the same kind of number everywhere."""
    with pytest.raises(ConfigError, match="CFG-004"):
        get_digits(tmp_path, seed=seed)


@pytest.mark.usefixtures("few")
def test_a_damaged_copy_is_named_and_not_mended(tmp_path: Path) -> None:
    """Who changed a file should know of it."""
    folder = get_digits(tmp_path).folder
    (folder / names(folder)[0]).write_bytes(b"")

    with pytest.raises(DataChanged, match=names(folder)[0]):
        get_digits(tmp_path)
    assert (folder / names(folder)[0]).read_bytes() == b""


@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 99))
def test_every_grey_picture_survives_our_png(height: int, width: int, seed: int) -> None:
    """What is encoded without a library is decoded by one, to the same pixels."""
    pixels = noise(height, width, 1, seed)
    found, header = decode(encode_png(pixels), height=height, width=width, channels=1)

    assert header.format == "PNG"
    assert (found[..., 0] == pixels).all()
