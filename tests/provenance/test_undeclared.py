"""Rules for what is listed, and under which names."""

from __future__ import annotations

import hashlib
import site
from pathlib import Path

import pytest
from tests.provenance.conftest import Project
from tests.provenance.test_covered import stand

from deepdiva.provenance.callers import Line
from deepdiva.provenance.covered import Ground
from deepdiva.provenance.reads import Kind, Notes, Reader, Subject
from deepdiva.provenance.undeclared import Judge


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home folder of Ada, who works outside of it."""
    folder = tmp_path / "home" / "ada"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture
def ground(project: Project) -> Ground:
    """Return a ground on which all files of the test are older than the run."""
    project.write(".gitignore", b"*.npy\n")
    return Ground(**{**vars(stand(project)), "began": 2**62})


def notes(ground: Ground, *subjects: tuple[Kind, str | Path], line: int = 3, found: bool = True) -> Notes:
    by = Line(str(ground.root / "idea.py"), line)
    return {Subject(kind, str(name)): Reader(False, by, found) for kind, name in subjects}


def test_files_have_names_that_say_nothing_of_the_machine(
    project: Project, ground: Ground, home: Path, tmp_path: Path
) -> None:
    """Below the tree, the data, the home folder; of others the last part.  The digest is of the content."""
    places = {
        "weights.npy": project.write("weights.npy", b"1"),
        "<data>/later.txt": project.room / "data" / "later.txt",
        "~/hub/x.pth": home / "hub" / "x.pth",
        ".../labels.csv": tmp_path / "other" / "labels.csv",
    }
    for place in places.values():
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"1")
    judge = Judge(ground)
    found = judge.undeclared(notes(ground, *(("file", place) for place in places.values())))

    assert [entry.name for entry in found] == sorted(places)
    assert {entry.by for entry in found} == {"idea.py:3"}
    assert {(entry.sha256, entry.bytes) for entry in found} == {(hashlib.sha256(b"1").hexdigest(), 1)}
    assert judge.places == {name: str(place) for name, place in places.items()}


def test_what_was_not_there_was_not_read(ground: Ground, tmp_path: Path) -> None:
    """Python tells of a file before it tries to open it; folders are not files."""
    assert Judge(ground).undeclared(notes(ground, ("file", "/no/such"), ("file", tmp_path))) == ()


def test_a_file_is_hashed_when_it_is_first_looked_at(project: Project, ground: Ground) -> None:
    """What training saw first counts, however often it is looked at, and whatever is written later."""
    place = project.write("weights.npy", b"1")
    judge = Judge(ground)
    first = judge.undeclared(notes(ground, ("file", place)))
    place.write_bytes(b"22")

    assert judge.undeclared(notes(ground, ("file", place), ("variable", "A")))[0] == first[0]


def test_variables_are_listed_by_name_alone(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the allow-list stand in the stamp, set or not."""
    monkeypatch.setenv("MY_LR", "0.1")
    asked = notes(ground, ("variable", "MY_LR"), ("variable", "OMP_NUM_THREADS"), ("variable", "LANG"))
    (entry,) = Judge(ground).undeclared(asked)

    assert entry.as_json() == {"kind": "variable", "name": "MY_LR", "by": "idea.py:3", "found": True}


def test_other_kinds_are_named(project: Project, ground: Ground) -> None:
    """A program of the system by its name; one of the source tree is code like any other."""
    tool = project.write("tool.sh", b"#!/bin/sh\n", program=True)
    ground = Ground(**{**vars(ground), "held": ground.held | {"tool.sh"}})
    asked = notes(
        ground,
        ("program", "/usr/bin/git"),
        ("program", tool),
        ("host", "example.org:443"),
        ("library", "libm.so.6"),
    )

    assert [(entry.kind, entry.name) for entry in Judge(ground).undeclared(asked)] == [
        ("host", "example.org:443"),
        ("library", "libm.so.6"),
        ("program", "git"),
    ]


def test_a_file_that_no_package_brought_is_listed(ground: Ground) -> None:
    """Dropped into site-packages it belongs to no distribution, and no lock tells of it."""
    place = Path(site.getsitepackages()[0])
    brought = next(path for path in place.glob("numpy/*.py"))
    record = next(path for path in place.glob("numpy-*.dist-info/METADATA"))
    found = Judge(ground).undeclared(notes(ground, ("file", brought), ("file", record)))

    assert found == ()


def test_a_dropped_module_is_listed(ground: Ground, tmp_path: Path) -> None:
    """By its name below the packages, which is the same in every environment."""
    lone = tmp_path / "site-packages" / "lone.py"
    lone.parent.mkdir()
    lone.write_text("A = 1\n")
    (entry,) = Judge(ground).undeclared(notes(ground, ("file", lone)))

    assert entry.name == "<packages>/lone.py"


def test_what_was_found_before_a_stop_stays(ground: Ground) -> None:
    """A run that goes on tells of both its parts, each input once."""
    first = Judge(ground).undeclared(notes(ground, ("variable", "A"), ("variable", "B"), line=12))
    second = Judge(ground, first).undeclared(notes(ground, ("variable", "B"), ("variable", "C"), line=9))

    assert [(entry.name, entry.by) for entry in second] == [
        ("A", "idea.py:12"),
        ("B", "idea.py:9"),
        ("C", "idea.py:9"),
    ]
