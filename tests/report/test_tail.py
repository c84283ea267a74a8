from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepdiva.report import tail
from deepdiva.report.tail import Tail


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))),
    st.lists(st.integers(1, 20)),
)
def test_each_line_is_given_once(tmp_path: Path, lines: list[bytes], cuts: list[int]) -> None:
    """However the writer's bytes arrive: every whole line, in order, exactly once."""
    content, path = b"".join(line + b"\n" for line in lines), tmp_path / "file"
    path.write_bytes(b"")
    follower, given_lines = Tail(path), []
    for cut in [*cuts, len(content)]:
        with path.open("ab") as stream:
            stream.write(content[:cut])
        content = content[cut:]
        given_lines += list(follower.lines())

    assert given_lines == lines


def test_a_long_file_is_read_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of gigabytes is never in memory as a whole, and a line longer than a piece is whole."""
    monkeypatch.setattr(tail, "PIECE", 8)
    (tmp_path / "file").write_bytes(b"one\ntwo\nthis one is long\nend\n")

    assert list(Tail(tmp_path / "file").lines()) == [b"one", b"two", b"this one is long", b"end"]


def test_a_file_that_is_not_there_yet_has_no_lines(tmp_path: Path) -> None:
    """The companion may be faster than the run."""
    follower = Tail(tmp_path / "file")
    assert list(follower.lines()) == []
    assert not follower.shrank()

    (tmp_path / "file").write_bytes(b"one\n")
    assert list(follower.lines()) == [b"one"]


def test_a_cut_file_is_noticed(tmp_path: Path) -> None:
    """After a rewind, what was given before no longer holds."""
    (tmp_path / "file").write_bytes(b"one\ntwo\n")
    follower = Tail(tmp_path / "file")
    list(follower.lines())
    assert not follower.shrank()

    os.truncate(tmp_path / "file", 4)
    assert follower.shrank()
