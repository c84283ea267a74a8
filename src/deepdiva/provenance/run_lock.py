"""Read the lock that a run keeps: which Python, and which packages in which versions.

The run may come from a stranger: names, versions and hashes have to look like such, so that
nothing in a lock becomes an option of an installer.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepdiva.errors import Inconclusive
from deepdiva.provenance.packages import LARGEST_LOCK, normalized, read_packages
from deepdiva.provenance.stamp import Package

LOCK_FILE = Path("environment", "pylock.toml")
OWN_NAME = "deepdiva"

_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_HASH = re.compile(r"sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})")
_PYTHON = re.compile(r"==(3\.\d+\.\d+)")
_IMPLEMENTATION = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Locked:
    """A package of a lock."""

    package: Package
    hashes: tuple[str, ...]
    """Of the files that the index distributes, as pip writes them; empty where none are known."""

    @property
    def line(self) -> str:
        """What a requirements file says of it."""
        hashes = "".join(f" --hash={digest}" for digest in self.hashes)
        return f"{self.package.name}=={self.package.version}{hashes}\n"


@dataclass(frozen=True, kw_only=True)
class RunLock:
    """An environment as a run wrote it down."""

    implementation: str
    """Such as `CPython`."""
    python: str
    """Full version, such as `3.11.7`."""
    packages: tuple[Locked, ...]
    """All but `deepdiva` itself, which is on no index."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that is asked of an installer."""
        lines = [f"{self.implementation} {self.python}\n", *(locked.line for locked in self.packages)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def differences(self, site: Path) -> list[str]:
        """Return how the packages installed in the folder `site` differ from the lock."""
        then = {locked.package.name: locked.package for locked in self.packages}
        now = {package.name: package for package in read_packages([str(site)]) if package.name != OWN_NAME}
        return [
            f"{name} was {_told(then.get(name))}, is {_told(now.get(name))}"
            for name in sorted({*then, *now})
            if then.get(name) != now.get(name)
        ]


def read_run_lock(run: Path) -> RunLock:
    """Return the lock of the run at `run`.

    Raises:
        Inconclusive: there is none (REP-007), or it cannot be trusted (REP-008).
    """
    place = run / LOCK_FILE
    if not place.is_file():
        raise Inconclusive(
            f"{run.name} keeps no {LOCK_FILE}",
            expected="the lock that every run writes",
            remedy="take a copy of the run that is whole, or leave out `--environment`",
            code="REP-007",
        )
    try:
        return _parse(_read(place), json.loads(_read(place.with_name("platform.json"))))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Inconclusive(
            f"{place} cannot be trusted: {error}",
            expected="names, versions and hashes as a run writes them",
            remedy="take a copy of the run that is whole",
            code="REP-008",
        ) from error


def _read(place: Path) -> bytes:
    if place.stat().st_size > LARGEST_LOCK:
        raise ValueError("it is larger than any lock")
    return place.read_bytes()


def _parse(content: bytes, platform: Any) -> RunLock:
    facts = tomllib.loads(content.decode())
    implementation = str(platform["python"]).partition(" ")[0]
    found = sorted(_packages(facts["packages"]), key=lambda locked: locked.package.name)
    if len({locked.package.name for locked in found}) != len(found):
        raise ValueError("it names a package twice")
    return RunLock(
        implementation=_matching(_IMPLEMENTATION, implementation),
        python=_matching(_PYTHON, facts["requires-python"]).removeprefix("=="),
        packages=tuple(found),
    )


def _packages(entries: Any) -> Iterator[Locked]:
    for entry in entries:
        known = entry.get("tool", {}).get(OWN_NAME, {})
        package = Package(
            name=normalized(_matching(_NAME, entry["name"])),
            version=_matching(_VERSION, entry["version"]),
            sha256=str(known.get("installed-sha256", "")),
        )
        hashes = tuple(_matching(_HASH, digest) for digest in known.get("distributed-hashes", ()))
        if package.name != OWN_NAME:
            yield Locked(package=package, hashes=hashes)


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{value!a} does not look as it should")
    return value


def _told(package: Package | None) -> str:
    return "absent" if package is None else f"{package.version} ({package.sha256[:12]})"
