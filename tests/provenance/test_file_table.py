"""Rules of the table of files: small, strict, and the same bytes on disk as ever."""

# Lines of a footprint are as long as they are.
# ruff: noqa: E501

from __future__ import annotations

import io
import tracemalloc
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepdiva.errors import DataError
from deepdiva.provenance.columns import SortedPaths
from deepdiva.provenance.file_table import FileEntry, FileTable, Head, lines, read
from deepdiva.provenance.footprint import Footprint, load, serialize

FILES = {
    "a-b": FileEntry(0, -1, "0" * 64),
    "a/1.png": FileEntry(
        3, 1600000000123456789, "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    ),
    'a/é "x" \\y': FileEntry(12345678901, 5, "ab" * 32),
    "b/𝄞": FileEntry(1, 0, "f" * 64),
}
KEPT = r"""{
"format": "deepdiva footprint 1",
"algorithm": "sha256",
"digest": "f011ff338a35ec4139590d77538455bd20937af7d6f1aec6ce57bc047978021c",
"checksum": "fc539edfde95740a5a75ce324f7fc5437e2ee24237bdf04038305dacd9408888",
"files": {
"a-b": {"size": 0, "mtime_ns": -1, "digest": "0000000000000000000000000000000000000000000000000000000000000000"},
"a/1.png": {"size": 3, "mtime_ns": 1600000000123456789, "digest": "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"},
"a/é \"x\" \\y": {"size": 12345678901, "mtime_ns": 5, "digest": "abababababababababababababababababababababababababababababababab"},
"b/𝄞": {"size": 1, "mtime_ns": 0, "digest": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}
}
}
"""
"""Written by version 0.1.0 before tables were kept in columns."""


def test_old_footprints_load_and_are_written_byte_for_byte() -> None:
    """Root digest, checksum and every byte of the file are what they always were."""
    assert serialize(Footprint(FILES)).decode() == KEPT
    assert dict(read(io.BytesIO(KEPT.encode()))[1]) == FILES


def test_is_read_like_a_mapping() -> None:
    """Sorted paths, entries, membership and length, as of a dictionary."""
    table = FileTable.of(FILES)

    assert list(table) == sorted(FILES)
    assert dict(table.items()) == FILES
    assert table["b/𝄞"].size == 1
    assert table.get("b") is None
    assert "a/1.png" in table
    assert "a" not in table
    assert len(table) == 4


@given(st.sets(st.text(min_size=1).filter(lambda text: "\0" not in text)), st.text())
def test_paths_are_found_in_their_rows(paths: set[str], other: str) -> None:
    """Whatever the names, surrogates of undecodable bytes aside: what is asked for is what is found."""
    paths = {path for path in paths if path.isascii() or path.encode("utf-8", "replace").decode() == path}
    known = sorted(paths)
    table = SortedPaths.of(known)

    assert [table.row(path) for path in known] == list(range(len(known)))
    assert [path for block in table.blocks(3) for path in block] == known
    if other not in paths and "\0" not in other:
        assert table.row(other) is None


@pytest.mark.parametrize("algorithm", ["sha256", "blake3", "sha1"])
def test_digests_of_every_length_come_back(algorithm: str) -> None:
    """The field says the algorithm, the algorithm the length."""
    digest = "1" * (40 if algorithm == "sha1" else 64)
    footprint = Footprint({"a": FileEntry(1, 2, digest)}, algorithm)
    head, table = read(io.BytesIO(serialize(footprint)))

    assert (head.algorithm, dict(table)) == (algorithm, {"a": FileEntry(1, 2, digest)})


@given(st.integers(len(KEPT[: KEPT.index('"a-b"')]), len(KEPT) + 9))
def test_blocks_may_end_anywhere(size: int) -> None:
    """Where a file is cut into blocks, also in the middle of a line or of its end, decides about nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deepdiva.provenance.file_table.BLOCK", size)
        assert dict(read(io.BytesIO(KEPT.encode()))[1]) == FILES


MUTATIONS: dict[str, Callable[[bytes, int, bytes], bytes]] = {
    "replaced": lambda text, at, more: text[:at] + more + text[at + len(more) :],
    "inserted": lambda text, at, more: text[:at] + more + text[at:],
    "cut out": lambda text, at, more: text[:at] + text[at + len(more) :],
    "doubled": lambda text, at, more: text[: at + len(more)] + text[at:],
    "truncated": lambda text, at, _: text[:at],
}
PARTS = st.binary(min_size=1, max_size=12) | st.sampled_from(
    [
        b"},\n",
        b'": {"size": ',
        b"\\u0000",
        b"\\n",
        b"-0",
        b"1e9",
        b"9" * 5000,
        b"../",
        b"\xff",
        b" ",
        b"{" * 99,
    ]
)


@settings(max_examples=400)
@given(st.sampled_from(sorted(MUTATIONS)), st.integers(0, len(KEPT.encode())), PARTS)
def test_a_mutated_footprint_is_the_same_or_refused(
    tmp_path_factory: pytest.TempPathFactory, mutation: str, at: int, more: bytes
) -> None:
    """Any bytes give DATA-060, or a footprint that is written again to these very bytes."""
    text = MUTATIONS[mutation](KEPT.encode(), at, more)
    place = tmp_path_factory.getbasetemp() / "mutated.json"
    place.write_bytes(text)
    try:
        answer = serialize(load(place))
    except DataError as error:
        answer = error.code.encode()

    assert answer == (text if text == KEPT.encode() else b"DATA-060")


@pytest.mark.parametrize("begin", [b"", KEPT.encode()[: KEPT.index('"a-b"')]])
def test_a_file_without_lines_takes_no_memory(begin: bytes) -> None:
    """A file as long as allowed, without an end of line, is refused after a block or two."""

    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += size
            return begin + b"[" * size if self.given == size else b"[" * size

    stream = Endless()
    with pytest.raises(ValueError, match="begin like|longer than any path"):
        read(stream)
    assert stream.given < 2**22


@pytest.mark.slow
def test_memory_stays_flat_but_for_the_table() -> None:
    """Reading and writing 300,000 files takes under 200 bytes a file at its highest, and little beside."""
    count = 300_000
    paths = SortedPaths.of(f"train/class-{n // 1000:03d}/some-picture-{n:09d}.png" for n in range(count))
    numbers = array("q", range(count))
    table = FileTable(paths, numbers, numbers, bytes(32) * count)
    head = Head("sha256", table.identity(), "")
    head = head._replace(checksum=table.checksum("sha256", head.digest))
    text = io.BytesIO()

    tracemalloc.start()
    for block in lines(head, table):
        text.write(block)
    text.seek(0)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    found = read(text)[1]
    held, peak = (size - before for size in tracemalloc.get_traced_memory())
    tracemalloc.stop()

    assert found.paths == paths
    assert held < 110 * count
    assert peak < 200 * count
    assert Path(found.paths[7]).name == "some-picture-000000007.png"
