"""Rules of the comparison of a data folder with its footprint.

The faults of the original DeepDIVA, each of which let changed data pass or refused data that
was the same, are tests here.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from deepdiva.errors import DataChanged, DataError
from deepdiva.provenance.footprint import find_footprint
from deepdiva.provenance.verify import verify


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a data set whose footprint was taken."""
    folder = tmp_path / "set"
    for name in ("train/a/1", "train/b/2", "val/a/3"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(f"content of {name}")
    verify(folder)
    return folder


def put_time_back(place: Path, facts: os.stat_result) -> None:
    os.utime(place, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def flip_a_byte(place: Path) -> None:
    """Change the content, neither the size nor the time."""
    facts = place.stat()
    content = bytearray(place.read_bytes())
    content[0] ^= 1
    place.write_bytes(content)
    put_time_back(place, facts)


def test_first_use_takes_a_footprint_and_says_so(tmp_path: Path) -> None:
    """Nobody has to prepare a data set, and nobody misses that it was done."""
    (tmp_path / "one.txt").write_text("1")
    found = verify(tmp_path)

    assert (tmp_path / "footprint.json").is_file()
    assert "took one of 1 files" in found.notices[0]
    assert verify(tmp_path).notices == ()


def test_a_byte_identical_copy_elsewhere_passes_deep(root: Path, tmp_path: Path) -> None:
    """The original refused a copy at another path: its footprint held absolute paths."""
    shutil.copytree(root, tmp_path / "copy", copy_function=shutil.copyfile)

    assert verify(tmp_path / "copy", deep=True).footprint.digest == verify(root).footprint.digest


def test_a_moved_folder_passes(root: Path, tmp_path: Path) -> None:
    """The place of a data set is no part of it, and a move needs no second look at contents."""
    root.rename(tmp_path / "moved")

    assert verify(tmp_path / "moved").notices == ()


def test_a_relative_path_passes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The original took the same folder for another when it was typed differently."""
    monkeypatch.chdir(root.parent)

    assert verify(Path("set/"), deep=True).root == Path("set")


@pytest.mark.parametrize("deep", [False, True])
def test_a_removed_file_fails(root: Path, deep: bool) -> None:
    """The original's quick check looked at the newest time only, and missed this."""
    (root / "train/a/1").unlink()

    with pytest.raises(DataChanged, match=r"(?s)DATA-043.*removed  train/a/1"):
        verify(root, deep=deep)


@pytest.mark.parametrize("deep", [False, True])
def test_an_added_file_fails_even_with_an_old_time(root: Path, deep: bool) -> None:
    """A new file is found by its name, whatever its time claims."""
    (root / "train/a/4").write_text("new")
    os.utime(root / "train/a/4", ns=(0, 0))

    with pytest.raises(DataChanged, match=r"(?s)DATA-043.*added    train/a/4"):
        verify(root, deep=deep)


def test_a_longer_file_fails_quick_with_its_time_put_back(root: Path) -> None:
    """Size counts on its own."""
    facts = (root / "train/a/1").stat()
    with (root / "train/a/1").open("ab") as stream:
        stream.write(b"x")
    put_time_back(root / "train/a/1", facts)

    with pytest.raises(DataChanged, match=r"(?s)DATA-002.*changed  train/a/1"):
        verify(root)


def test_changed_content_fails_quick(root: Path) -> None:
    """Same size, later time: the content decides."""
    (root / "train/a/1").write_text("CONTENT of train/a/1")

    with pytest.raises(DataChanged, match=r"(?s)DATA-002.*changed  train/a/1.*SHA-256"):
        verify(root)


def test_older_content_fails_quick(root: Path) -> None:
    """The original let a file pass that was replaced by one with an older time."""
    (root / "train/a/1").write_text("CONTENT of train/a/1")
    os.utime(root / "train/a/1", ns=(1, 1))

    with pytest.raises(DataChanged, match="DATA-002"):
        verify(root)


def test_a_change_with_the_time_put_back_fails_deep(root: Path) -> None:
    """Deep trusts nothing but contents."""
    flip_a_byte(root / "train/a/1")

    with pytest.raises(DataChanged, match=r"(?s)DATA-002.*changed  train/a/1"):
        verify(root, deep=True)


def test_a_file_moved_to_another_class_fails(root: Path) -> None:
    """A changed label is a changed data set: the original's quick check let it pass."""
    (root / "train/a/1").rename(root / "train/b/1")

    with pytest.raises(DataChanged, match=r"(?s)added    train/b/1.*removed  train/a/1"):
        verify(root)


def test_a_renamed_class_folder_fails(root: Path) -> None:
    """Names of folders are labels."""
    (root / "train/a").rename(root / "train/c")

    with pytest.raises(DataChanged, match="train/c/1"):
        verify(root)


def test_two_changes_within_a_second_are_told_apart(root: Path) -> None:
    """Times are compared in nanoseconds; the original compared seconds."""
    facts = (root / "train/a/1").stat()
    (root / "train/a/1").write_text("CONTENT of train/a/1")
    os.utime(root / "train/a/1", ns=(facts.st_atime_ns, facts.st_mtime_ns + 1000))

    with pytest.raises(DataChanged):
        verify(root)


def test_only_another_time_passes_with_a_notice(root: Path) -> None:
    """The file is read again, passes, and the footprint stays as it was."""
    kept = (root / "footprint.json").read_bytes()
    os.utime(root / "train/a/1", ns=(5, 5))

    found = verify(root)

    assert "1 file has another time" in found.notices[0]
    assert "train/a/1" in found.notices[0]
    assert (root / "footprint.json").read_bytes() == kept


def test_another_time_zone_passes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The original kept times as local text, and refused the same data in another zone."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")

    assert verify(root, deep=True).notices == ()


def test_a_difference_never_updates_the_footprint(root: Path) -> None:
    """The same difference refuses the second time too."""
    (root / "train/a/1").unlink()
    for _ in range(2):
        with pytest.raises(DataChanged):
            verify(root)


def test_a_damaged_footprint_is_never_made_anew(root: Path) -> None:
    """Truncated is not missing: DATA-060, and nothing is written."""
    (root / "footprint.json").write_bytes((root / "footprint.json").read_bytes()[:-40])
    kept = (root / "footprint.json").read_bytes()

    with pytest.raises(DataError, match="DATA-060"):
        verify(root)
    assert (root / "footprint.json").read_bytes() == kept


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_something_else_in_the_place_of_a_footprint_is_refused(root: Path, kind: str) -> None:
    """A pipe of that name is never opened; DATA-060 instead of a program that waits for ever."""
    (root / "footprint.json").unlink()
    if kind == "pipe":
        os.mkfifo(root / "footprint.json")
    else:
        (root / "footprint.json").mkdir()

    with pytest.raises(DataError, match="DATA-060"):
        verify(root)


def test_all_differences_are_named_at_once(root: Path) -> None:
    """A table of what was added, removed and changed; nobody has to start ten times."""
    (root / "train/a/1").unlink()
    (root / "train/b/2").write_text("other")
    (root / "new").write_text("new")

    with pytest.raises(
        DataChanged, match=r"(?s)3 files.*added    new.*removed  train/a/1.*changed  train/b/2"
    ):
        verify(root)


def test_long_tables_are_cut_and_counted(root: Path) -> None:
    """A thousand new files are a number, not a thousand lines."""
    for number in range(100):
        (root / f"new {number}").write_text("new")

    with pytest.raises(DataChanged, match="and 90 more") as caught:
        verify(root)
    assert len(str(caught.value).splitlines()) < 20


def test_names_that_are_not_portable_are_a_notice(root: Path) -> None:
    """`aux` cannot exist on Windows; here it can, so the run goes on."""
    (root / "aux.txt").write_text("1")
    (root / "footprint.json").unlink()

    assert any("not portable to Windows: aux.txt" in notice for notice in verify(root).notices)


def test_a_missing_folder_is_an_error_of_ours(tmp_path: Path) -> None:
    """A typing error in --data is answered with a sentence."""
    with pytest.raises(DataError, match="DATA-046"):
        verify(tmp_path / "nowhere")


def test_an_empty_folder_gets_no_footprint(tmp_path: Path) -> None:
    """There is nothing to stand on, so nothing is kept either."""
    with pytest.raises(DataError, match="DATA-047"):
        verify(tmp_path)
    assert find_footprint(tmp_path) is None


def test_progress_is_told_in_bytes(root: Path) -> None:
    """Whoever waits learns how much is done, and of how much."""
    told: list[tuple[int, int]] = []
    verify(root, deep=True, progress=lambda done, total: told.append((done, total)))

    total = sum(entry.size for entry in verify(root).footprint.files.values())
    assert told[-1] == (total, total)
    assert told == sorted(told)
