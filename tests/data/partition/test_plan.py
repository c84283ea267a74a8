"""A data set to a partition."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.data.layouts.laying import lay

from deepdiva.data.layouts import Layout, find_layout
from deepdiva.data.partition import Partition, SplitWish, partition, repeat
from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance.verify import verify


def parted(root: Path, wish: SplitWish | None = None) -> Partition:
    files = verify(root)
    return partition(files, find_layout(files), wish or SplitWish())


def sides(found: Partition, root: Path) -> dict[str, str]:
    names = [sample.name for sample in find_layout(verify(root)).samples]
    return dict(zip(names, found.splits, strict=True))


def pages(root: Path, count: int = 60) -> Path:
    """Two classes, pages by ten writers, in a folder for each day."""
    names = (f"{'ab'[n % 2]}/day{n % 4}/writer-{n % 10:02}_p{n:03}.png" for n in range(count))
    return lay(root, *names)


def test_every_sample_goes_to_one_split_by_class(tmp_path: Path) -> None:
    """Thirty samples a class give 18, 6 and 6 of each."""
    found = parted(pages(tmp_path))
    names = [name for split in found.manifest.samples.values() for name in split]
    assert sorted(names) == [sample.name for sample in find_layout(verify(tmp_path)).samples]
    assert found.counts == {"train": 36, "val": 12, "test": 12}
    of_a = {split: sum(n.startswith("a/") for n in names) for split, names in found.manifest.samples.items()}
    assert of_a == {"train": 18, "val": 6, "test": 6}
    assert found.notices == ()


def test_the_seed_decides_and_nothing_else(tmp_path: Path) -> None:
    """Another place and another order on disk give the same digest; another seed does not."""
    one = pages(tmp_path / "one")
    other = tmp_path / "far" / "other"
    for file in sorted(one.rglob("*.png"), reverse=True):
        place = other / file.relative_to(one)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    first = parted(one).manifest
    assert parted(other).manifest == first
    assert parted(one, SplitWish(seed=2)).manifest.sha256 != first.sha256


@pytest.mark.parametrize(
    ("rule", "group_of"),
    [
        ("writer", lambda name: name.split("writer-")[1][:2]),
        (r"re:writer-(\d+)_", lambda name: name.split("writer-")[1][:2]),
        ("folder", lambda name: name.split("/")[1]),
        ("day", lambda name: name.split("/")[1]),
    ],
)
def test_no_group_is_on_two_sides(tmp_path: Path, rule: str, group_of: object) -> None:
    """By a word in the path, a pattern, or the folder: a group has one split."""
    assert callable(group_of)
    found = parted(pages(tmp_path), SplitWish(group_by=rule))
    pairs = {(group_of(name), split) for name, split in sides(found, tmp_path).items()}
    assert len(pairs) == found.manifest.groups == len({group for group, _ in pairs})


def test_groups_of_a_table(tmp_path: Path) -> None:
    """A table beside the data says the group of every path."""
    pages(tmp_path / "data")
    names = [sample.name for sample in find_layout(verify(tmp_path / "data")).samples]
    table = (
        lay(tmp_path, **{"who.csv": "path,Writer\n" + "".join(f"{n},{n[-6]}\n" for n in names)}) / "who.csv"
    )
    found = parted(tmp_path / "data", SplitWish(group_by="writer", table=table))
    assert found.manifest.groups == 6
    assert len({(name[-6], split) for name, split in sides(found, tmp_path / "data").items()}) == 6


def test_samples_without_a_group_are_named(tmp_path: Path) -> None:
    """Nobody guesses the group of a sample."""
    lay(pages(tmp_path), "a/plain.png")
    with pytest.raises(
        DataError, match="DATA-066: 1 of 61 samples have no group by 'writer':\n  a/plain.png"
    ):
        parted(tmp_path, SplitWish(group_by="writer"))
    with pytest.raises(ConfigError, match="CFG-003.*has 0 groups"):
        parted(tmp_path, SplitWish(group_by="re:x"))


def test_equal_contents_go_the_same_way_and_are_told(tmp_path: Path) -> None:
    """A copy under another name, even of another class, never meets its original on another side."""
    pages(tmp_path)
    for number in range(0, 60, 6):
        original = f"{'ab'[number % 2]}/day{number % 4}/writer-{number % 10:02}_p{number:03}.png"
        lay(tmp_path, **{f"b/copy{number}.png": original})
    found = parted(tmp_path)
    where = sides(found, tmp_path)
    for name, split in where.items():
        if "copy" in name:
            number = int(name.removeprefix("b/copy").removesuffix(".png"))
            assert split == next(
                side for other, side in where.items() if other.endswith(f"_p{number:03}.png")
            )
    assert "20 samples share their content" in found.notices[0]


def test_by_time_the_newest_are_tested(tmp_path: Path) -> None:
    """Dates of a column order the samples; equal ones on two sides are told."""
    rows = "".join(f"word {n},{'ab'[n % 2]},20{n % 20:02}-01-31\n" for n in range(40))
    lay(tmp_path, **{"t.csv": f"text,label,when\n{rows}"})
    found = parted(tmp_path, SplitWish(by_time="when", val=0.25, test=0.225))
    when = {sample.name: sample.cells["when"] for sample in find_layout(verify(tmp_path)).samples}
    ends = {split: sorted(when[name] for name in names) for split, names in found.manifest.samples.items()}
    assert ends["train"][-1] <= ends["val"][0] <= ends["val"][-1] <= ends["test"][0]
    assert found.counts == {"train": 21, "val": 10, "test": 9}
    assert "4 samples have the same time as others" in found.notices[-1]


@pytest.mark.parametrize("cell", ["", "yesterday", "31.12.2020"])
def test_times_that_cannot_be_read_are_named(tmp_path: Path, cell: str) -> None:
    """Where one row has no time that can be read, nothing is guessed."""
    lay(tmp_path, **{"t.csv": f"text,label,when\na,b,2020-12-31\nc,b,{cell}\n"})
    with pytest.raises(DataError, match="DATA-068: t.csv#3: when is"):
        parted(tmp_path, SplitWish(by_time="when"))


def test_what_cannot_be_split_is_refused(tmp_path: Path) -> None:
    """A data set that is split, too few groups, and wishes that contradict each other."""
    with pytest.raises(DataError, match="DATA-069.*split already"):
        parted(lay(tmp_path / "split", "train/a/1", "train/b/1"))
    with pytest.raises(DataError, match="DATA-067: no sample of .* would go to val"):
        parted(pages(tmp_path / "pages"), SplitWish(group_by=r"re:(writer)"))
    with pytest.raises(ConfigError, match="CFG-035"):
        parted(tmp_path / "pages", SplitWish(group_by="writer", by_time="writer"))
    with pytest.raises(ConfigError, match="CFG-004"):
        parted(tmp_path / "pages", SplitWish(seed=-1))


def test_several_labels_are_balanced_by_what_comes_together(tmp_path: Path) -> None:
    """Every set of labels is a class of its own; none has to be in train."""
    rows = "".join(f"{n}.png,{n % 2},{n % 3 // 2}\n" for n in range(60))
    lay(tmp_path, *(f"{n}.png" for n in range(60)), **{"t.csv": f"path,sea,sky\n{rows}"})
    assert parted(tmp_path).counts == {"train": 36, "val": 12, "test": 12}


def test_a_class_of_one_is_learned(tmp_path: Path) -> None:
    """The only sample of a class goes to train."""
    found = parted(lay(pages(tmp_path), "c/1.png", "d/1.png", "e/1.png"))
    assert {"c/1.png", "d/1.png", "e/1.png"} <= set(found.manifest.samples["train"])


def test_a_recorded_split_repeats_for_the_same_data_alone(tmp_path: Path) -> None:
    """Another data set, or a manifest with other samples, is refused."""
    manifest = parted(pages(tmp_path / "one")).manifest
    files = verify(tmp_path / "one")
    layout = find_layout(files)
    assert repeat(files, layout, manifest).splits == parted(tmp_path / "one").splits
    less = replace(manifest, samples={**manifest.samples, "test": manifest.samples["test"][1:]})
    with pytest.raises(DataError, match="DATA-069.*60 samples"):
        repeat(files, layout, less)
    other = verify(pages(tmp_path / "other", 59))
    with pytest.raises(DataError, match="DATA-069.*has the digest"):
        repeat(other, find_layout(other), manifest)
    assert isinstance(layout, Layout)
