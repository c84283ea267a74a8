"""Proves how an environment is made from a lock, with one tiny wheel that pip finds in a folder."""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w

from deepdiva.errors import Inconclusive
from deepdiva.provenance.environments import environment_of, make_environment, site_of
from deepdiva.provenance.packages import read_packages
from deepdiva.provenance.run_lock import read_run_lock

Run = Callable[..., Path]


def make_wheel(folder: Path) -> str:
    """Write a wheel of one module; return the SHA-256 of the file."""
    folder.mkdir()
    info = "tiny_thing-1.0.dist-info"
    files = {
        "tiny_thing.py": b"ANSWER = 42\n",
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{name},sha256={_encoded(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    place = folder / "tiny_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(place, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
    return hashlib.sha256(place.read_bytes()).hexdigest()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a maker of as much of a run as has a lock of one package, which pip finds in a folder."""
    digest = make_wheel(tmp_path / "wheels")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))

    def make(name: str = "run", *, python: str = platform.python_version(), version: str = "1.0",
             sha256: str = digest, recorded: str = "") -> Path:  # fmt: skip
        facts: dict[str, object] = {"distributed-hashes": [f"sha256:{sha256}"]} if sha256 else {}
        facts |= {"installed-sha256": recorded} if recorded else {}
        entry = {"name": "tiny-thing", "version": version, "tool": {"deepdiva": facts}}
        folder = tmp_path / name / "environment"
        folder.mkdir(parents=True)
        text = tomli_w.dumps({"requires-python": f"=={python}", "packages": [entry]})
        (folder / "pylock.toml").write_text(text)
        kind = platform.python_implementation()
        (folder / "platform.json").write_text(json.dumps({"python": f"{kind} {python} (GCC)"}))
        return folder.parent

    return make


def kept(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "home" / "environments").iterdir()]


@pytest.mark.slow
def test_the_environment_holds_what_the_lock_says_and_is_kept(run: Run, tmp_path: Path) -> None:
    """Neither more nor less, and the second time nothing is installed."""
    told: list[str] = []
    python = environment_of(run(), told.append)
    site = site_of(python.parent.parent, read_run_lock(tmp_path / "run"))
    before = python.lstat().st_mtime_ns
    said = subprocess.run(
        [python, "-c", "import tiny_thing as t; print(t.ANSWER)"], capture_output=True, check=True
    )

    assert said.stdout == b"42\n"
    assert [package.name for package in read_packages([str(site)])] == ["tiny-thing"]
    assert any("may take minutes" in line for line in told)
    assert environment_of(tmp_path / "run", told.append) == python
    assert python.lstat().st_mtime_ns == before
    assert "made before" in told[-2]


@pytest.mark.slow
def test_what_was_recorded_is_compared(run: Run, tmp_path: Path) -> None:
    """Digest by digest: the same version may be another file."""
    lock = read_run_lock(run(recorded="ab" * 32))
    (line,) = make_environment(lock, tmp_path / "env", lambda _: None)

    assert line.startswith("tiny-thing was 1.0 (abababababab), is 1.0 (")
    assert (tmp_path / "env" / ".gitignore").read_bytes() == b"*\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"version": "2.0"}, "No matching distribution found for tiny-thing==2.0"),
        ({"sha256": "cd" * 32}, "THESE PACKAGES DO NOT MATCH THE HASHES|hash"),
        ({"version": "2.0", "sha256": ""}, "No matching distribution found for tiny-thing==2.0"),
    ],
)
def test_what_pip_cannot_bring_leaves_nothing(
    run: Run, tmp_path: Path, words: dict[str, str], said: str
) -> None:
    """INCONCLUSIVE with the word of pip; neither half an environment nor a kept one."""
    folder = run(**words)
    with pytest.raises(Inconclusive, match=said) as refusal:
        environment_of(folder, lambda _: None)
    with pytest.raises(Inconclusive):
        make_environment(read_run_lock(folder), tmp_path / "env", lambda _: None)

    assert refusal.value.code == "REP-010"
    assert kept(tmp_path) == []
    assert not (tmp_path / "env").exists()


def test_another_python_is_asked_for_by_its_version(run: Run, tmp_path: Path) -> None:
    """One that is nowhere is named, and nothing is made."""
    with pytest.raises(Inconclusive, match=r"CPython 3\.99\.1 is not here") as refusal:
        environment_of(run(python="3.99.1"), lambda _: None)

    assert refusal.value.code == "REP-009"
    assert kept(tmp_path) == []


def test_a_python_on_the_path_is_asked_what_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name proves nothing: one that answers otherwise, or not at all, is passed over."""
    for number, answer in enumerate(["echo CPython 3.99.2", "exit 3"]):
        place = tmp_path / f"bin{number}" / "python3.99"
        place.parent.mkdir()
        place.write_text(f"#!/bin/sh\n{answer}\n")
        place.chmod(0o755)
        monkeypatch.setenv("PATH", str(place.parent), prepend=":")
    with pytest.raises(Inconclusive, match=r"found: .*CPython 3\.99\.2"):
        environment_of(run(python="3.99.1"), lambda _: None)
