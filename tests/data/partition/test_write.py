"""A partition becomes a data set of its own, and the source stays what it was."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from tests.data.drawing import encoded
from tests.data.layouts.laying import lay

from deepdiva.data.layouts import find_layout
from deepdiva.data.layouts.pair_sizes import refuse_other_sizes
from deepdiva.data.partition import How, Partition, SplitWish, partition, write_split
from deepdiva.errors import ConfigError, DataChanged, DataError, ResourceError
from deepdiva.provenance.files import TEMPORARY_PREFIX
from deepdiva.provenance.links import LINKS_NAME
from deepdiva.provenance.places import is_ours
from deepdiva.provenance.verify import verify


def write(root: Path, out: Path, how: How = "copy", wish: SplitWish | None = None) -> Partition:
    files = verify(root)
    layout = find_layout(files)
    parted = partition(files, layout, wish or SplitWish())
    write_split(files, layout, parted, out, how=how)
    return parted


def classes(root: Path) -> Path:
    return lay(root, *(f"{'ab'[n % 2]}/deep/{n:02}.png" for n in range(20)), "README")


def state(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(f.relative_to(root)): (f.read_bytes(), f.stat().st_mtime_ns)
        for f in root.rglob("*")
        if f.is_file() and f.name != "footprint.json"
    }


@pytest.mark.parametrize("how", ["copy", "hardlink", "symlink"])
def test_all_ways_give_the_same_data_set(tmp_path: Path, how: How) -> None:
    """Copy or link, the digest is one, the layout is split, the source untouched; nothing is left over."""
    before = state(classes(tmp_path / "source"))
    parted = write(tmp_path / "source", tmp_path / "out", how)
    write(tmp_path / "source", tmp_path / "copy")
    data = verify(tmp_path / "out", deep=True)
    assert data.footprint.digest == verify(tmp_path / "copy").footprint.digest
    layout = find_layout(data)
    assert str(layout) == "class-folders: 20 samples, 2 classes, train/val/test"
    assert [sample.name.partition("/")[2] for sample in layout.samples if sample.split == "val"] == list(
        parted.manifest.samples["val"]
    )
    assert is_ours(tmp_path / "out")
    assert state(tmp_path / "source") == before
    assert not list(tmp_path.glob(f"{TEMPORARY_PREFIX}*"))


def test_links_lead_on_when_both_folders_move_together(tmp_path: Path) -> None:
    """Targets are relative; moved alone, the split is refused, and no other file comes in its place."""
    (tmp_path / "here").mkdir()
    classes(tmp_path / "here" / "source")
    write(tmp_path / "here" / "source", tmp_path / "here" / "out", "symlink")
    (tmp_path / "here").rename(tmp_path / "there")
    verify(tmp_path / "there" / "out", deep=True)
    (tmp_path / "there" / "out").rename(tmp_path / "out")
    with pytest.raises(DataError, match="DATA-041 test/"):
        verify(tmp_path / "out")


def test_a_linked_file_that_changes_is_noticed(tmp_path: Path) -> None:
    """What lies behind a link is part of the data set, and guarded like all of it."""
    write(classes(tmp_path / "source"), tmp_path / "out", "symlink")
    os.utime(tmp_path / "source" / "a" / "deep" / "00.png")
    assert len(verify(tmp_path / "out").notices) == 1
    (tmp_path / "source" / "a" / "deep" / "00.png").write_text("A/deep/00.png")
    with pytest.raises(DataError, match="DATA-044.*has other content now"):
        verify(tmp_path / "out")


def test_a_manifest_alone_is_small_and_repeats(tmp_path: Path) -> None:
    """Nothing but split.json is written, in a folder that ignores itself."""
    write(classes(tmp_path / "source"), tmp_path / "out", "manifest")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [".gitignore", "split.json"]


def test_a_place_that_is_taken_or_inside_is_refused(tmp_path: Path) -> None:
    """Nothing is overwritten, and the source does not grow."""
    classes(tmp_path / "source")
    (tmp_path / "taken").mkdir()
    with pytest.raises(ConfigError, match="CFG-013"):
        write(tmp_path / "source", tmp_path / "taken")
    (tmp_path / "link").symlink_to("source")
    for inside in ("source/out", "source/a/out", "link/out"):
        with pytest.raises(ConfigError, match="CFG-014"):
            write(tmp_path / "source", tmp_path / inside)


def test_a_file_that_changed_since_it_was_verified_spoils_nothing(tmp_path: Path) -> None:
    """A copy is compared with the source's footprint; on a difference nothing is there afterwards."""
    files = verify(classes(tmp_path / "source"))
    layout = find_layout(files)
    (tmp_path / "source" / "a" / "deep" / "00.png").write_text("A/deep/00.png")
    with pytest.raises(DataChanged, match="00.png"):
        write_split(files, layout, partition(files, layout, SplitWish()), tmp_path / "out")
    assert sorted(place.name for place in tmp_path.iterdir()) == ["source"]


