import io
import os
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepdiva.errors import ConfigError, DataError, DeepDivaError, ResourceError
from deepdiva.provenance.archives import Limits, unpack
from deepdiva.share.archive import Member, write_archive


def zip_of(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], packed: bool = False) -> Path:
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def with_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


def everything(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(archive: Path, limits: Limits | None = None) -> DeepDivaError:
    """Return the refusal; nothing may be there afterwards that was not there before."""
    above = archive.parent.parent
    before = everything(above)
    with pytest.raises(DeepDivaError) as caught:
        unpack(archive, archive.parent / "to", limits=limits or Limits())
    assert everything(above) == before
    assert not (archive.parent / "to").exists()
    return caught.value


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder for the zip, with room above to climb to."""
    folder = tmp_path / "deep"
    folder.mkdir()
    return folder / "a.zip"


def test_what_was_packed_comes_out(place: Path) -> None:
    """Files come out byte for byte, as plain files, in the folders that their names tell."""
    content = {"run.json": b"{}", "code/files/a.py": b"x = 1\n", "empty": b""}
    write_archive(
        place, {name: Member.of(data) for name, data in content.items()} | {"code/": Member.of(b"")}
    )
    unpack(place, place.parent / "to")

    assert everything(place.parent / "to") == content


def test_a_zip_of_another_program_comes_out(place: Path) -> None:
    """Compressed members and folders of their own are read too."""
    zip_of(place, ("a/", b""), ("a/b", b"x" * 5000), packed=True)
    unpack(place, place.parent / "to")

    assert everything(place.parent / "to") == {"a/b": b"x" * 5000}


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/tmp/x", "..\\x", "a\\..\\x", "C:/x", "C:x", "a\nb", "./x", "a//b", ".."]
)
def test_a_name_that_leads_out_is_refused(place: Path, name: str) -> None:
    """ARC-001, by name, before any byte is written, even when the member is the last of many."""
    error = refused(zip_of(place, ("good", b"1"), (name, b"escaped")))

    assert error.code == "ARC-001"
    assert error.exit_code == 4


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK, stat.S_IFDIR])
def test_what_is_no_plain_file_is_refused(place: Path, mode: int) -> None:
    """Links and special files are not followed or made, wherever they point."""
    assert refused(zip_of(place, (with_mode("x", mode | 0o777), b"/etc/passwd"))).code == "ARC-001"


def test_a_name_with_a_zero_byte_is_refused(place: Path) -> None:
    """The reader would cut it there."""
    zip_of(place, ("goodXevil", b"1"))
    place.write_bytes(place.read_bytes().replace(b"goodXevil", b"good\0evil"))

    assert refused(place).code == "ARC-001"


def test_encrypted_and_oddly_compressed_members_are_refused(place: Path) -> None:
    """Only what stands there as it is, or deflated, is read."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x", b"1")

    assert refused(place).code == "ARC-001"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names", [("x", "x"), ("a/X", "a/x"), ("a", "a/b"), ("\u00e9", "e\u0301"), ("A/x", "a/y")]
)
def test_two_members_of_one_place_are_refused(place: Path, names: tuple[str, str]) -> None:
    """ARC-003: on some system one would overwrite the other."""
    assert refused(zip_of(place, *((name, b"1") for name in names))).code == "ARC-003"


@pytest.mark.parametrize(
    "limits", [Limits(members=2), Limits(member_bytes=9), Limits(total_bytes=29)], ids=["count", "one", "all"]
)
def test_too_much_is_refused(place: Path, limits: Limits) -> None:
    """ARC-002 tells what was found; caps hold on the count, on each member and on all."""
    error = refused(zip_of(place, *((name, b"x" * 10) for name in "abc")), limits)

    assert error.code == "ARC-002"


def test_a_bomb_is_refused(place: Path) -> None:
    """A member that unpacks to a thousand times its size is not unpacked."""
    error = refused(zip_of(place, ("bomb", bytes(2**24)), packed=True))

    assert error.code == "ARC-002"


def test_overlapping_members_are_refused(place: Path) -> None:
    """Two entries that point at the same bytes would unpack them twice."""
    zip_of(place, ("a", b"x" * 100), ("b", b"x" * 100))
    content = bytearray(place.read_bytes())
    entry = content.rindex(b"PK\1\2")
    struct.pack_into("<L", content, entry + 42, 0)  # the place of the second member
    place.write_bytes(content)

    assert refused(place).code == "ARC-002"


