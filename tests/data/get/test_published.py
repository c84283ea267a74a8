"""Rules for published data sets: checked before read, split once and for all, the same everywhere."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.data.get import genuine
from tests.data.get.servers import Server

from deepdiva.cli.data_names import PICTURES, SHAPES
from deepdiva.data.get import shape_rules
from deepdiva.data.get.catalog import PUBLISHED
from deepdiva.data.get.published import get_published
from deepdiva.errors import ConfigError, DataChanged, DataError
from deepdiva.provenance import verify
from deepdiva.provenance.places import is_ours

PICTURES_OF_STL10 = "c33224ff40b0072c45c56809dd47f156b72aabbcf9ec7ef48c97f137a9c7140e"
"""SHA-256 over path and digest of every picture that the test below writes."""

pytestmark = pytest.mark.usefixtures("fresh_home")


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with 200 and 50 digits in the four files of MNIST."""
    return genuine.write_mnist(tmp_path_factory.mktemp("mnist"), 200, 50)


def get_mnist(mnist: Path, to: Path, seed: int = 1, val: float = 0.1, mirror: str | None = None) -> Path:
    gotten = get_published(
        "mnist",
        to,
        seed=seed,
        val=val,
        mirror=mirror or mnist.as_uri(),
        checksums=genuine.checksums(mnist),
    )
    return gotten.folder


def names(root: Path) -> list[str]:
    return sorted(place.relative_to(root).as_posix() for place in root.glob("*/*/*.png"))


def test_names_of_the_command_are_those_of_the_catalogs() -> None:
    """The command keeps a list of its own, so that help is quick."""
    assert list(PICTURES) == list(PUBLISHED)
    assert list(SHAPES) == list(shape_rules.SHAPES)


def test_every_picture_is_there_once_in_its_class(mnist: Path, tmp_path: Path) -> None:
    """The number of a file is its place in the official split; pixels are those of the publisher."""
    folder = get_mnist(mnist, tmp_path)
    pictures, labels = genuine.real_digits()
    found = names(folder)
    official = [name for name in found if not name.startswith("test/")]

    assert sorted(Path(name).stem for name in official) == [f"{index:05d}" for index in range(200)]
    for name in found:
        split, label, file = name.split("/")
        index = int(file.removesuffix(".png")) + (2000 if split == "test" else 0)
        assert labels[index] == int(label)
        assert (np.asarray(Image.open(folder / name)) == pictures[index]).all()


def test_val_is_drawn_from_every_class_of_train(mnist: Path, tmp_path: Path) -> None:
    """round(n val) of each class, at least one; test is the official one."""
    for val in (0.001, 0.1, 0.25):
        counts = Counter(
            tuple(name.split("/")[:2]) for name in names(get_mnist(mnist, tmp_path / f"{val}", val=val))
        )
        for label in map(str, range(10)):
            assert counts["val", label] == max(round(20 * val), 1)
            assert counts["train", label] == 20 - counts["val", label]
            assert counts["test", label] == 5


def test_a_mirror_does_not_move_the_digest(mnist: Path, tmp_path: Path, server: Server) -> None:
    """The same files from a folder and from a server are the same data set, and no address is in it."""
    server.files = {f"/deep/{file.name}": file.read_bytes() for file in mnist.iterdir()}
    here = get_mnist(mnist, tmp_path / "here")
    (tmp_path / "home").rename(tmp_path / "forgotten")
    there = get_mnist(mnist, tmp_path / "there", mirror=f"{server.address}/deep/")

    assert len(server.asked) == 4
    assert verify(here).footprint.digest == verify(there, deep=True).footprint.digest
    assert server.address not in (there / "ABOUT.json").read_text()
    assert str(mnist) not in (here / "ABOUT.json").read_text()


