"""Rules for footprints that are read before every run: faster the second time, and never otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deepdiva.errors import DataChanged, DataError
from deepdiva.provenance import read_before, take_footprint, verify
from deepdiva.provenance.footprint import Footprint, load, save


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the state folder; every footprint is worth keeping."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(read_before, "WORTH", 0)
    return tmp_path / "home"


@pytest.fixture(params=["sha256", "sha1"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "set"
    for name in ("a/1", "a/2 \u00e9", "b/3"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    save(take_footprint(folder, algorithm=request.param), folder)
    return folder


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let whoever takes the text apart fail; what was kept must do."""

    def refuse(_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(read_before, "read", refuse)
    return monkeypatch


def kept(home: Path) -> Path:
    (place,) = (home / "columns").iterdir()
    return place


def facts(footprint: Footprint) -> object:
    return dict(footprint.files), footprint.algorithm, footprint.digest, footprint.checksum


def test_a_text_is_taken_apart_once(root: Path, request: pytest.FixtureRequest) -> None:
    """The second reading gives the same footprint without looking at the lines."""
    first = facts(verify(root).footprint)
    request.getfixturevalue("unread")

    assert facts(verify(root).footprint) == first == facts(load(root / "footprint.json"))


@pytest.mark.usefixtures("home")
def test_an_edited_text_is_refused_all_the_same(root: Path) -> None:
    """What was kept holds for the text of its SHA-256: one byte of another, and the text is judged."""
    verify(root)
    place = root / "footprint.json"
    facts, text = place.stat(), place.read_bytes()
    place.write_bytes(text.replace(b'"size": 3', b'"size": 4', 1))
    os.utime(place, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    with pytest.raises(DataError, match="DATA-060"):
        verify(root)


def test_changed_data_is_refused_all_the_same(root: Path) -> None:
    """Columns that were kept are compared like those that were read."""
    verify(root)
    (root / "b/3").write_text("other")
    (root / "a/new").write_text("new")

    with pytest.raises(DataChanged) as refused:
        verify(root)
    assert "b/3" in str(refused.value)
    assert "a/new" in str(refused.value)


@pytest.mark.parametrize("at", [0, 30, 300, -40, -1])
def test_a_flipped_byte_makes_it_worthless(root: Path, home: Path, at: int) -> None:
    """Damaged columns are as good as missing, and are mended."""
    first = facts(verify(root).footprint)
    whole = kept(home).read_bytes()
    spoiled = bytearray(whole)
    spoiled[at] ^= 1
    for content in (bytes(spoiled), whole[:at], b"", whole + b"x", b"[" * 4000):
        kept(home).write_bytes(content)
        assert facts(verify(root).footprint) == first
        assert kept(home).read_bytes() == whole


def test_columns_of_another_data_set_do_not_count(root: Path, home: Path, tmp_path: Path) -> None:
    """A file laid in the place of another says which text it is of."""
    first = facts(verify(root).footprint)
    here = kept(home)
    other = tmp_path / "other"
    other.mkdir()
    (other / "1").write_text("1")
    verify(other)
    verify(other)
    (there,) = set(here.parent.iterdir()) - {here}
    here.write_bytes(there.read_bytes())

    assert facts(verify(root).footprint) == first


def test_nothing_depends_on_the_state_folder(root: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it cannot be written, and where there is none, the text is read."""
    home.write_text("a file is in the way")
    first = facts(verify(root).footprint)
    monkeypatch.delenv("DEEPDIVA_HOME")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))

    assert facts(load(root / "footprint.json", again=True)) == first
