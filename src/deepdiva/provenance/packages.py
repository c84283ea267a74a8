"""Which packages are installed: names, versions and hashes, read straight from what installers record."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import deepdiva
from deepdiva.provenance.stamp import Package

_INFO_FOLDER = re.compile(
    r"^(?P<name>[A-Za-z0-9][\w.]*?)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info$"
)
_SEPARATORS = re.compile(r"[-_.]+")
_LOCKED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=([a-z0-9]+:[0-9a-f]+)")
_NAMED_HASH = re.compile(r"[a-z0-9]+:[0-9a-f]{32,}")
LARGEST_LOCK = 32 * 2**20


def read_packages(search: Sequence[str] = tuple(sys.path)) -> tuple[Package, ...]:
    """Return every installed distribution that this process would import from, sorted by name.

    Args:
        search: Folders, the first of which wins where two hold the same distribution.
    """
    found: dict[str, Package] = {}
    for folder in dict.fromkeys(search):
        for name, version, place in _listed(folder):
            found.setdefault(name, Package(name=name, version=version, sha256=_record_digest(place)))
    return tuple(found[name] for name in sorted(found))


def normalized(name: str) -> str:
    """Return `name` as all of its spellings are compared: lower case, with single hyphens.

    Example:
        >>> normalized("Ruamel.Yaml__x")
        'ruamel-yaml-x'
    """
    return _SEPARATORS.sub("-", name).lower()


def _listed(folder: str) -> Iterator[tuple[str, str, Path]]:
    try:
        with os.scandir(folder or ".") as listing:
            names = sorted(entry.name for entry in listing)
    except OSError:  # a zip archive, or a folder that is gone
        return
    for name in names:
        if (match := _INFO_FOLDER.match(name)) is not None:
            yield normalized(match["name"]), match["version"], Path(folder, name)


def _record_digest(place: Path) -> str:
    """Return one digest of what the wheel brought; the same for every user and folder it is installed in.

    Left out are the lines about the installation itself: scripts (they hold the path of
    the interpreter), compiled files, and the notes of the installer.
    """
    try:
        lines = (place / "RECORD").read_bytes().splitlines()
    except OSError:
        return ""
    notes = os.fsencode(place.name) + b"/"
    own = (line for line in lines if line[-2:] != b",," and line[:3] != b"../" and not line.startswith(notes))
    return hashlib.sha256(b"\n".join(sorted(own))).hexdigest()


# -- The package itself --------------------------------------------------------------


@dataclass(frozen=True)
class OwnFiles:
    """The files of the installed `deepdiva`."""

    files: Mapping[str, str]
    """POSIX path below the package to SHA-256, sorted."""

    @property
    def digest(self) -> str:
        """One SHA-256 over all of them."""
        return hashlib.sha256("".join(f"{p}\0{d}\n" for p, d in self.files.items()).encode()).hexdigest()


@functools.cache
def read_own_files() -> OwnFiles:
    """Hash every file of the package that runs; once, since the process runs what it has imported."""
    return hash_package(Path(deepdiva.__file__).resolve().parent)


def hash_package(root: Path) -> OwnFiles:
    """Hash every file of the package `deepdiva` in the folder `root`."""
    files = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            path = Path(folder, name)
            files[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return OwnFiles(dict(sorted(files.items())))


# -- The lock that a run keeps -------------------------------------------------------


def as_lock(packages: Sequence[Package], root: Path | None = None) -> str:
    """Return `packages` as a `pylock.toml` (version 1.0 of the format), without any address or path.

    Where a lock with hashes at `root` (`pylock.toml`, `requirements.lock`) names the very
    version that is installed, its hashes of the distributed files come along.
    """
    import tomli_w

    locked = {} if root is None else read_locked_hashes(root)
    facts = {
        "lock-version": "1.0",
        "requires-python": "==" + ".".join(map(str, sys.version_info[:3])),
        "created-by": "deepdiva",
        "packages": [_lock_entry(package, locked) for package in packages],
    }
    return tomli_w.dumps(facts)


def _lock_entry(package: Package, locked: Mapping[tuple[str, str], Sequence[str]]) -> dict[str, object]:
    known = {
        "installed-sha256": package.sha256,
        "distributed-hashes": list(locked.get((package.name, package.version), ())),
    }
    facts = {key: value for key, value in known.items() if value}
    entry: dict[str, object] = {"name": package.name, "version": package.version}
    return entry | ({"tool": {"deepdiva": facts}} if facts else {})


def read_locked_hashes(root: Path) -> dict[tuple[str, str], list[str]]:
    """Return the hashes that the locks at `root` give for (name, version); what cannot be read gives none."""
    hashes: dict[tuple[str, str], list[str]] = {}
    for name, reader in (("requirements.lock", _requirements_hashes), ("pylock.toml", _pylock_hashes)):
        place = root / name
        try:
            if place.stat().st_size <= LARGEST_LOCK:
                hashes |= reader(place.read_text("utf-8"))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
    return hashes


def _requirements_hashes(text: str) -> dict[tuple[str, str], list[str]]:
    starts = list(_LOCKED.finditer(text))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return {
        (normalized(start[1]), start[2]): sorted(_HASH.findall(text, start.end(), end))
        for start, end in zip(starts, ends, strict=True)
    }


def _pylock_hashes(text: str) -> dict[tuple[str, str], list[str]]:
    found = {}
    for entry in tomllib.loads(text)["packages"]:
        files = [*entry.get("wheels", ()), *filter(None, (entry.get("sdist"), entry.get("archive")))]
        named = {f"{kind}:{digest}" for file in files for kind, digest in file["hashes"].items()}
        found[normalized(entry["name"]), entry.get("version", "")] = sorted(
            filter(_NAMED_HASH.fullmatch, named)
        )
    return found