def test_the_data_set_is_this_one(tmp_path: Path) -> None:
    """Its digest is known: another machine, Pillow or zlib makes the very same data set."""
    archive = genuine.write_stl10(tmp_path / "from")
    inside = {
        "stl10_binary.tar.gz": hashlib.sha256((archive / "stl10_binary.tar.gz").read_bytes()).hexdigest()
    }
    folder = get_published(
        "stl10", tmp_path, mirror=archive.as_uri(), checksums=genuine.checksums(archive)
    ).folder
    rows = sorted(
        f"{path}\0{entry.digest}"
        for path, entry in verify(folder).footprint.files.items()
        if path != "ABOUT.json"
    )

    assert hashlib.sha256("\n".join(rows).encode()).hexdigest() == PICTURES_OF_STL10
    assert json.loads((folder / "ABOUT.json").read_text())["sha256"] == inside


def test_what_was_done_is_written_down(mnist: Path, tmp_path: Path) -> None:
    """Seed, share, counts, checksums and that they were replaced, citation and license."""
    about = json.loads((get_mnist(mnist, tmp_path, seed=3, val=0.2) / "ABOUT.json").read_text())

    assert (about["recipe"]["seed"], about["recipe"]["val"]) == (3, 0.2)
    assert about["samples"] == {"train": 160, "val": 40, "test": 50}
    assert [f"{file}={checksum}" for file, checksum in sorted(about["recipe"]["files"].items())] == (
        genuine.checksums(mnist)
    )
    assert about["replaced_checksums"] == sorted(PUBLISHED["mnist"].files)
    assert about["published_md5"] == PUBLISHED["mnist"].files
    assert "LeCun" in about["citation"]


def test_it_comes_with_footprint_and_mark(mnist: Path, tmp_path: Path) -> None:
    """A run starts without a notice, and git does not see the folder."""
    folder = get_mnist(mnist, tmp_path)

    assert verify(folder).notices == ()
    assert is_ours(folder)


def test_the_published_checksum_holds_unless_replaced(mnist: Path, tmp_path: Path) -> None:
    """A sample of MNIST is not MNIST; nothing is left behind."""
    with pytest.raises(DataError, match="ARC-004: train-images-idx3-ubyte.gz from file:") as caught:
        get_published("mnist", tmp_path / "to", mirror=mnist.as_uri())

    assert "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873" in str(caught.value)
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize("file", sorted(PUBLISHED["mnist"].files))
def test_one_flipped_byte_is_refused_and_named(mnist: Path, tmp_path: Path, file: str) -> None:
    """Whichever file it is in; the mirror's file stays as it is."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for source in mnist.iterdir():
        (mirror / source.name).write_bytes(source.read_bytes())
    content = bytearray((mirror / file).read_bytes())
    content[len(content) // 2] ^= 1
    (mirror / file).write_bytes(content)

    with pytest.raises(DataError, match=f"ARC-004: {file}") as caught:
        get_published("mnist", tmp_path / "to", mirror=mirror.as_uri(), checksums=genuine.checksums(mnist))
    assert caught.value.exit_code == 4
    assert (mirror / file).read_bytes() == content
    assert not (tmp_path / "to").exists()


def test_getting_it_again_needs_nothing(mnist: Path, tmp_path: Path) -> None:
    """The same data set there already is found by what it says of itself, and read again."""
    words = genuine.checksums(mnist)
    first = get_published("mnist", tmp_path, mirror=mnist.as_uri(), checksums=words)
    second = get_published("mnist", tmp_path, mirror="file:///nowhere", checksums=words)

    assert (first.made, second.made) == (True, False)
    assert (first.data_sha256, dict(first.counts)) == (second.data_sha256, dict(second.counts))


def test_files_are_kept_for_the_next_seed(mnist: Path, tmp_path: Path) -> None:
    """Another split of the same files needs no network."""
    folder = get_mnist(mnist, tmp_path / "a")
    other = get_mnist(mnist, tmp_path / "b", seed=2, mirror="file:///nowhere")

    assert names(other) != names(folder)
    assert sorted(Path(n).name for n in names(other)) == sorted(Path(n).name for n in names(folder))


@pytest.mark.parametrize(
    "about", [None, "", "{}", '{"format": "deepdiva data set 1", "recipe": 1}', "[" * 10**5]
)
def test_anything_else_there_is_never_overwritten(mnist: Path, tmp_path: Path, about: str | None) -> None:
    """DATA-048, before anything is fetched."""
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "thesis.txt").write_text("years")
    if about is not None:
        (tmp_path / "mnist" / "ABOUT.json").write_text(about)

    with pytest.raises(DataError, match="DATA-048"):
        get_mnist(mnist, tmp_path)
    assert (tmp_path / "mnist" / "thesis.txt").read_text() == "years"


def test_another_seed_there_is_never_overwritten(mnist: Path, tmp_path: Path) -> None:
    """Somebody may have trained on it."""
    get_mnist(mnist, tmp_path)
    with pytest.raises(DataError, match="DATA-048.*holds mnist with seed 1, val 0.1"):
        get_mnist(mnist, tmp_path, seed=2)


def test_a_damaged_copy_is_named_and_not_mended(mnist: Path, tmp_path: Path) -> None:
    """Who changed a file should know of it."""
    folder = get_mnist(mnist, tmp_path)
    (folder / names(folder)[0]).write_bytes(b"")

    with pytest.raises(DataChanged, match=names(folder)[0]):
        get_mnist(mnist, tmp_path)


def test_what_cannot_be_read_leaves_nothing(mnist: Path, tmp_path: Path) -> None:
    """A file that its checksum vouches for can still be nonsense."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for source in mnist.iterdir():
        (mirror / source.name).write_bytes(source.read_bytes())
    (mirror / "t10k-labels-idx1-ubyte.gz").write_bytes(b"nonsense")

    with pytest.raises(DataError, match="DATA-070: t10k-labels"):
        get_published("mnist", tmp_path / "to", mirror=mirror.as_uri(), checksums=genuine.checksums(mirror))
    assert list((tmp_path / "to").glob("*")) == []


