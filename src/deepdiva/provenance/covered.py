"""What a record holds of all that a run can read, and what is nobody's input.

Covered are the files of the commit and of the snapshot, those of the footprint, those of
installed distributions and of Python itself.  Not worth a line is what the system tells of itself,
fonts, caches that are made anew at any time, and what was made while the run went on.
"""

from __future__ import annotations

import importlib.util
import os
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deepdiva.provenance.callers import INSTALLED, OWN_FOLDER, STANDARD_FOLDERS
from deepdiva.provenance.code import Source
from deepdiva.provenance.entries import SUBMODULE
from deepdiva.provenance.places import state_folder
from deepdiva.provenance.repository import Repository
from deepdiva.provenance.stamp import CodeState, Stamp
from deepdiva.provenance.variables import is_recorded
from deepdiva.provenance.working_tree import is_populated

_SYSTEM_TELLS = re.compile(r"/proc/|/sys/|/dev/(?!shm/)")
_SYSTEM = ("/bin/", "/etc/", "/lib/", "/lib64/", "/sbin/", "/usr/")
"""Counts where the researcher reads it, not where a package does."""
_NO_INPUT = re.compile(
    r"/usr/(?:local/)?share/(?:fonts|i18n|locale|mime|zoneinfo)/|/usr/lib/locale/"
    r"|/etc/(?:localtime|mime\.types|os-release|nsswitch\.conf|hosts|resolv\.conf)$|/usr/lib/os-release$"
    r"|/\.(?:fonts|local/share/fonts|cache/fontconfig|cache/matplotlib|config/matplotlib)/"
    r"|/torchinductor_[^/]*/|/\.triton/cache/|/pyvenv\.cfg$|/__pycache__/[^/]*\.pyc\.\d+$"
)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What one run stands on."""

    root: Path
    """Of the source tree."""
    held: frozenset[str]
    """POSIX paths below it whose bytes a commit or the snapshot holds."""
    exempt: tuple[Path, ...]
    data: Path
    """The data folder, links resolved."""
    counted: Collection[str]
    """POSIX paths below it that the footprint counts."""
    began: int
    """Nanoseconds since 1970."""

    def covers_file(self, path: str, *, others: bool) -> bool:
        """Tell whether the file at the absolute `path`, installed ones aside, is covered or no input.

        Args:
            others: Whether a package read it by itself.
        """
        real = source_of_bytecode(os.path.realpath(path))
        if (below := _below(real, self.data)) is not None:
            return below in self.counted
        if self.holds(real) or _is_no_input(real, others=others) or real.startswith(_own_folders()):
            return True
        standard = any(p.startswith(STANDARD_FOLDERS) and not INSTALLED.match(p) for p in (path, real))
        return standard or self._is_passing(real)

    def covers_folder(self, path: str) -> bool:
        """Tell whether the names in the folder at `path` are told by what is covered, or no input."""
        real = os.path.realpath(path)
        if any(_below(real, place) is not None for place in self.exempt if place != self.data):
            return False
        inside = any(_below(real, place) is not None for place in (self.data, self.root))
        return (
            inside or INSTALLED.match(f"{real}/") is not None or self.covers_file(f"{real}/.", others=False)
        )

    def holds(self, path: str) -> bool:
        """Tell whether the file at `path` is one of the source tree that the record holds."""
        return _below(os.path.realpath(path), self.root) in self.held

    def covers_variable(self, name: str) -> bool:
        """Tell whether the record holds the variable, or that it was not set."""
        return is_recorded(name)

    def _is_passing(self, path: str) -> bool:
        """Tell whether it lies among temporary files and was made, or is gone, since the run began."""
        temporary = Path(tempfile.gettempdir()).resolve()
        in_tree = _below(path, self.root) is not None and not temporary.is_relative_to(self.root)
        if in_tree or _below(path, temporary) is None:
            return False
        try:
            return os.stat(path).st_ctime_ns >= self.began  # noqa: PTH116 - the path is a text
        except OSError:
            return True


def ground_of(source: Source, stamp: Stamp, *, began: int) -> Ground:
    """Return what a run stands on, as it is now: what is committed later does not count.

    Args:
        source: The source tree that guards the run.
        stamp: Of the run.
        began: When, in nanoseconds since 1970.

    Raises:
        GateRefused: git cannot read the repository.
    """
    return Ground(
        root=source.root.resolve(),
        held=frozenset(_held(source, stamp.code)),
        exempt=source.exempt,
        data=stamp.data.root.resolve(),
        counted=stamp.data.footprint.files.keys(),
        began=began,
    )


def _held(source: Source, code: CodeState) -> Iterator[str]:
    tracked = _tracked(Repository(source.root)) if source.kind == "git" else ()
    lost = {note.path for note in code.left_out}
    for path in {*tracked, *(note.path for note in code.kept)} - lost:
        if not any(_below(f"{source.root}/{path}", place) is not None for place in source.exempt):
            yield path


def _tracked(repository: Repository) -> Iterator[str]:
    """Give the tracked files, those of submodules among them."""
    for file in repository.tracked():
        if file.mode == SUBMODULE and is_populated(repository.root / file.path):
            yield from (f"{file.path}/{inner}" for inner in _tracked(Repository(repository.root / file.path)))
        else:
            yield file.path


def installed(paths: Iterable[str]) -> set[str]:
    """Return those of `paths` that an installed distribution says to have brought."""
    wanted = {path: source_of_bytecode(path) for path in paths}
    folders = {match[1] for path in wanted.values() if (match := INSTALLED.match(path))}
    known = {place for folder in folders for place in _brought(folder, set(wanted.values()))}
    return {path for path, plain in wanted.items() if plain in known}


def _brought(folder: str, wanted: Collection[str]) -> Iterator[str]:
    for info in Path(folder).glob("*-info"):
        record = info / "RECORD"
        try:
            lines = record.read_text("utf-8", "surrogateescape").splitlines()
        except OSError:  # an old installer, or the system's
            yield from _named(info, wanted)
            continue
        for line in lines:
            name = line.rpartition(",")[0].rpartition(",")[0].strip('"')
            place = f"{folder}/{name}"
            yield os.path.normpath(place) if ".." in name else place


def _named(info: Path, wanted: Collection[str]) -> Iterator[str]:
    """Give what lies below the packages that a distribution without a list of files names."""
    try:
        tops = (info / "top_level.txt").read_text("utf-8", "replace").split()
    except OSError:
        return
    places = tuple(f"{info.parent}/{top}{end}" for top in tops for end in ("/", ".py"))
    yield from (path for path in wanted if path.startswith((*places, f"{info}/")))


def source_of_bytecode(path: str) -> str:
    """Return the source of which the file at `path` is Python's compiled form; else the path.

    Example:
        >>> source_of_bytecode("/a/__pycache__/b.cpython-311.pyc")
        '/a/b.py'
        >>> source_of_bytecode("/a/b.npy")
        '/a/b.npy'
    """
    if not path.endswith(".pyc"):
        return path
    try:
        return importlib.util.source_from_cache(path)
    except ValueError:
        return path


def _is_no_input(path: str, *, others: bool) -> bool:
    if _SYSTEM_TELLS.match(path) or _NO_INPUT.search(path):
        return True
    return others and path.startswith(_SYSTEM) and not INSTALLED.match(path)


def _own_folders() -> tuple[str, ...]:
    return (OWN_FOLDER, os.path.realpath(OWN_FOLDER) + os.sep, f"{state_folder().resolve()}{os.sep}")


def _below(path: str, folder: Path) -> str | None:
    """Return the POSIX path of `path` below `folder`, `.` for the folder itself; None outside."""
    return Path(path).relative_to(folder).as_posix() if Path(path).is_relative_to(folder) else None
