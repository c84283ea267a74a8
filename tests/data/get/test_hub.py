"""Rules for data sets of the Hugging Face hub, on folders that its library reads without a network."""

from __future__ import annotations

import builtins
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.data.get import genuine

from deepdiva.data.get.hub import get_hub
from deepdiva.data.png import encode_png
from deepdiva.errors import ConfigError, DataError

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.usefixtures("fresh_home", "offline")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library ask nobody."""
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def picture_folder(folder: Path, splits: tuple[str, ...] = ("train", "test"), each: int = 10) -> Path:
    """Write photographs as the library's image folders."""
    pictures = genuine.photographs(2 * each * len(splits), 8)
    for number, split in enumerate(splits):
        for index in range(2 * each):
            place = folder / split / ("cat", "dog")[index % 2] / f"{index}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(encode_png(pictures[2 * each * number + index]))
    return folder


def text_folder(folder: Path, splits: tuple[str, ...], rows: str = "good,1\nbad,0\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for split in splits:
        (folder / f"{split}.csv").write_text(
            "text,label\n" + "\n".join(f"{split} {row}" for row in rows.split()) + "\n"
        )
    return folder


def content_of(folder: Path) -> list[bytes]:
    return sorted(place.read_bytes() for place in folder.rglob("*.png"))


def test_pictures_become_class_folders(tmp_path: Path) -> None:
    """Byte for byte; test is kept, val is drawn from train, a tenth of each class."""
    source = picture_folder(tmp_path / "pets")
    gotten = get_hub(str(source), tmp_path / "data")
    places = [place.relative_to(gotten.folder).parts for place in gotten.folder.rglob("*.png")]

    assert gotten.folder == tmp_path / "data" / "pets"
    assert dict(gotten.counts) == {"train": 18, "val": 2, "test": 20}
    assert sorted({place[:2] for place in places}) == [
        (split, name) for split in ("test", "train", "val") for name in ("cat", "dog")
    ]
    assert content_of(gotten.folder) == content_of(source)
    assert str(tmp_path) not in (gotten.folder / "ABOUT.json").read_text()


def test_texts_become_tables(tmp_path: Path) -> None:
    """Columns text and label; an official validation split stays what it is."""
    source = text_folder(tmp_path / "reviews", ("train", "validation", "test"))
    gotten = get_hub(str(source), tmp_path / "data")
    with (gotten.folder / "val.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))

    assert dict(gotten.counts) == {"train": 2, "val": 2, "test": 2}
    assert rows == [{"text": "validation good", "label": "1"}, {"text": "validation bad", "label": "0"}]
    assert gotten.classes == 2


def test_getting_it_again_changes_nothing(tmp_path: Path) -> None:
    """The same seed is found there, another one is refused."""
    source = picture_folder(tmp_path / "pets")
    first = get_hub(str(source), tmp_path / "data")
    second = get_hub(str(source), tmp_path / "data")

    assert (first.made, second.made, first.data_sha256) == (True, False, second.data_sha256)
    with pytest.raises(DataError, match="DATA-048"):
        get_hub(str(source), tmp_path / "data", seed=2)


def test_the_revision_is_written_down(tmp_path: Path) -> None:
    """It is part of what was asked for."""
    folder = get_hub(
        str(text_folder(tmp_path / "t", ("train", "test"))), tmp_path / "data", revision="v1"
    ).folder

    assert json.loads((folder / "ABOUT.json").read_text())["recipe"]["revision"] == "v1"


def test_a_data_set_without_a_test_split_is_told(tmp_path: Path) -> None:
    """DATA-073 names the splits that there are."""
    with pytest.raises(DataError, match="DATA-073.*it has the splits train"):
        get_hub(str(text_folder(tmp_path / "t", ("train",))), tmp_path / "data")


def test_other_columns_are_told(tmp_path: Path) -> None:
    """DATA-073 names them."""
    folder = tmp_path / "t"
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"{split}.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="DATA-073.*it has the columns a, b"):
        get_hub(str(folder), tmp_path / "data")


def test_a_class_that_leads_out_is_refused(tmp_path: Path) -> None:
    """Labels become names of folders."""
    source = text_folder(tmp_path / "t", ("train", "test"), "good,../x\nbad,0\n")
    with pytest.raises(DataError, match="DATA-073.*a class cannot be the name of a folder"):
        get_hub(str(source), tmp_path / "data")


def test_a_table_cannot_fetch_files_of_this_machine(tmp_path: Path) -> None:
    """A cell that names a file of somebody else's is not followed."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(encode_png(genuine.photographs(1, 8)[0]))
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("string")})
    rows = {"image": [{"bytes": None, "path": str(secret)}] * 2, "label": ["a", "b"]}
    for split in ("train", "test"):
        (tmp_path / "t").mkdir(exist_ok=True)
        datasets.Dataset.from_dict(rows, features=features).to_parquet(
            str(tmp_path / "t" / f"{split}.parquet")
        )
    rewrite_without_bytes(tmp_path / "t", str(secret))

    with pytest.raises(DataError, match="DATA-073.*a file of this machine"):
        get_hub(str(tmp_path / "t"), tmp_path / "data")


def rewrite_without_bytes(folder: Path, path: str) -> None:
    """Put the path back into the cells: the library stores the bytes when it writes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for place in folder.glob("*.parquet"):
        table = pq.read_table(place)
        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        cells = pa.array([{"bytes": None, "path": path}] * len(table), kind)
        pq.write_table(table.set_column(0, "image", cells), place)


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EXT-003, exit 2."""
    real = builtins.__import__

    def without(name: str, *more: Any, **named: Any) -> Any:
        if name == "datasets":
            raise ImportError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"EXT-003.*\n.*extra `hub`\n.*deepdiva\[hub\]"):
        get_hub("mnist", tmp_path)


def test_no_network_is_told(tmp_path: Path) -> None:
    """DATA-073 with what the library says."""
    with pytest.raises(DataError, match="DATA-073: hf:nobody/nothing: the library says"):
        get_hub("nobody/nothing", tmp_path)
