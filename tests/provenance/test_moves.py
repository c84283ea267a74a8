"""Laws of what became of files: applying the differences to A gives B, and nothing is told twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.provenance.moves import Content, FolderMove, Moves, compare, totals

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
TABLES = st.dictionaries(PATHS, st.sampled_from("0123").map(lambda digest: Content(digest, int(digest))))


def apply(found: Moves, a: dict[str, Content]) -> dict[str, Content]:
    """Make B out of A by the differences alone."""
    taken = {new: a[old] for old, new in found.moved}
    gone = {*found.removed, *(old for old, _ in found.moved)}
    kept = {path: content for path, content in a.items() if path not in gone}
    assert all(kept[path] == was for path, (was, _) in found.changed.items())
    return kept | taken | dict(found.added) | {path: now for path, (_, now) in found.changed.items()}


def files(*paths: str) -> dict[str, Content]:
    """Return a table in which every file has a content of its own, named by its last letter."""
    return {path: Content(path[-1], 1) for path in paths}


@given(TABLES, TABLES)
def test_applying_the_differences_gives_b(a: dict[str, Content], b: dict[str, Content]) -> None:
    """Whatever the two sides are."""
    found = compare(a, b)

    assert apply(found, a) == b
    assert bool(found) == (a != b)


@given(TABLES, TABLES)
def test_what_moved_is_told_once(a: dict[str, Content], b: dict[str, Content]) -> None:
    """No content is both removed and added; both ways round as many files move."""
    found = compare(a, b)

    gone = {content.digest for content in found.removed.values()}
    assert gone.isdisjoint(content.digest for content in found.added.values())
    assert len(compare(b, a).moved) == len(found.moved)
    told = [*found.removed, *found.changed, *(old for old, _ in found.moved)]
    assert len(told) == len({*told})


@given(TABLES, TABLES)
def test_whole_folders_moved_as_a_whole(a: dict[str, Content], b: dict[str, Content]) -> None:
    """A folder told as renamed left nothing behind, and met nothing."""
    for old, new, count in compare(a, b).folders:
        went = {path.removeprefix(old): content for path, content in a.items() if path.startswith(f"{old}/")}
        came = {path.removeprefix(new): content for path, content in b.items() if path.startswith(f"{new}/")}
        assert went == came
        assert len(went) == count


@given(TABLES, TABLES)
def test_totals_add_up(a: dict[str, Content], b: dict[str, Content]) -> None:
    """Of every top folder: what was there, less what went, plus what came, is what is there."""
    for total in totals(a, b, compare(a, b)).values():
        assert total.a - total.removed - total.moved_out + total.added + total.moved_in == total.b


def test_another_split_is_a_move() -> None:
    """Neither a loss nor a gain, and no folder is told as renamed of which files stayed."""
    found = compare(files("train/cat/1", "train/cat/2"), files("val/cat/1", "train/cat/2"))

    assert found.moved == found.moved_alone == (("train/cat/1", "val/cat/1"),)
    assert [*found.folders, *found.added, *found.removed, *found.changed] == []


def test_a_renamed_folder_is_one_line() -> None:
    """The uppermost one; what moved by itself besides is told by itself."""
    a = files("train/cat/1", "train/cat/2", "train/dog/3", "notes/4")
    b = files("fit/cat/1", "fit/cat/2", "fit/dog/3", "4")
    found = compare(a, b)

    assert found.folders == (FolderMove("train", "fit", 3),)
    assert found.moved_alone == (("notes/4", "4"),)


def test_among_equal_contents_names_decide() -> None:
    """Two blank pages of the same name in two classes each stay in their class."""
    blank = Content("0", 0)
    a = dict.fromkeys(("train/cat/1", "train/dog/1", "train/dog/2"), blank)
    b = dict.fromkeys(("val/cat/1", "val/dog/1", "val/dog/2"), blank)

    assert compare(a, b).folders == (FolderMove("train", "val", 3),)


def test_many_equal_files_are_paired_soon() -> None:
    """Pairing is no search of each among all."""
    blank = Content("0", 0)
    a = {f"a/{number}": blank for number in range(20_000)}
    b = {f"b/{number}": blank for number in range(20_000)}

    assert compare(a, b).folders == (FolderMove("a", "b", 20_000),)
