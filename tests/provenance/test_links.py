"""Links that our own split recorded are followed, and no others."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from deepdiva.errors import DataError
from deepdiva.provenance.footprint import take_footprint
from deepdiva.provenance.hashing import ALONE
from deepdiva.provenance.links import LINKS_NAME, Link, write_links
from deepdiva.provenance.reading import TreeReader
from deepdiva.provenance.tree import look_at
from deepdiva.provenance.verify import verify

DIGEST = sha256(b"content").hexdigest()
OURS = Link("../../source/1", DIGEST)


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """Return a folder with one link out of it, recorded as our split does."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "1").write_bytes(b"content")
    root = tmp_path / "split"
    (root / "train").mkdir(parents=True)
    (root / "train" / "1").symlink_to("../../source/1")
    (root / LINKS_NAME).write_bytes(write_links({"train/1": OURS}))
    return root


def test_a_recorded_link_is_a_file_like_any_other(linked: Path) -> None:
    """It has the size and the digest of what it leads to, and is verified by them."""
    entry = take_footprint(linked).files["train/1"]
    assert (entry.size, entry.digest) == (7, DIGEST)
    verify(linked)
    assert verify(linked, deep=True).notices == ()


def test_the_list_of_links_is_no_data(linked: Path) -> None:
    """Where links lead depends on the place; the identity of the data set does not."""
    assert list(take_footprint(linked).files) == ["train/1"]


def put_pipe(place: Path) -> None:
    place.unlink()
    os.mkfifo(place)


def put_link(place: Path, target: str) -> None:
    place.unlink()
    place.symlink_to(target)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda root: (root / LINKS_NAME).unlink(),
        lambda root: (root / LINKS_NAME).write_bytes(b"{"),
        lambda root: (root / LINKS_NAME).write_bytes(write_links({"train/2": OURS})),
        lambda root: (root / LINKS_NAME).write_bytes(write_links({"train/1": Link("/etc/passwd", DIGEST)})),
        lambda root: (root.parent / "source" / "1").unlink(),
        lambda root: put_pipe(root.parent / "source" / "1"),
        lambda root: put_link(root / "train" / "1", "../../source"),
    ],
)  # fmt: skip
def test_all_other_links_are_refused(linked: Path, spoil: Callable[[Path], object]) -> None:
    """Not recorded, recorded otherwise, broken, or to anything but a file: an error, as any link."""
    spoil(linked)
    with pytest.raises(DataError, match="DATA-041 train/1: a link out of the folder"):
        look_at(linked)
    with TreeReader(linked) as reader, pytest.raises(OSError, match=r"links|No such|link of our split"):
        reader.open("train/1")


def test_other_content_never_comes_out(linked: Path) -> None:
    """A link is good for the content that was recorded: a stranger must have known it before."""
    (linked.parent / "source" / "1").write_bytes(b"CONTENT")
    with pytest.raises(DataError, match="DATA-044.*other content now"):
        take_footprint(linked)


def test_many_links_are_hashed_by_the_process_that_knows_them(linked: Path) -> None:
    """The bare programs that hash large data sets follow no link; a split of many files is hashed without."""
    names = [f"train/{number}" for number in range(2, 2 + 2 * ALONE[0])]
    for name in names:
        (linked / name).symlink_to("../../source/1")
    (linked / LINKS_NAME).write_bytes(write_links(dict.fromkeys(["train/1", *names], OURS)))
    assert set(take_footprint(linked).contents.values()) == {DIGEST}


def test_a_folder_behind_a_link_is_never_entered(linked: Path) -> None:
    """Only files are recorded; a link in the place of a folder stays a refusal."""
    (linked / "more").symlink_to("train")
    links = {"train/1": OURS, "more": Link("train", DIGEST)}
    (linked / LINKS_NAME).write_bytes(write_links(links))
    with pytest.raises(DataError, match="DATA-040 more: a link to train"):
        look_at(linked)