def test_hard_links_that_cannot_be_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file system is no reason to copy behind the user's back."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(ResourceError, match=r"RES-014.*Invalid cross-device link"):
        write(classes(tmp_path / "source"), tmp_path / "out", "hardlink")
    assert not (tmp_path / "out").exists()


def test_rows_of_a_table_stay_as_they_stood(tmp_path: Path) -> None:
    """Quotes, delimiters and line ends of a row are copied byte by byte, under the head of the table."""
    rows = [f'"{n}\r\n""é""";{"ab"[n % 2]};x' for n in range(10)]
    table = "\ufefftext;label;more\r\n" + "\r\n".join(rows)
    parted = write(lay(tmp_path / "source", **{"t.csv": table}), tmp_path / "out")
    found = [(tmp_path / "out" / f"{split}.csv").read_bytes().decode() for split in ("train", "val", "test")]
    assert all(text.startswith("text;label;more\r\n") for text in found)
    kept = "".join(text.removeprefix("text;label;more\r\n") for text in found)
    assert sorted(kept) == sorted("\r\n".join(rows) + "\n")
    layout = find_layout(verify(tmp_path / "out"))
    assert (len(layout.samples), layout.splits) == (10, ("train", "val", "test"))
    assert parted.counts == {"train": 6, "val": 2, "test": 2}


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "tsv"])
def test_tables_of_every_kind_are_split(tmp_path: Path, kind: str) -> None:
    """Crops stay where the table names them; the three tables hold every row once."""
    rows = [(f"w/{n}.png", f"word {n}", f"{n % 5}") for n in range(20)]
    lay(tmp_path / "source", *(path for path, *_ in rows), **{f"t.{kind}": table_of(kind, rows)})
    write(tmp_path / "source", tmp_path / "out", wish=SplitWish(group_by="writer"))
    before, after = (find_layout(verify(tmp_path / name)) for name in ("source", "out"))
    assert sorted((s.name, s.cells["transcription"], s.cells["writer"]) for s in after.samples) == sorted(
        rows
    )
    assert len({(sample.cells["writer"], sample.split) for sample in after.samples}) == 5
    assert (before.splits, after.splits) == ((), ("train", "val", "test"))


def table_of(kind: str, rows: list[tuple[str, str, str]]) -> bytes | str:
    columns = ("path", "transcription", "writer")
    if kind == "parquet":
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        sink = pyarrow.BufferOutputStream()
        cells = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
        parquet.write_table(pyarrow.table(cells), sink)
        content: bytes = sink.getvalue().to_pybytes()
        return content
    if kind == "tsv":
        return "\n".join("\t".join(row) for row in [columns, *rows])
    return "\n".join(
        "{" + ", ".join(f'"{k}": "{v}"' for k, v in zip(columns, row, strict=True)) + "}" for row in rows
    )


def test_pairs_stay_pairs(tmp_path: Path) -> None:
    """A mask goes where its picture goes."""
    lay(
        tmp_path / "source",
        *(f"{side}/{n}.{end}" for n in range(10) for side, end in (("data", "jpg"), ("gt", "png"))),
    )
    write(tmp_path / "source", tmp_path / "out")
    layout = find_layout(verify(tmp_path / "out"))
    assert (layout.name, len(layout.samples), layout.splits) == ("mask-pairs", 10, ("train", "val", "test"))


def test_masks_of_another_size_are_named(tmp_path: Path) -> None:
    """A pair whose sizes differ cannot be meant (faults, row 23)."""
    small, large = encoded(np.zeros((3, 4), np.uint8)), encoded(np.zeros((4, 4), np.uint8))
    lay(tmp_path, **{"data/1.png": small, "gt/1.png": small, "data/2.png": small, "gt/2.png": large})
    files = verify(tmp_path)
    with pytest.raises(DataError, match="DATA-023: 1 pairs.*\n  data/2.png: 4x3 pixels, its mask 4x4"):
        refuse_other_sizes(files, find_layout(files).samples)


def test_links_are_recorded_in_the_list_alone(tmp_path: Path) -> None:
    """The manifest of a split by links is that of any other: it holds no target."""
    write(classes(tmp_path / "source"), tmp_path / "out", "symlink")
    assert "source/" in (tmp_path / "out" / LINKS_NAME).read_text()
    assert ".." not in (tmp_path / "out" / "split.json").read_text()
