"""Proves that a run folder holds what a run stands on, and that a later ground is compared with it."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.provenance.conftest import Project

from deepdiva.errors import DataError, GateRefused
from deepdiva.provenance import footprint, keep
from deepdiva.provenance.file_table import FileEntry
from deepdiva.provenance.gate import check
from deepdiva.provenance.keep import differences, load_stamp
from deepdiva.provenance.stamp import NumericClass, Package, Stamp

NUMERIC_CLASS = NumericClass(
    canary="0" * 64, level="strict", device="cpu", threads=1, torch="2", compile=False, precision="float32"
)


@pytest.fixture
def stamp(project: Project) -> Stamp:
    """Return the stamp of a run with one uncommitted file."""
    project.git("remote", "add", "origin", "https://ada:hunter2@example.org/idea.git")
    project.write("new.py", b"new\n")
    data = project.room / "data"
    data.mkdir()
    (data / "a.txt").write_text("a")
    return check(
        source=project.source(),
        on_uncommitted="snapshot",
        data_root=data,
        request_sha256="f" * 64,
        seed=7,
        numeric_class=NUMERIC_CLASS,
    )


@pytest.fixture
def run(project: Project, stamp: Stamp) -> Path:
    """Return a run folder in which the stamp is kept."""
    keep.keep(stamp, project.source(), project.room / "run")
    return project.room / "run"


def test_everything_is_kept(run: Path) -> None:
    """Stamp, code, environment and data are there, each in its place."""
    assert {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()} == {
        "stamp.json",
        "code/code.json",
        "code/changes.patch",
        "code/where.json",
        "code/files/new.py",
        "environment/pylock.toml",
        "environment/platform.json",
        "environment/variables.json",
        "environment/deepdiva.json",
        "data/footprint.json",
        "data/where.json",
    }


def test_the_stamp_is_kept_in_short(run: Path, stamp: Stamp) -> None:
    """`stamp.json` names commit, dirty state, packages, data, seed, class and request."""
    facts = load_stamp(run)

    assert facts["code"]["commit"] == stamp.code.commit
    assert facts["code"]["dirty"] is True
    assert facts["code"]["changed"] == ["new.py"]
    assert facts["data"]["sha256"] == stamp.data.footprint.digest
    assert facts["environment"]["packages"].keys() == {package.name for package in stamp.environment.packages}
    assert facts["numeric_class"]["name"] == stamp.numeric_class.name
    assert (facts["seed"], facts["request_sha256"]) == (7, "f" * 64)


def test_the_footprint_is_kept_whole(run: Path, stamp: Stamp) -> None:
    """The footprint in the run is the footprint that was verified."""
    assert footprint.load(run / "data/footprint.json") == stamp.data.footprint


def test_no_absolute_path_outside_the_hints(run: Path, project: Project) -> None:
    """Only the two `where.json`, which no digest covers, know where things lie on this machine."""
    place = str(project.root.parent)
    telling = {
        p.relative_to(run).as_posix() for p in run.rglob("*.*") if p.is_file() and place in p.read_text()
    }
    assert telling == {"code/where.json", "data/where.json"}


def test_no_password_anywhere(run: Path) -> None:
    """The password in the address of the remote is in no file of the run."""
    assert not [path for path in run.rglob("*.*") if path.is_file() and "hunter2" in path.read_text()]


def test_the_same_ground_is_written_alike(run: Path, project: Project, stamp: Stamp) -> None:
    """Two runs upon the same ground keep the same bytes."""
    keep.keep(stamp, project.source(), project.room / "again")

    for path in run.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (project.room / "again" / path.relative_to(run)).read_bytes()


def test_the_lock_parses(run: Path, stamp: Stamp) -> None:
    """`pylock.toml` is TOML that names every package."""
    lock = tomllib.loads((run / "environment/pylock.toml").read_text())
    assert len(lock["packages"]) == len(stamp.environment.packages)


def test_code_that_moved_on_refuses(project: Project, stamp: Stamp) -> None:
    """A file that changes between the gate and the snapshot refuses the run, by name."""
    project.write("new.py", b"newer\n")
    with pytest.raises(GateRefused, match=r"SRC-006: new\.py is no longer"):
        keep.keep(stamp, project.source(), project.room / "run")


@pytest.mark.parametrize("vanish", [True, False])
def test_code_that_vanished_refuses(project: Project, stamp: Stamp, vanish: bool) -> None:
    """A file that is gone, or has become a link, by the time of the snapshot refuses the run."""
    (project.root / "new.py").unlink()
    if not vanish:
        (project.root / "new.py").symlink_to("idea.py")
    with pytest.raises(GateRefused, match=r"SRC-006: new\.py is no longer"):
        keep.keep(stamp, project.source(), project.room / "run")


# -- Comparing -----------------------------------------------------------------------


def test_the_same_ground_has_no_differences(run: Path, stamp: Stamp) -> None:
    """A stamp does not differ from itself."""
    assert differences(stamp, run) == []


def other_code(stamp: Stamp) -> Stamp:
    return dataclasses.replace(
        stamp, code=dataclasses.replace(stamp.code, tree="1" * 40, changed=("other.py",))
    )


def other_package(stamp: Stamp) -> Stamp:
    packages = (*stamp.environment.packages[1:], Package(name="zzz", version="1.0", sha256="a" * 64))
    return dataclasses.replace(stamp, environment=dataclasses.replace(stamp.environment, packages=packages))


def other_python(stamp: Stamp) -> Stamp:
    return dataclasses.replace(stamp, environment=dataclasses.replace(stamp.environment, python="CPython 4"))


def other_data(stamp: Stamp) -> Stamp:
    files = {"b.txt": FileEntry(1, 1, "0" * 64)}
    data = dataclasses.replace(stamp.data, footprint=footprint.Footprint(files))
    return dataclasses.replace(stamp, data=data)


def other_threads(stamp: Stamp) -> Stamp:
    return dataclasses.replace(stamp, numeric_class=dataclasses.replace(stamp.numeric_class, threads=2))


@pytest.mark.parametrize(
    ("change", "parts", "word"),
    [
        (other_code, {"code"}, "other.py"),
        (other_package, {"environment"}, "zzz was absent, is 1.0"),
        (other_python, {"environment"}, "is CPython 4"),
        (other_data, {"data"}, "sha256 was"),
        (other_threads, {"numeric_class"}, "threads was 1, is 2"),
    ],
)
def test_each_difference_is_told(
    run: Path, stamp: Stamp, change: Callable[[Stamp], Stamp], parts: set[str], word: str
) -> None:
    """Another code, package, interpreter, data set or thread count is named under its part."""
    lines = differences(change(stamp), run)

    assert {line.partition(":")[0] for line in lines} == parts
    assert any(word in line for line in lines)


def test_names_of_branches_do_not_matter(run: Path, stamp: Stamp) -> None:
    """The same tree on another branch, commit or remote is the same code."""
    code = dataclasses.replace(stamp.code, branch="other", commit="2" * 40, remote=None)
    assert differences(dataclasses.replace(stamp, code=code), run) == []


HEAD = '{"format": "deepdiva stamp 1", '
DAMAGED = ["", "{", "[]", "null", "1", '{"format": "other"}', HEAD + '"seed": 1}']
DAMAGED += [
    HEAD + f'"code": 1, "environment": {what}, "data": {{}}, "numeric_class": {{}}}}' for what in ("{}", "1")
]
DAMAGED += [HEAD + '"code": {}, "environment": {"packages": {"a": 1}}, "data": {}, "numeric_class": {}}']


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_stamp_is_an_error_of_ours(run: Path, stamp: Stamp, content: str) -> None:
    """Whatever stands in `stamp.json`: no traceback."""
    (run / "stamp.json").write_text(content)
    with pytest.raises(DataError, match="SRC-010"):
        differences(stamp, run)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_stamp_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """The reader of stamps answers any bytes in a way that the command line can show."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "stamp.json").write_bytes(content)
    with pytest.raises(DataError, match="SRC-010"):
        load_stamp(folder)