def test_extra_joins_train_on_demand(tmp_path: Path) -> None:
    """Val is drawn from the official train split alone."""
    mirror = genuine.write_svhn(tmp_path / "mirror")
    words = genuine.checksums(mirror)
    plain = get_published(
        "svhn",
        tmp_path / "a",
        mirror=mirror.as_uri(),
        checksums=[word for word in words if "extra" not in word],
    )
    more = get_published("svhn", tmp_path / "b", mirror=mirror.as_uri(), checksums=words, extra=True)

    assert dict(plain.counts) == {"train": 30, "val": 10, "test": 40}
    assert dict(more.counts) == {"train": 70, "val": 10, "test": 40}
    again = get_published("svhn", tmp_path / "b", checksums=words, extra=True)
    assert again.facts["official"] == more.facts["official"] == {"train": 40, "test": 40, "extra": 40}
    assert plain.facts["official"] == {"train": 40, "test": 40}
    assert len([name for name in names(more.folder) if "/extra-" in name]) == 40
    assert set(names(plain.folder)) < set(names(more.folder))


@pytest.mark.parametrize(
    "word",
    [
        "mnist.gz=sha256:" + "0" * 64,
        "train-images-idx3-ubyte.gz",
        "train-images-idx3-ubyte.gz=md5:" + "0" * 32,
    ],
)
def test_odd_checksums_are_refused(tmp_path: Path, word: str) -> None:
    """CFG-030: a file that is not got, no checksum, or one that proves too little."""
    with pytest.raises(ConfigError, match="CFG-030"):
        get_published("mnist", tmp_path, checksums=[word])


@pytest.mark.parametrize("val", [0.0, 1.0, -1.0, float("nan"), 2.0])
def test_odd_shares_are_refused(tmp_path: Path, val: float) -> None:
    """CFG-003."""
    with pytest.raises(ConfigError, match="CFG-003"):
        get_published("mnist", tmp_path, val=val)


@pytest.mark.slow
def test_all_of_mnist(tmp_path: Path) -> None:
    """60,000 and 10,000 pictures in files of the genuine format, in a few minutes even on a busy machine."""
    mirror = genuine.write_mnist(tmp_path / "mirror", 60_000, 10_000)
    since = time.monotonic()
    gotten = get_published("mnist", tmp_path, mirror=mirror.as_uri(), checksums=genuine.checksums(mirror))

    assert time.monotonic() - since < 240
    assert dict(gotten.counts) == {"train": 54_000, "val": 6_000, "test": 10_000}
    assert len(verify(gotten.folder).footprint.files) == 70_001
