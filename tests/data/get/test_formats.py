"""Rules for readers of published formats: the pixels that were written, or one of our errors."""

from __future__ import annotations

import gzip
import io
import pickle  # noqa: TID251 - the publishers of CIFAR pickled; ours never does
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.get import genuine

from deepdiva.data.get.catalog import PUBLISHED
from deepdiva.data.get.idx import read_idx
from deepdiva.data.get.mat5 import read_mat5
from deepdiva.data.get.part import Parts
from deepdiva.data.get.plain_pickle import read_plain_pickle
from deepdiva.errors import DataError

FILE = Path("a-file")


def read(name: str, folder: Path) -> Parts:
    """Return what the reader of a data set finds in `folder`."""
    data_set = PUBLISHED[name]
    return data_set.read({file.name: file for file in folder.iterdir()}, data_set.classes)


def test_mnist_is_read(tmp_path: Path) -> None:
    """Pixels and labels are those of the files, in their order."""
    parts = read("mnist", genuine.write_mnist(tmp_path, 200, 50))
    pictures, labels = genuine.real_digits()

    assert (parts["train"].pixels[..., 0] == pictures[:200]).all()
    assert (parts["train"].labels == labels[:200]).all()
    assert (parts["test"].pixels[..., 0] == pictures[2000:2050]).all()


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_cifar10_is_read(tmp_path: Path, protocol: int) -> None:
    """Five batches one after the other, height, width, color; whatever protocol they are pickled in."""
    parts = read("cifar10", genuine.write_cifar10(tmp_path, 20, protocol))

    assert (parts["train"].pixels == genuine.photographs(120, 32)[:100]).all()
    assert (parts["test"].pixels == genuine.photographs(120, 32)[100:]).all()
    assert parts["train"].labels.tolist() == list(range(10)) * 10


def test_cifar100_is_read(tmp_path: Path) -> None:
    """The fine classes."""
    parts = read("cifar100", genuine.write_cifar100(tmp_path, 200))

    assert (parts["test"].pixels == genuine.photographs(400, 32)[200:]).all()
    assert parts["test"].labels.tolist() == list(range(100)) * 2


@pytest.mark.parametrize("packed", [True, False])
def test_svhn_is_read(tmp_path: Path, packed: bool) -> None:
    """The digit 0, published as 10, is 0."""
    parts = read("svhn", genuine.write_svhn(tmp_path, 40, packed))
    pictures = genuine.photographs(120, 32)

    for number, name in enumerate(parts):
        assert (parts[name].pixels == pictures[40 * number : 40 * number + 40]).all()
        assert parts[name].labels.tolist() == list(range(10)) * 4
    assert list(parts) == ["train", "test", "extra"]


def test_stl10_is_read(tmp_path: Path) -> None:
    """Columns first, as published; the pictures without labels are passed over."""
    parts = read("stl10", genuine.write_stl10(tmp_path, 20))
    pictures = genuine.photographs(40, 96)

    assert (parts["test"].pixels == pictures[:20]).all()
    assert (parts["train"].pixels == pictures[20:]).all()
    assert parts["train"].labels.tolist() == list(range(10)) * 2


