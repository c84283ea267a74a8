"""Rules for archives at an address: what is in them, safely, with a footprint; nothing is believed."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from deepdiva.data.get.archive import get_archive
from deepdiva.data.landing import GottenData
from deepdiva.errors import ConfigError, DataChanged, DataError
from deepdiva.provenance import take_footprint, verify
from deepdiva.provenance.footprint import save
from deepdiva.provenance.places import is_ours

pytestmark = pytest.mark.usefixtures("fresh_home")

CONTENT = {"train/a/1.png": b"1", "val/a/2.png": b"2", "test/a/3.png": b"3"}


def write_zip(place: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return place


def write_tar(place: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(place, mode) as tar:  # type: ignore[call-overload] # a mode like any other
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return place


def get(archive: Path, to: Path, name: str | None = None) -> GottenData:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return get_archive(archive.as_uri(), to, sha256=digest, name=name)


def everything(folder: Path) -> dict[str, bytes]:
    own = (".gitignore", "footprint.json")
    files = [place for place in folder.rglob("*") if place.is_file() and place.name not in own]
    return {place.relative_to(folder).as_posix(): place.read_bytes() for place in files}


@pytest.mark.parametrize("above", ["", "letters-1.0/"])
@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"])
def test_every_archive_becomes_a_data_set(tmp_path: Path, suffix: str, above: str) -> None:
    """In a folder of its name; a single folder at its top is not kept; the same content is the same data."""
    members = {above + name: content for name, content in CONTENT.items()}
    place = tmp_path / f"letters.v1{suffix}"
    packing = {".tar": "w", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}.get(suffix, "w:gz")
    gotten = get(
        write_zip(place, members) if suffix == ".zip" else write_tar(place, members, packing), tmp_path
    )

    assert gotten.folder == tmp_path / "letters.v1"
    assert everything(gotten.folder) == CONTENT
    assert verify(gotten.folder).notices == ()
    assert is_ours(gotten.folder)
    assert not list(gotten.folder.glob(".deepdiva-*"))


def test_a_gzip_is_a_folder_with_one_file(tmp_path: Path) -> None:
    """Named after it, twice."""
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(b"x,y\n"))

    assert everything(get(tmp_path / "table.csv.gz", tmp_path).folder) == {"table.csv": b"x,y\n"}
    assert (tmp_path / "table").is_dir()


@pytest.mark.parametrize("comment", [b"0123456789abcdef" * 2, b"x" * 65_535, b"PK", bytes(30)])
def test_a_zip_with_a_comment_is_read(tmp_path: Path, comment: bytes) -> None:
    """Hosts of code write the commit there."""
    write_zip(tmp_path / "a.zip", CONTENT)
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.comment = comment

    assert everything(get(tmp_path / "a.zip", tmp_path).folder) == CONTENT


def test_what_file_managers_add_is_no_second_folder(tmp_path: Path) -> None:
    """A zip made on a Mac has a folder of its own beside the real one."""
    members = {"set/" + name: content for name, content in CONTENT.items()}
    archive = write_zip(tmp_path / "a.zip", members | {"__MACOSX/set/._1.png": b"x", "set/.gitignore": b"x"})
    folder = get(archive, tmp_path).folder

    assert everything(folder) == CONTENT
    assert is_ours(folder)


def test_a_footprint_that_comes_along_must_be_true(tmp_path: Path) -> None:
    """One of the very files passes; one of other files refuses."""
    made = tmp_path / "made"
    for name, content in CONTENT.items():
        (made / name).parent.mkdir(parents=True)
        (made / name).write_bytes(content)
    save(take_footprint(made), made)
    good = CONTENT | {"footprint.json": (made / "footprint.json").read_bytes()}

    assert get(write_zip(tmp_path / "good.zip", good), tmp_path).data_sha256 == take_footprint(made).digest
    with pytest.raises(DataChanged):
        get(write_zip(tmp_path / "bad.zip", good | {"test/a/3.png": b"4"}), tmp_path)
    assert not (tmp_path / "bad").exists()


def test_getting_it_again_changes_nothing(tmp_path: Path) -> None:
    """And another archive of the same name is refused."""
    first = get(write_zip(tmp_path / "a.zip", CONTENT), tmp_path)
    second = get(tmp_path / "a.zip", tmp_path)
    (tmp_path / "other").mkdir()

    assert (first.made, second.made, first.data_sha256) == (True, False, second.data_sha256)
    with pytest.raises(DataError, match="DATA-048"):
        get(write_zip(tmp_path / "other" / "a.zip", CONTENT | {"test/a/3.png": b"4"}), tmp_path)
    assert everything(first.folder) == CONTENT


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "..\\x", "C:/x", "a\nb"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_nothing_leaves_the_folder(tmp_path: Path, name: str, kind: str) -> None:
    """ARC-001, exit 4, and nothing is there afterwards, although the checksum is right."""
    members = CONTENT | {name: b"escaped"}
    place = tmp_path / "deep" / "evil"
    place.parent.mkdir()
    write_zip(place, members) if kind == "zip" else write_tar(place, members)
    to = tmp_path / "deep" / "to"
    with pytest.raises(DataError, match="ARC-001") as caught:
        get(place, to)

    assert caught.value.exit_code == 4
    assert list(to.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "home"}


def test_a_link_is_not_made(tmp_path: Path) -> None:
    """ARC-001 also for one that only points elsewhere."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link("x"), b"/etc/passwd")
    with pytest.raises(DataError, match="ARC-001"):
        get(tmp_path / "a.zip", tmp_path)


def test_another_archive_is_refused_unopened(tmp_path: Path) -> None:
    """ARC-004 for what is not even a zip: its checksum is compared first."""
    (tmp_path / "a.zip").write_bytes(b"nonsense")
    with pytest.raises(DataError, match="ARC-004: a.zip from .* is another file"):
        get_archive((tmp_path / "a.zip").as_uri(), tmp_path, sha256="0" * 64)
    with pytest.raises(DataError, match="ARC-004.*begins with b'nons'"):
        get(tmp_path / "a.zip", tmp_path)


@pytest.mark.parametrize(
    ("address", "name", "code"),
    [
        ("file:///a.zip", "../x", "CFG-032"),
        ("file:///a.zip", "", "CFG-032"),
        ("file:///a.zip", ".hidden", "CFG-032"),
        ("https://example.org/", None, "CFG-032"),
        ("https://example.org/..%2f..%2fx.zip", "a/b", "CFG-032"),
        ("ftp://example.org/a.zip", None, "CFG-031"),
    ],
)
def test_odd_names_are_refused(tmp_path: Path, address: str, name: str | None, code: str) -> None:
    """Before anything is fetched."""
    with pytest.raises(ConfigError, match=code):
        get_archive(address, tmp_path, sha256="0" * 64, name=name)


def test_an_odd_checksum_is_refused(tmp_path: Path) -> None:
    """CFG-030: an MD5 is none."""
    with pytest.raises(ConfigError, match="CFG-030"):
        get_archive("file:///a.zip", tmp_path, sha256="0" * 32)
