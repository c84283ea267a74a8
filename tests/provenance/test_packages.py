"""Proves what is said of installed packages, and that a lock that travels leads nowhere."""

from __future__ import annotations

import importlib.metadata
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.provenance.packages import (
    as_lock,
    normalized,
    read_locked_hashes,
    read_own_files,
    read_packages,
)
from deepdiva.provenance.stamp import Package


def install(site: Path, name: str, version: str, record: str | None) -> None:
    """Make an installed package as far as its record goes."""
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    if record is not None:
        (folder / "RECORD").write_text(record)


def test_agrees_with_the_standard_library() -> None:
    """Names and versions are those of importlib.metadata, found in a fraction of the time."""
    found = {package.name: package.version for package in read_packages()}
    expected = {normalized(d.metadata["Name"]): d.version for d in importlib.metadata.distributions()}

    assert found == expected


def test_the_first_on_the_path_wins(tmp_path: Path) -> None:
    """Of two installations of one package, that one counts which Python would import."""
    install(tmp_path / "a", "Some_Thing", "2.0", "x,sha256=1,1\n")
    install(tmp_path / "b", "some.thing", "1.0", "x,sha256=2,1\n")

    packages = read_packages([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "missing")])

    assert [(package.name, package.version) for package in packages] == [("some-thing", "2.0")]


def test_the_digest_is_that_of_the_wheel(tmp_path: Path) -> None:
    """Scripts, compiled files, the installer's notes and the order of lines do not enter the digest."""
    wheel = "thing/a.py,sha256=1,10\nthing/b.py,sha256=2,20\n"
    here = (
        "../../../bin/thing,sha256=999,200\nthing/b.py,sha256=2,20\nthing/__pycache__/a.cpython-311.pyc,,\n"
        "thing/a.py,sha256=1,10\nthing-1.0.dist-info/INSTALLER,sha256=7,4\nthing-1.0.dist-info/RECORD,,\n"
    )
    install(tmp_path / "a", "thing", "1.0", wheel)
    install(tmp_path / "b", "thing", "1.0", here)

    (first,), (second,) = (read_packages([str(tmp_path / place)]) for place in "ab")
    assert first == second


def test_another_file_is_another_digest(tmp_path: Path) -> None:
    """A package of the same version with one other byte is told apart."""
    install(tmp_path / "a", "thing", "1.0", "thing/a.py,sha256=1,10\n")
    install(tmp_path / "b", "thing", "1.0", "thing/a.py,sha256=2,10\n")

    (first,), (second,) = (read_packages([str(tmp_path / place)]) for place in "ab")
    assert first.sha256 != second.sha256


def test_a_package_without_a_record_has_no_digest(tmp_path: Path) -> None:
    """What a distribution of Linux installed without a record is named, without a digest."""
    install(tmp_path, "thing", "1.0", None)
    assert read_packages([str(tmp_path)]) == (Package(name="thing", version="1.0", sha256=""),)


def test_the_lock_is_toml_with_names_versions_and_hashes() -> None:
    """The lock of this very environment parses, and names every package with its version and digest."""
    packages = read_packages()
    facts = tomllib.loads(as_lock(packages))

    assert facts["lock-version"] == "1.0"
    assert [(entry["name"], entry["version"]) for entry in facts["packages"]] == [
        (package.name, package.version) for package in packages
    ]


def test_the_lock_leads_nowhere(tmp_path: Path) -> None:
    """No address and no folder stands in a lock that travels, whatever the lock beside the code says."""
    (tmp_path / "requirements.lock").write_text(
        "--index-url https://me:secret@registry.example.org/simple\n"
        f"thing==1.0 --hash=sha256:{'a' * 64}  # from file:///home/me/thing\n"
        "other @ file:///home/me/other\n"
    )
    text = as_lock([Package(name="thing", version="1.0", sha256="b" * 64)], tmp_path)

    assert "/" not in text
    assert "secret" not in text


def test_hashes_of_the_same_version_come_along(tmp_path: Path) -> None:
    """Where a hashed lock names the version that is installed, its hashes are copied, others not."""
    (tmp_path / "requirements.lock").write_text(
        f"# by hand\nThing_One[extra]==1.0 \\\n    --hash=sha256:{'b' * 64} \\\n  --hash=sha256:{'a' * 64}\n"
        f"two==2.0 --hash=sha256:{'c' * 64}\n"
    )
    packages = [
        Package(name="thing-one", version="1.0", sha256=""),
        Package(name="two", version="2.1", sha256=""),
    ]
    one, two = tomllib.loads(as_lock(packages, tmp_path))["packages"]

    assert one["tool"]["deepdiva"]["distributed-hashes"] == [f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"]
    assert "tool" not in two


def test_hashes_of_a_pylock_come_along(tmp_path: Path) -> None:
    """A `pylock.toml` beside the code gives the hashes of its wheels and source archives."""
    (tmp_path / "pylock.toml").write_text(
        "lock-version = '1.0'\n[[packages]]\nname = 'thing'\nversion = '1.0'\n"
        f"sdist = {{ url = 'https://example.org/x', hashes = {{ sha256 = '{'b' * 64}' }} }}\n"
        f"[[packages.wheels]]\nurl = 'https://example.org/y'\nhashes = {{ sha256 = '{'a' * 64}' }}\n"
    )
    assert read_locked_hashes(tmp_path) == {("thing", "1.0"): [f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"]}


@given(st.binary(max_size=300))
def test_any_lock_is_read_or_left(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """A lock beside the code that is none gives no hashes, and no error: it is not ours."""
    folder = tmp_path_factory.mktemp("root")
    (folder / "pylock.toml").write_bytes(content)
    assert read_locked_hashes(folder) == {}


def test_our_own_files_are_hashed() -> None:
    """Every module of the installed package is named with its digest; caches are not."""
    files = read_own_files().files

    assert "provenance/packages.py" in files
    assert not [path for path in files if path.endswith(".pyc")]
    assert len(read_own_files().digest) == 64
