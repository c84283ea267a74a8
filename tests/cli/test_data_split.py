"""Journeys of `data split`: words in, sentences or one JSON object out, the right exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from deepdiva.cli.main import main
from deepdiva.data.layouts.sample import LAYOUT_NAMES


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Return forty pages of two classes by eight writers."""
    for number in range(40):
        place = tmp_path / "pages" / "ab"[number % 2] / f"writer-{number // 2 % 8}_{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"page {number}")
    return tmp_path / "pages"


def answer(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["data", "split", *map(str, words), "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_same_seed_gives_the_same_manifest_at_another_path(
    pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By group, in any place, by any way, and repeated from the manifest: one digest."""
    shutil.copytree(pages, tmp_path / "far" / "away")
    words = ("--group-by", "writer", "--seed", "7", "--val", "0.25", "--test", "0.25")
    one = answer(capsys, pages, "--to", tmp_path / "one", *words)
    other = answer(capsys, tmp_path / "far" / "away", "--to", tmp_path / "other", "--how", "symlink", *words)
    again = answer(capsys, pages, "--to", tmp_path / "again", "--from", tmp_path / "other")
    assert one["manifest_sha256"] == other["manifest_sha256"] == again["manifest_sha256"]
    assert one["data_sha256"] == other["data_sha256"] == again["data_sha256"]
    assert (one["samples"], one["groups"], one["classes"]) == ({"train": 20, "val": 10, "test": 10}, 8, 2)
    assert (tmp_path / "one" / "split.json").read_bytes() == (tmp_path / "again" / "split.json").read_bytes()


def test_what_was_written_is_verified_and_named(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --to it lies beside the source; the next verbs take it."""
    assert main(["data", "split", str(pages)]) == 0
    out = capsys.readouterr().out
    assert "24 train, 8 val, 8 test of 2 classes" in out
    made = pages.with_name("pages-split")
    assert main(["data", "verify", str(made), "--deep"]) == 0
    assert main(["data", "footprint", str(made)]) == 0
    assert "layout class-folders: 40 samples, 2 classes, train/val/test" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--to", "{pages}"), 2, "CFG-013"),
        (("--to", "{pages}/inside"), 2, "CFG-014"),
        (("--val", "0.7", "--test", "0.3"), 2, "CFG-003"),
        (("--group-by", "scribe"), 4, "DATA-066"),
        (("--group-by", "writer", "--by-time", "year"), 2, "CFG-035"),
        (("--from", "{pages}", "--seed", "1"), 2, "CFG-035"),
        (("--from", "{pages}"), 4, "DATA-065"),
        (("--layout", "text"), 4, "DATA-015"),
        (("--group-by", "writer", "--groups", "{pages}/none.csv"), 8, "RES-007"),
    ],
)
def test_refusals_make_nothing(
    pages: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    """A wrong word has its exit code and a way on, and leaves no folder behind."""
    assert main(["data", "split", str(pages), *(word.format(pages=pages) for word in words)]) == code
    err = capsys.readouterr().err
    assert told in err
    assert "to go on: " in err
    assert [place.name for place in pages.parent.iterdir()] == ["pages"]


def test_a_table_is_split_by_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The name of the table alone is answered with the folder to type."""
    table = tmp_path / "points" / "data.csv"
    table.parent.mkdir()
    table.write_text("x,y,label\n" + "".join(f"{n},{n},{n % 2}\n" for n in range(20)))
    assert main(["data", "split", str(table)]) == 2
    assert f"deepdiva data split {table.parent}" in capsys.readouterr().err
    found = answer(capsys, table.parent)
    assert (found["layout"], found["samples"]) == ("points", {"train": 12, "val": 4, "test": 4})
    assert len((tmp_path / "points-split" / "train.csv").read_text().splitlines()) == 13


def test_the_words_know_every_layout() -> None:
    """`--layout` takes the names that are looked for."""
    from typing import get_args

    from deepdiva.cli.data_split import LAYOUTS

    assert get_args(LAYOUTS) == LAYOUT_NAMES


@pytest.mark.slow
def test_thirty_thousand_files_by_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fifty classes, 300 writers: no writer on two sides, close to the shares, the same elsewhere."""
    for root in ("here", "there"):
        for number in range(30_000):
            place = tmp_path / root / f"class{number % 50:02}" / f"writer{number * 7 % 300}_{number}.png"
            if number < 50:
                place.parent.mkdir(parents=True)
            place.write_text(str(number))
    words = ("--group-by", "writer", "--seed", "1", "--how", "hardlink")
    one = answer(capsys, tmp_path / "here", "--to", tmp_path / "one", *words)
    other = answer(capsys, tmp_path / "there", "--to", tmp_path / "other", *words)
    assert one["manifest_sha256"] == other["manifest_sha256"]
    samples = json.loads((tmp_path / "one" / "split.json").read_text())["samples"]
    sides = {
        (name.split("writer")[1].split("_")[0], split) for split, names in samples.items() for name in names
    }
    assert len(sides) == one["groups"] == 300
    assert sum(one["samples"].values()) == 30_000
    assert all(abs(one["samples"][split] - 6000) <= 100 for split in ("val", "test"))