def python_2(rows: np.ndarray, labels: list[int]) -> bytes:
    """Return a batch as Python 2 pickled it: texts are bytes, the array's content is one of them."""

    def text(content: bytes) -> bytes:
        return b"T" + struct.pack("<I", len(content)) + content

    def short(content: bytes) -> bytes:
        return b"U" + bytes([len(content)]) + content

    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85" + short(b"b")
    array += b"\x87Rq\x04(K\x01" + b"M" + struct.pack("<H", len(rows)) + b"M\x00\x0c\x86cnumpy\ndtype\nq\x05"
    array += (
        short(b"u1") + b"K\x00K\x01\x87Rq\x06(K\x03" + short(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
    )
    array += b"K\x00tb\x89" + text(rows.tobytes()) + b"tb"
    numbers = b"]q\x07(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}q\x01(" + short(b"data") + array + short(b"labels") + numbers + b"u."


def test_pickles_of_python_2_are_read() -> None:
    """The way the genuine archives were made."""
    rows = genuine.rows_of(genuine.photographs(20, 32))
    content = python_2(rows, list(range(20)))
    found = read_plain_pickle(content, FILE)

    assert pickle.loads(content, encoding="latin1")["labels"] == list(range(20))
    assert found["labels"] == list(range(20))
    assert (found["data"] == rows).all()


class Evil:
    """What a stranger's pickle may hold."""

    def __init__(self, function: Callable[..., Any], *words: Any) -> None:
        self.call = function, words

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "evil", [Evil(open, "marker", "w"), Evil(eval, "open('marker', 'w')"), Evil(Path, "x")]
)
def test_a_pickle_that_asks_for_code_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int, evil: Evil
) -> None:
    """DATA-071; nothing of it is executed, wherever it stands."""
    monkeypatch.chdir(tmp_path)
    for content in ({"data": evil}, {"labels": [1, evil]}, {"data": np.zeros(3, np.uint8), "x": (evil,)}):
        with pytest.raises(DataError, match="DATA-071"):
            read_plain_pickle(genuine.pickled(content, protocol), FILE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("array", [np.zeros(3), np.array(["a"], object), np.zeros(3, np.int16)])
def test_arrays_of_something_else_are_refused(array: np.ndarray) -> None:
    """Only bytes are read."""
    with pytest.raises(DataError, match="DATA-07[01]"):
        read_plain_pickle(genuine.pickled({"data": array}), FILE)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "begins with b''"),
        (b"\0\0\x0d\1\0\0\0\1\0", "not as bytes along 1 axes"),
        (b"\0\0\x08\1\0\0\0\5abcd", "announces 5 values and holds 4"),
        (b"\0\0\x08\1\0\0\0\0", "announces 0 values"),
        (b"\0\0\x08\1\xff\xff\xff\xffabc", "announces 4,294,967,295 values"),
    ],
)
def test_odd_idx_files_are_told(tmp_path: Path, content: bytes, said: str) -> None:
    """DATA-070 with what is wrong."""
    (tmp_path / "a.gz").write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match="DATA-070: a-file cannot be read") as caught:
        read_idx(tmp_path / "a.gz", FILE, axes=1)
    assert said in str(caught.value)


def test_labels_that_no_class_has_are_told(tmp_path: Path) -> None:
    """DATA-072 names the first sample."""
    genuine.write_mnist(tmp_path, 30, 20)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(genuine.idx(np.arange(20)))

    with pytest.raises(DataError, match="DATA-072: t10k.*sample 10 is of class 10"):
        read("mnist", tmp_path)


def test_labels_and_pictures_must_be_as_many(tmp_path: Path) -> None:
    """DATA-070."""
    genuine.write_mnist(tmp_path, 30, 20)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(genuine.idx(np.arange(10)))

    with pytest.raises(DataError, match="DATA-070"):
        read("mnist", tmp_path)


def test_an_archive_with_other_names_of_classes_is_refused(tmp_path: Path) -> None:
    """Numbers would mean something else than their folders say."""
    names = ["cat", *PUBLISHED["cifar100"].classes[1:]]
    genuine.tar_gz(
        tmp_path / "cifar-100-python.tar.gz",
        {
            "cifar-100-python/train": genuine.pickled({}),
            "cifar-100-python/test": genuine.pickled({}),
            "cifar-100-python/meta": genuine.pickled({"fine_label_names": names}),
        },
    )
    with pytest.raises(DataError, match="DATA-072: meta names other classes"):
        read("cifar100", tmp_path)


