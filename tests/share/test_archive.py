import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from deepdiva.share.archive import Member, MemberChanged, write_archive


def test_equal_members_give_equal_bytes(tmp_path: Path) -> None:
    """Neither the order of the members, nor the time, nor the name of the zip is in its bytes."""
    members = {"b/two": Member.of(b"2"), "a": Member.of(b"1"), "b/": Member.of(b"")}
    write_archive(tmp_path / "one.zip", members)
    write_archive(tmp_path / "other.zip", dict(reversed(members.items())))

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_the_zip_holds_the_members_and_no_time(tmp_path: Path) -> None:
    """Names are sorted, contents stored as they are, times the first that a zip knows."""
    write_archive(tmp_path / "a.zip", {"b": Member.of(b"x" * 100), "a": Member.of(b"")})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        told = [(i.filename, i.date_time, i.compress_type, i.external_attr) for i in archive.infolist()]

        assert told == [(n, (1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 0o100644 << 16) for n in "ab"]
        assert archive.read("b") == b"x" * 100


@pytest.mark.parametrize("found", [b"other", b"liste", b"listed and more", b""])
def test_a_member_that_changed_leaves_no_zip(tmp_path: Path, found: bytes) -> None:
    """A zip whose member is not what was listed is never seen under its name."""
    member = Member(lambda: io.BytesIO(found), 6, hashlib.sha256(b"listed").hexdigest())

    with pytest.raises(MemberChanged, match="^name$"):
        write_archive(tmp_path / "a.zip", {"name": member})
    assert list(tmp_path.iterdir()) == []


def test_a_member_that_is_gone_leaves_no_zip(tmp_path: Path) -> None:
    """A file that cannot be opened any more is named like one that changed."""
    member = Member((tmp_path / "gone").open, 0, hashlib.sha256().hexdigest())  # type: ignore[arg-type]

    with pytest.raises(MemberChanged, match="^name$"):
        write_archive(tmp_path / "a.zip", {"name": member})
