"""Sums over files: whole numbers, whatever the order and the grouping."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.data.analysis.block import BINS, Block, PictureFacts, from_line, to_line
from deepdiva.data.analysis.spans import bars_of, span_of
from deepdiva.data.analysis.tally import Tally
from deepdiva.data.moments import moments_of

PICTURES = st.lists(
    st.tuples(st.sampled_from([1, 3]), st.integers(1, 2**31 - 1), st.integers(0, 3)), min_size=1, max_size=12
)


def block_of(pictures: list[tuple[int, int, int]]) -> Block:
    """Return a block of pictures of so many channels, all of one value, in so many pixels."""
    facts = [
        PictureFacts(8, 8, "L" if channels == 1 else "RGB", "PNG", channels, False, False)
        for channels, *_ in pictures
    ]
    different = list(dict.fromkeys(facts))
    rows = [
        (pixels, 255 * pixels, 255**2 * pixels) for channels, pixels, _ in pictures for _ in range(channels)
    ]
    return Block(
        role="picture",
        versions={"rules": "1"},
        digests=[f"{number:064x}" for number in range(len(pictures))],
        facts=different,
        which=np.array([different.index(each) for each in facts], np.int64),
        sums=np.array(rows, np.int64).reshape(-1, 3),
        bins=np.full((len(rows), BINS), 2**32 - 1, np.uint32),
    )


@given(PICTURES, st.integers(0, 12))
def test_sums_merge_in_any_grouping(pictures: list[tuple[int, int, int]], cut: int) -> None:
    """Two blocks give what one of all their files gives, in either order, to the last unit."""
    times = [count for *_, count in pictures]
    whole, parts, turned = Tally(), Tally(), Tally()
    whole.add(block_of(pictures), times)
    pieces = [(pictures[:cut], times[:cut]), (pictures[cut:], times[cut:])]
    for some, often in pieces:
        parts.add(block_of(some), often)
    for some, often in reversed(pieces):
        turned.add(block_of(some), often)
    assert whole.pixels() == parts.pixels() == turned.pixels()
    assert (whole.sizes, whole.modes) == (parts.sizes, parts.modes)


def test_sums_do_not_run_over() -> None:
    """Sums that no 64 bits hold are still right: a million copies of the largest white picture."""
    tally, pixels = Tally(), 2**30 // 12
    rows = np.array([[pixels, 255 * pixels, 255**2 * pixels]], np.int64)
    block = block_of([(1, 1, 1)])
    tally.add(
        Block(
            role="picture",
            versions={},
            digests=block.digests,
            facts=block.facts,
            which=block.which,
            sums=rows,
            bins=block.bins,
        ),
        [10**7],
    )
    assert int(tally.grey.sums[0][2]) == 255**2 * pixels * 10**7 > 2**63
    assert moments_of(*map(int, tally.grey.sums[0])) == (1.0, 0.0)


@given(PICTURES)
def test_a_line_gives_its_block_back(pictures: list[tuple[int, int, int]]) -> None:
    """What is kept is what was found."""
    block = block_of(pictures)
    back = from_line(to_line(block))
    assert back is not None
    assert (back.facts, back.digests, back.versions) == (block.facts, block.digests, block.versions)
    for name in ("which", "sums", "bins"):
        np.testing.assert_array_equal(getattr(back, name), getattr(block, name))


@given(PICTURES, st.data())
def test_a_changed_line_gives_nothing(pictures: list[tuple[int, int, int]], data: st.DataObject) -> None:
    """Any byte that differs, and any byte that is missing at the end, makes a line worthless."""
    line = to_line(block_of(pictures)).rstrip(b"\n")
    place = data.draw(st.integers(0, len(line) - 1))
    assert from_line(line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]) is None
    assert from_line(line[:place]) is None


@given(st.lists(st.integers(0, 50), min_size=1))
def test_spans_are_those_of_the_sorted_numbers(values: list[int]) -> None:
    """Least, lower median and greatest from counts are those of all numbers in a row."""
    counts = {value: values.count(value) for value in values}
    ordered = sorted(values)
    middle = ordered[(len(ordered) - 1) // 2]
    assert span_of(counts) == {"min": ordered[0], "median": middle, "max": ordered[-1]}
    bars = bars_of(counts)
    assert sum(bars["counts"]) == len(values)
    assert len(bars["counts"]) <= 40