@pytest.mark.parametrize(("name", "file"), [("cifar10", "cifar-10-python"), ("stl10", "stl10_binary")])
def test_an_archive_that_lacks_a_file_is_told(tmp_path: Path, name: str, file: str) -> None:
    """DATA-070 names it."""
    genuine.tar_gz(tmp_path / f"{file}.tar.gz", {"something/else": b"1"})
    with pytest.raises(DataError, match="DATA-070.*it holds no "):
        read(name, tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.array([[1], [0]])},
        {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.array([[1], [0.5]])},
        {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.array([[1], [np.nan]])},
        {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.array([[1], [np.inf]])},
        {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.array([[1], [-1]])},
        {"X": np.zeros((32, 32, 3, 2)), "y": np.array([[1], [2]])},
        {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.array([[1, 2]])},
        {"X": np.zeros((32, 32, 3, 2), np.uint8)},
        {"X": "text", "y": {"a": 1}},
        {"X": np.zeros((2, 2), complex)},
    ],
)
def test_odd_mat_files_are_told(tmp_path: Path, content: Mapping[str, Any]) -> None:
    """DATA-070 or DATA-072, for each way in which an array is another one than SVHN's."""
    genuine.write_svhn(tmp_path, 10)
    scipy.io.savemat(tmp_path / "train_32x32.mat", dict(content))
    with pytest.raises(DataError, match="DATA-07[02]"):
        read("svhn", tmp_path)


@given(
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    kind=st.sampled_from(["u1", "i2", "u2", "i4", "f4", "f8"]),
    packed=st.booleans(),
)
def test_any_numeric_array_of_a_mat_file_is_read(
    tmp_path_factory: pytest.TempPathFactory, shape: list[int], kind: str, packed: bool
) -> None:
    """As SciPy writes it, of any shape and type."""
    place = tmp_path_factory.mktemp("mat") / "a.mat"
    array = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    scipy.io.savemat(place, {"ab": array, "a_longer_name": array[::-1]}, do_compression=packed)
    found = read_mat5(place, FILE)

    assert (found["ab"] == array).all()
    assert (found["a_longer_name"] == array[::-1]).all()


# -- Any bytes -----------------------------------------------------------------------


def small_mat() -> bytes:
    stream = io.BytesIO()
    scipy.io.savemat(stream, {"X": np.arange(12, dtype=np.uint8).reshape(3, 4), "y": np.ones((2, 1))})
    return stream.getvalue()


FORMATS: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "idx": (
        gzip.decompress(genuine.idx(np.arange(12).reshape(3, 4))),
        lambda place: read_idx(place, FILE, axes=2),
    ),
    "packed idx": (
        genuine.idx(np.arange(12).reshape(3, 4)),
        lambda place: read_idx(place, FILE, axes=2),
    ),
    "mat": (small_mat(), lambda place: read_mat5(place, FILE)),
    "pickle 0": (
        genuine.pickled({"data": np.arange(12, dtype=np.uint8), "labels": [1, "a"]}, 0),
        lambda place: read_plain_pickle(place.read_bytes(), FILE),
    ),
    "pickle 2": (
        genuine.pickled({"data": np.arange(12, dtype=np.uint8), "labels": [1, "a"]}),
        lambda place: read_plain_pickle(place.read_bytes(), FILE),
    ),
}


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=100),
    spoil=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=3),
)
def test_any_bytes_are_answered(
    tmp_path_factory: pytest.TempPathFactory, form: str, content: bytes, spoil: list[tuple[float, int]]
) -> None:
    """Whatever a file holds, it is read or refused with one of our errors."""
    whole, reader = FORMATS[form]
    changed = bytearray(whole)
    for place, byte in spoil:
        changed[int(place * len(changed))] = byte
    for candidate in (content, bytes(changed), whole[: int(spoil[0][0] * len(whole))]):
        file = tmp_path_factory.getbasetemp() / "any-bytes"
        file.write_bytes(candidate)
        try:
            reader(file)
        except DataError as error:
            assert error.code in ("DATA-070", "DATA-071", "ARC-002", "ARC-004")  # noqa: PT017 - reading is as good
