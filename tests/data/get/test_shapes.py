"""Laws of the 2-D shapes: balanced, where their formulas say, and the same everywhere."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.data.get.shape_rules import SHAPES
from deepdiva.data.get.shapes import draw_shape, get_shape
from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance import verify

RULES: dict[str, Callable[[float, float], int]] = {
    "diagonal": lambda x, y: int(y > x),
    "circle": lambda x, y: int((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.4**2),
    "donut": lambda x, y: int(0.2**2 <= (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.45**2),
    "stripes": lambda x, _: min(int(6 * x), 5) % 2,
    "xor": lambda x, y: int((x > 0.5) != (y > 0.5)),
    "flag": lambda x, _: min(int(3 * x), 2),
}
ARMS = {"spiral": (2, 1.5), "spiral-multi": (4, 0.75)}


def rows_of(folder: Path, split: str) -> list[tuple[float, float, int]]:
    with (folder / f"{split}.csv").open(newline="") as stream:
        return [(float(row["x"]), float(row["y"]), int(row["label"])) for row in csv.DictReader(stream)]


@pytest.mark.parametrize("name", RULES)
def test_the_formula_holds_for_what_is_written(tmp_path: Path, name: str) -> None:
    """A reader of the file can check every label."""
    folder = get_shape(name, tmp_path, size=600).folder
    for split in ("train", "val", "test"):
        for x, y, label in rows_of(folder, split):
            assert 0 <= x <= 1
            assert 0 <= y <= 1
            assert RULES[name](x, y) == label


@pytest.mark.parametrize("name", ARMS)
def test_points_lie_beside_their_own_arm(tmp_path: Path, name: str) -> None:
    """Within the jitter of it, and twice as far from every other: the classes can be told apart."""
    arms, turns = ARMS[name]
    t = np.linspace(0, 1, 4000)
    angles = 2 * np.pi * (turns * t[None] + np.arange(arms)[:, None] / arms)
    curves = 0.5 + (0.05 + 0.42 * t)[None, :, None] * np.stack([np.cos(angles), np.sin(angles)], axis=2)
    for x, y, label in rows_of(get_shape(name, tmp_path, size=300).folder, "train"):
        distances = np.sqrt(((curves - np.array([x, y])) ** 2).sum(axis=2)).min(axis=1)

        assert distances[label] < 0.0215
        assert np.delete(distances, label).min() > 0.043


@given(name=st.sampled_from(sorted(SHAPES)), size=st.integers(15, 120), seed=st.integers(0, 2**63 - 1))
def test_classes_are_balanced_in_every_split(name: str, size: int, seed: int) -> None:
    """Shares differ by one at most; a fifth of each class is val and a fifth test, rounded down."""
    shape = SHAPES[name]
    counts = {
        split: Counter(labels.tolist()) for split, (_, labels) in draw_shape(name, size=size, seed=seed)
    }
    totals = [sum(counts[split][label] for split in counts) for label in range(shape.classes)]

    assert sum(totals) == size * shape.times
    assert max(totals) - min(totals) <= 1
    for label, total in enumerate(totals):
        assert counts["val"][label] == counts["test"][label] == total // 5


DIGESTS = {
    "diagonal": "18b2b48fc543fc64d706c023a353946078c810ac25928518891a47c0c4384c7a",
    "circle": "891691197d6dac1c3e1ebfb28ce17fa050db6640c020cf109c5b684e4d5224ec",
    "donut": "5911b2f9b4a43b2b0b4ba01c5c993e7ccad813a81f5a22484a6a2562eb181ccd",
    "stripes": "737b1a66275661dea912a0e2cdb6c9e3d5b3638cef72cbe4132d34a790970b4c",
    "spiral": "49502b886ef5a58a098eff75669ca218ce51771de3b0d7d9d07126350784af39",
    "spiral-multi": "bd08b5072282393a6c3728ba3aedc7fd87c40cdd2e955a987721f8c1100969d0",
    "xor": "79cd26208d46a08b9126b02502c6f6e67fff075d6b6ac0240d522c0782847d11",
    "flag": "e62b0a05a29714148510d0080f80e67a3b13d1e8c5859d12e0803bee20f990c6",
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_data_set_is_this_one(tmp_path: Path, name: str) -> None:
    """Its digest is known: the same seed gives the same bytes on every machine; another one does not."""
    gotten = get_shape(name, tmp_path)

    assert gotten.data_sha256 == verify(gotten.folder, deep=True).footprint.digest == DIGESTS[name]
    assert get_shape(name, tmp_path / "other", seed=2).data_sha256 != DIGESTS[name]
    assert not get_shape(name, tmp_path).made
    with pytest.raises(DataError, match="DATA-048"):
        get_shape(name, tmp_path, size=101)


def test_no_point_is_in_two_splits(tmp_path: Path) -> None:
    """Nor twice in one."""
    folder = get_shape("xor", tmp_path, size=1000).folder
    points = [row[:2] for split in ("train", "val", "test") for row in rows_of(folder, split)]

    assert len(set(points)) == len(points) == 1000


@pytest.mark.parametrize(("name", "size"), [("xor", 9), ("flag", 14), ("spiral", 4), ("xor", 10**6 + 1)])
def test_odd_sizes_are_refused(tmp_path: Path, name: str, size: int) -> None:
    """CFG-003: each split has a point of each class."""
    with pytest.raises(ConfigError, match="CFG-003"):
        get_shape(name, tmp_path, size=size)
    assert list(tmp_path.iterdir()) == []
