"""Croissant metadata of every layout, judged by the package mlcroissant: valid, and samples come out."""

from __future__ import annotations

import csv
import io
import json
import logging
import socket
from pathlib import Path
from typing import Any

import mlcroissant
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.data.croissant import Known, describe, serialize
from deepdiva.data.croissant.parts import identifier
from deepdiva.data.digits import get_digits
from deepdiva.data.layouts import find_layout
from deepdiva.data.png import encode_png
from deepdiva.provenance.verify import verify

pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),  # in rdflib
]
ALL_KNOWN = Known(
    name="set",
    license="CC-BY-4.0",
    url="https://example.org/set",
    creators=("A. Person",),
    cite="A. Person: A set.",
    published="2020-01-02",
)
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever wants a server."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def picture(gray: int) -> bytes:
    """Return a PNG of one gray value."""
    return encode_png(np.full((3, 4), gray, dtype=np.uint8))


def lay(root: Path, **contents: bytes) -> Path:
    """Write files of these contents below `root`."""
    for name, content in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def table(*rows: tuple[object, ...]) -> bytes:
    """Return a CSV table."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def write(root: Path, known: Known = ALL_KNOWN) -> tuple[Path, list[str]]:
    """Write the metadata of a data set beside it; return where, and the notices."""
    files = verify(root)
    facts, notices = describe(files, find_layout(files), known, above=f"{root.name}/")
    place = root.with_name(f"{root.name}.croissant.json")
    place.write_bytes(serialize(facts))
    return place, notices


def samples(place: Path) -> dict[str, list[Row]]:
    """Return what mlcroissant reads: by record set, records without the name of the set in their keys."""
    found = mlcroissant.Dataset(str(place))
    return {
        record_set.id: [
            {key.partition("/")[2]: _text(value) for key, value in record.items()}
            for record in found.records(record_set.id)
        ]
        for record_set in found.metadata.record_sets
    }


def _text(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def gray(image: Any) -> int:
    """Return the gray value of the corner of a picture."""
    return int(np.asarray(image)[0, 0, 0])


def test_digits_come_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every digit of every split with its label, its path and its pixels; no warning."""
    root = get_digits(tmp_path).folder
    place, notices = write(root)

    with caplog.at_level(logging.WARNING):
        found = samples(place)

    assert (notices, caplog.records) == ([], [])
    assert {name: len(rows) for name, rows in found.items()} == {"train": 1087, "val": 355, "test": 355}
    for name, rows in found.items():
        assert {row["split"] for row in rows} == {name}
        assert {row["path"] for row in rows} == {
            path.relative_to(root).as_posix() for path in root.glob(f"{name}/*/*.png")
        }
        assert all(row["label"] == row["path"].split("/")[1] for row in rows)
    row = found["test"][0]
    from PIL import Image

    with Image.open(root / row["path"]) as opened:
        assert np.array_equal(np.asarray(row["image"]), np.asarray(opened.convert("RGB")))


def test_folders_that_are_not_split(tmp_path: Path) -> None:
    """One record set; letters that mean something in patterns are taken as they are."""
    names = ("a [1]+/x.png", "a [1]+/deep/y.PNG", "b*/z.jpg")
    root = lay(tmp_path / "set (1)", **{name: picture(place) for place, name in enumerate(names)})
    place, _ = write(root)

    rows = samples(place)["samples"]

    assert {(row["label"], row["path"], gray(row["image"])) for row in rows} == {
        ("a [1]+", "a [1]+/x.png", 0),
        ("a [1]+", "a [1]+/deep/y.PNG", 1),
        ("b*", "b*/z.jpg", 2),
    }


def test_mask_pairs(tmp_path: Path) -> None:
    """Pictures and masks in a set each, with a key that pairs them."""
    names = {"train/data/a.b.png": 1, "train/gt/a.b.png": 2, "val/data/c.png": 3, "val/gt/c.png": 4}
    place, _ = write(lay(tmp_path / "set", **{name: picture(value) for name, value in names.items()}))

    found = samples(place)

    assert [(row["pair"], gray(row["image"]), row["split"]) for row in found["train-images"]] == [
        ("a.b", 1, "train")
    ]
    assert [(row["pair"], gray(row["mask"])) for row in found["train-masks"]] == [("a.b", 2)]
    assert [(row["pair"], gray(row["mask"])) for row in found["val-masks"]] == [("c", 4)]


def test_points(tmp_path: Path) -> None:
    """Numbers as numbers, and the split that the name of the table tells."""
    head = ("x", "y", "label")
    tables = {
        f"{split}.csv": table(head, (0.5, place, "in"))
        for place, split in enumerate(("train", "val", "test"))
    }
    place, _ = write(lay(tmp_path / "set", **tables))

    found = samples(place)

    assert found["val"] == [{"x": 0.5, "y": 1.0, "label": "in", "split": "val"}]
    described = json.loads(place.read_bytes())["distribution"][0]
    assert described["contentUrl"] == "set/train.csv"
    assert len(described["sha256"]) == 64


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_texts(tmp_path: Path, suffix: str) -> None:
    """Of each kind of table, in one of them the split being a column."""
    rows = [("A text", "label", "split"), ("good, old", "pos", "train"), ("bad", "neg", "test")]
    if suffix == "jsonl":
        content = b"".join(
            json.dumps({"text": t, "label": label, "split": s}).encode() + b"\n" for t, label, s in rows[1:]
        )
    else:
        content = table(("text", "label", "split"), *rows[1:])
        content = (
            content.replace(b'"good, old"', b"good old").replace(b",", b"\t") if suffix == "tsv" else content
        )
    place, notices = write(lay(tmp_path / "set", **{f"all.{suffix}": content}))

    found = samples(place)["samples"]

    assert notices == []
    assert [(row["label"], row["split"]) for row in found] == [("pos", "train"), ("neg", "test")]
    assert str(found[0]["text"]).startswith("good")