def test_a_directory_that_announces_millions_is_not_read(place: Path) -> None:
    """The count at the end is looked at before the list is."""
    zip_of(place, ("a", b"1"))
    content = bytearray(place.read_bytes())
    struct.pack_into("<HH", content, content.rindex(b"PK\5\6") + 8, 60_000, 60_000)
    place.write_bytes(content)

    assert refused(place, Limits(members=50_000)).code == "ARC-002"


def test_a_zip_with_a_long_end_is_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Very many members or bytes need numbers of 64 bits at the end; the caps hold on these too."""
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    zip_of(place, ("a", b"1"), ("b", b"2"))

    assert b"PK\6\6" in place.read_bytes()
    assert "announces 2 members" in str(refused(place, Limits(members=1)))
    unpack(place, place.parent / "to")
    assert everything(place.parent / "to") == {"a": b"1", "b": b"2"}


@pytest.mark.parametrize("keep", [0, 10, 50, -1, -30])
def test_a_truncated_zip_is_refused(place: Path, keep: int) -> None:
    """ARC-004, and the staging folder is gone."""
    zip_of(place, ("a", b"x" * 1000), ("b", b"y"))
    place.write_bytes(place.read_bytes()[:keep])

    assert refused(place).code == "ARC-004"


def test_a_flipped_byte_of_content_is_refused(place: Path) -> None:
    """The checksum of the member does not agree: nothing comes out, not even the members before it."""
    zip_of(place, ("a", b"1"), ("b", b"content"))
    place.write_bytes(place.read_bytes().replace(b"content", b"cOntent"))

    assert refused(place).code == "ARC-004"


def test_a_needed_member_that_is_missing_is_named(place: Path) -> None:
    """ARC-007: a zip of something else is told from a damaged one."""
    zip_of(place, ("a", b"1"))

    with pytest.raises(DataError, match="ARC-007.*holds no run.json"):
        unpack(place, place.parent / "to", needs=["run.json", "a"])


def test_an_occupied_folder_is_refused(place: Path) -> None:
    """Nothing is mixed into what is there."""
    zip_of(place, ("a", b"1"))
    (place.parent / "to").mkdir()

    with pytest.raises(ConfigError, match="CFG-013"):
        unpack(place, place.parent / "to")
    assert list((place.parent / "to").iterdir()) == []


def test_a_zip_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A path that cannot be opened is told with the reason of the system."""
    with pytest.raises(ResourceError, match="No such file"):
        unpack(tmp_path / "none.zip", tmp_path / "to")


def test_no_member_is_written_through_a_link(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is made new and not through a link, with what the user's umask leaves."""
    flags: list[int] = []
    real = os.open

    def noting(path: str | Path, how: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        flags.append(how)
        return real(path, how, mode, dir_fd=dir_fd)

    monkeypatch.setattr("os.open", noting)
    unpack(zip_of(place, ("a/b", b"1")), place.parent / "to")
    made = [flag for flag in flags if flag & os.O_CREAT]

    assert made
    assert all(flag & os.O_EXCL and flag & os.O_NOFOLLOW for flag in made)
    assert not (place.parent / "to" / "a" / "b").stat().st_mode & 0o111


# -- Any bytes -----------------------------------------------------------------------

contents = st.dictionaries(st.text("ab./\\:Aé", min_size=1, max_size=6), st.binary(max_size=40), max_size=4)


def survive(folder: Path, content: bytes) -> None:
    archive, to = folder / "in" / "a.zip", folder / "in" / "to"
    archive.parent.mkdir(exist_ok=True)
    archive.write_bytes(content)
    try:
        unpack(archive, to)
    except DeepDivaError as error:
        assert error.code[:3] in ("ARC", "RES")  # noqa: PT017 - the other branch is as good
        assert not to.exists()
    assert {path.name for path in folder.iterdir()} == {"in"}
    assert {path.name for path in archive.parent.iterdir()} <= {"a.zip", "to"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_bytes_are_answered(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever the file holds, it is unpacked or refused with one of our errors."""
    survive(tmp_path_factory.mktemp("any"), content)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(members=contents, packed=st.booleans(), data=st.data())
def test_a_spoiled_zip_is_answered(
    tmp_path_factory: pytest.TempPathFactory, members: Mapping[str, bytes], packed: bool, data: st.DataObject
) -> None:
    """A zip with odd names and a few changed bytes writes below its folder or not at all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, inside in members.items():
            archive.writestr(name, inside)
    content = bytearray(buffer.getvalue())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    survive(tmp_path_factory.mktemp("spoiled"), bytes(content))
