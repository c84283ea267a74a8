"""The published data sets: where their files lie, their checksums, classes and citations.

Addresses, file names and checksums are those that the authors' pages and torchvision agree on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deepdiva.data.get.cifar import read_cifar10, read_cifar100
from deepdiva.data.get.idx import read_mnist
from deepdiva.data.get.part import Parts
from deepdiva.data.get.stl10 import read_stl10
from deepdiva.data.get.svhn import read_svhn


@dataclass(frozen=True, kw_only=True)
class Published:
    """A data set that others published."""

    host: str
    """Address above the files."""
    files: Mapping[str, str]
    """Published MD5 of each file."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """The same for files that are got on demand."""
    read: Callable[[Mapping[str, Path], tuple[str, ...]], Parts]
    classes: tuple[str, ...]
    """Names of the classes as folders; the place of a name is the published label."""
    citation: str
    license: str = "none stated by the authors"


_DIGITS = tuple("0123456789")
_KRIZHEVSKY = (
    "A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images. University of Toronto, 2009"
)
_CIFAR100 = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel
can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur
dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion
lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree
pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea
seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank
telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""

PUBLISHED: Mapping[str, Published] = {
    "mnist": Published(
        host="https://ossci-datasets.s3.amazonaws.com/mnist",
        files={
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        read=read_mnist,
        classes=_DIGITS,
        citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-Based Learning Applied to Document "
        "Recognition. Proceedings of the IEEE 86(11), 1998",
    ),
    "fashion-mnist": Published(
        host="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        files={
            "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        read=read_mnist,
        classes=(
            *("t-shirt-top", "trouser", "pullover", "dress", "coat"),
            *("sandal", "shirt", "sneaker", "bag", "ankle-boot"),
        ),
        citation="H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking "
        "Machine Learning Algorithms. arXiv:1708.07747, 2017",
        license="MIT",
    ),
    "cifar10": Published(
        host="https://www.cs.toronto.edu/~kriz",
        files={"cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a"},
        read=read_cifar10,
        classes=(
            *("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        ),
        citation=_KRIZHEVSKY,
    ),
    "cifar100": Published(
        host="https://www.cs.toronto.edu/~kriz",
        files={"cifar-100-python.tar.gz": "eb9058c3a382ffc7106e4002c42a8d85"},
        read=read_cifar100,
        classes=tuple(_CIFAR100.split()),
        citation=_KRIZHEVSKY,
    ),
    "svhn": Published(
        host="http://ufldl.stanford.edu/housenumbers",
        files={
            "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
            "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
        },
        extra={"extra_32x32.mat": "a93ce644f1a588dc4d68dda5feec44a7"},
        read=read_svhn,
        classes=_DIGITS,
        citation="Y. Netzer, T. Wang, A. Coates, A. Bissacco, B. Wu, A. Y. Ng: Reading Digits in Natural "
        "Images with Unsupervised Feature Learning. NIPS Workshop on Deep Learning, 2011",
        license="for non-commercial use only",
    ),
    "stl10": Published(
        host="http://ai.stanford.edu/~acoates/stl10",
        files={"stl10_binary.tar.gz": "91f7769df0f17e558f3565bffb0c7dfb"},
        read=read_stl10,
        classes=("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"),
        citation="A. Coates, H. Lee, A. Y. Ng: An Analysis of Single-Layer Networks in Unsupervised Feature "
        "Learning. AISTATS, 2011",
    ),
}
