"""Make a virtual environment from the lock of a run: the same Python, the same packages.

Python's own `venv` and `pip` do the work, with whatever index pip is told of on this machine.
Versions are exact; files are checked by the hashes that the lock knows; at the end what is
installed is compared with what was recorded.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from deepdiva.errors import Inconclusive
from deepdiva.provenance.files import atomic_folder
from deepdiva.provenance.places import mark_as_ours, state_folder
from deepdiva.provenance.run_lock import RunLock, read_run_lock
from deepdiva.provenance.tree import printable
from deepdiva.provenance.waiting import shown

Tell = Callable[[str], object]
"""Is given sentences for the person who waits."""

MOST_NAMED = 10
_IDENTITY = "import platform as p; print(p.python_implementation(), p.python_version())"
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def environment_of(run: Path, tell: Tell) -> Path:
    """Return the Python of an environment with the packages of the run at `run`, kept for the next time.

    It lies in the state folder under the digest of the lock, made whole or not at all, and can
    be deleted at any time.

    Raises:
        Inconclusive: the lock (REP-007, REP-008), the Python (REP-009) or a package (REP-010) is missing.
        ResourceError: the state folder cannot be written.
    """
    lock = read_run_lock(run)
    place = state_folder() / "environments" / lock.digest[:32]
    if not _python(place).exists():  # also where its Python was uninstalled since
        shutil.rmtree(place, ignore_errors=True)
        with atomic_folder(place) as staging:
            _fill(staging, lock, tell)
    else:
        tell(f"the environment of the run was made before: {place}")
    _tell_differences(place, lock, tell)
    return _python(place)


def make_environment(lock: RunLock, place: Path, tell: Tell) -> list[str]:
    """Make the environment of `lock` at the new folder `place`, which ignores itself in git.

    Returns:
        How what is installed differs from the lock.

    Raises:
        Inconclusive: see `environment_of`; nothing is left at `place` then.
    """
    try:
        _fill(place, lock, tell)
        (place / ".gitignore").unlink(missing_ok=True)  # later Pythons write one with a comment
        mark_as_ours(place)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return _tell_differences(place, lock, tell)


def site_of(place: Path, lock: RunLock) -> Path:
    """Return the folder of the environment at `place` that holds its packages."""
    return place / "lib" / f"python{_minor(lock)}" / "site-packages"


def _fill(place: Path, lock: RunLock, tell: Tell) -> None:
    python = _find_python(lock)
    count = len(lock.packages)
    tell(f"making an environment of {count} packages with Python {lock.python}; this may take minutes")
    _carry_out([str(python), "-m", "venv", str(place)], "python -m venv")
    _install(_python(place), lock)
    _remove_others(place, lock)


def _find_python(lock: RunLock) -> Path:
    """Return an interpreter of the very version: the running one, else one on the path."""
    wanted = f"{lock.implementation} {lock.python}"
    if f"{platform.python_implementation()} {platform.python_version()}" == wanted:
        return Path(sys.executable)
    name = f"python{_minor(lock)}"
    places = [Path(folder, name) for folder in os.get_exec_path() if folder]
    seen = {place: said for place in places if place.is_file() and (said := _identity(place))}
    found = next((place for place, said in seen.items() if said == wanted), None)
    if found is None:
        others = ", ".join(sorted({*seen.values(), f"{platform.python_version()} (this one)"}))
        raise Inconclusive(
            f"{wanted} is not here; found: {others}",
            expected=f"the Python that ran, as {name} on the PATH",
            remedy=f"install Python {lock.python}, or leave out `--environment` to use the packages here",
            code="REP-009",
        )
    return found


def _identity(python: Path) -> str:
    with suppress(OSError, subprocess.TimeoutExpired):
        words = [str(python), "-I", "-c", _IDENTITY]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""
    return ""


def _install(python: Path, lock: RunLock) -> None:
    """Install those with hashes, each file checked, then those of which no hash is known."""
    parts = {
        ("--require-hashes",): [locked.line for locked in lock.packages if locked.hashes],
        (): [locked.line for locked in lock.packages if not locked.hashes],
    }
    with TemporaryDirectory(prefix="deepdiva-") as scratch:
        for flags, lines in parts.items():
            wanted = Path(scratch, "requirements.txt")
            wanted.write_text("".join(lines))
            if lines:
                words = (*_PIP, "install", "--no-deps", *flags, "-r", str(wanted))
                _carry_out([str(python), *words], "pip install", steps=len(lines))


def _remove_others(place: Path, lock: RunLock) -> None:
    """Remove what `venv` brings although the run did not have it; pip itself too."""
    names = {locked.package.name for locked in lock.packages}
    others = [line.split(" ")[0] for line in lock.differences(site_of(place, lock))]
    gone = [name for name in others if name not in names]
    if gone:
        _carry_out([str(_python(place)), *_PIP, "uninstall", "--yes", *gone], "pip uninstall")


def _tell_differences(place: Path, lock: RunLock, tell: Tell) -> list[str]:
    lines = lock.differences(site_of(place, lock))
    for line in lines[:MOST_NAMED]:
        tell(f"not as recorded: {line}")
    if len(lines) > MOST_NAMED:
        tell(f"not as recorded: and {len(lines) - MOST_NAMED} more packages")
    if not lines:
        tell(f"all {len(lock.packages)} packages are installed as recorded")
    return lines


def _carry_out(words: Sequence[str], name: str, *, steps: int = 1) -> None:
    """Run an installer to its end.

    Raises:
        Inconclusive: it failed; its last word is told (REP-010).
    """
    last = "it said nothing"
    outer = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    with (
        shown("fetching packages") as report,
        subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=outer
        ) as process,
    ):
        for done, line in _lines(process):
            report(done, steps)
            last = line if line.startswith("ERROR:") or not last.startswith("ERROR:") else last
    if process.returncode:
        raise Inconclusive(
            f"{name} failed: {printable(last)}",
            expected="every package of the lock in its exact version",
            remedy="see what it says: is the index of these packages reachable, and told to pip?",
            code="REP-010",
        )


def _lines(process: subprocess.Popen[bytes]) -> Iterator[tuple[int, str]]:
    """Give each line that is said, and how many packages were begun by then."""
    done = 0
    for raw in process.stdout or ():
        line = raw.decode("utf-8", "replace").strip()
        done += line.startswith("Collecting ")
        if line:
            yield done, line


def _python(place: Path) -> Path:
    return place / "bin" / "python"


def _minor(lock: RunLock) -> str:
    return lock.python.rpartition(".")[0]