@pytest.mark.parametrize("inside", ["", "images/"])
def test_words_are_joined_with_their_pictures(tmp_path: Path, inside: str) -> None:
    """Transcription, writer and picture of each row, whether the table names `images/` or not."""
    files = {
        f"{split}/images/{number}.png": picture(10 * place + number)
        for place, split in enumerate(("train", "val"))
        for number in (1, 2)
    }
    tables = {
        f"{split}/words.csv": table(
            ("path", "transcription", "writer"),
            (f"{inside}1.png", "one", "W"),
            (f"{inside}2.png", "two", "V"),
        )
        for split in ("train", "val")
    }
    place, notices = write(lay(tmp_path / "set", **files, **tables))

    found = samples(place)

    assert notices == []
    assert {(row["transcription"], row["writer"], gray(row["image"])) for row in found["val"]} == {
        ("one", "W", 11),
        ("two", "V", 12),
    }


def test_labels_are_joined_with_their_pictures(tmp_path: Path) -> None:
    """Labels as 0 and 1, under their own names, blanks and all."""
    head = ("filename", "a cat", "dog")
    files = {f"images/{number}.png": picture(number) for number in (1, 2)}
    labels = table(head, ("1.png", 1, 0), ("2.png", 1, 1))
    place, _ = write(lay(tmp_path / "set", **files, **{"labels.csv": labels}))

    found = samples(place)["samples"]

    assert {(gray(row["image"]), row[identifier("a cat")], row["dog"]) for row in found} == {
        (1, 1, 0),
        (2, 1, 1),
    }


def test_pictures_that_splits_share_are_not_joined(tmp_path: Path) -> None:
    """A pattern cannot tell whose they are: said, and the rows come out all the same."""
    files = {f"images/{number}.png": picture(number) for number in (1, 2)}
    tables = {
        f"{split}.csv": table(("path", "transcription"), (f"{place + 1}.png", split))
        for place, split in enumerate(("train", "val"))
    }
    place, notices = write(lay(tmp_path / "set", **files, **tables))

    assert [row["transcription"] for row in samples(place)["val"]] == ["val"]
    assert any("they share a folder with those of others" in notice for notice in notices)


def test_clips_are_valid_and_said_to_be_unread(tmp_path: Path) -> None:
    """There is no reader for clips in mlcroissant; the metadata are valid all the same."""
    root = lay(tmp_path / "set", **{f"{split}/run/1.mp4": b"clip" for split in ("train", "val")})
    place, notices = write(root)

    assert [record_set.id for record_set in mlcroissant.Dataset(str(place)).metadata.record_sets] == [
        "train",
        "val",
    ]
    assert any("cannot read samples of video/mp4" in notice for notice in notices)


def test_a_table_of_semicolons_is_described_as_a_file(tmp_path: Path) -> None:
    """Croissant readers find columns by commas only."""
    place, notices = write(lay(tmp_path / "set", **{"all.csv": b"text;label\ngood;pos\n"}))

    assert samples(place) == {}
    assert any("no plain table of commas" in notice for notice in notices)


def test_bytes_depend_on_the_data_alone(tmp_path: Path) -> None:
    """Equal for a copy elsewhere with other times; another content has another identifier."""
    first, _ = write(get_digits(tmp_path / "one").folder)
    second, _ = write(get_digits(tmp_path / "two").folder)
    third, _ = write(get_digits(tmp_path / "three", seed=2).folder)

    assert first.read_bytes() == second.read_bytes()
    assert json.loads(first.read_bytes())["identifier"] != json.loads(third.read_bytes())["identifier"]


def test_what_about_tells_need_not_be_told(tmp_path: Path) -> None:
    """License and citation of a data set that was got, unless the user tells others."""
    from deepdiva.data.get.about import write_about

    root = lay(tmp_path / "set", **{"a/1.png": picture(1)})
    write_about(root, {}, {"license": "MIT", "citation": "Somebody: Something."})
    place, notices = write(root, Known(name="set"))
    facts = json.loads(place.read_bytes())

    assert (facts["license"], facts["citeAs"]) == ("MIT", "Somebody: Something.")
    assert notices == [
        "Croissant asks for more than is known of this data set; add --url --creator --published"
    ]


@given(st.lists(st.text(), unique=True))
def test_identifiers_differ_where_names_do(names: list[str]) -> None:
    """Two columns never become one."""
    assert len({identifier(name) for name in names}) == len(names)
