"""Give a restored source tree a virtual environment in which its `deepdiva` works.

    .venv/               the packages of the run's lock; ignored by git and by the gate
    .venv/bin/deepdiva   the command

`deepdiva` itself is on no index: where the restored tree holds the very package that ran, the
environment leads there; else it gets a copy of the installed one, if that is the one.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import deepdiva
from deepdiva.errors import Inconclusive
from deepdiva.provenance.environments import Tell, make_environment, site_of
from deepdiva.provenance.keep import load_stamp
from deepdiva.provenance.packages import read_own_files
from deepdiva.provenance.run_lock import OWN_NAME, RunLock, read_run_lock
from deepdiva.provenance.scratch import no_deepdiva, package_in

FOLDER = ".venv"
_COMMAND = """#!/bin/sh
# What installers write as an entry point, for whatever path leads here.
exec "$(dirname "$0")/python" -P -m deepdiva "$@"
"""


def restore_environment(run: Path, tree: Path, tell: Tell) -> list[str]:
    """Make `.venv` in the restored `tree` of the run at `run`.

    Returns:
        How what is installed differs from what the run had.

    Raises:
        Inconclusive: lock, Python, a package or `deepdiva` is missing (REP-007 to REP-011), or
            the tree holds a `.venv` of its own (REP-012); nothing is left of it then.
        DataError: the run cannot be read (SRC-010).
    """
    place = tree.absolute() / FOLDER
    if place.exists() or place.is_symlink():
        raise Inconclusive(
            f"the code of the run has a {FOLDER} of its own",
            expected="a place for its environment",
            remedy="restore it without `--environment`, and make the environment somewhere else",
            code="REP-012",
        )
    code, lock = load_stamp(run)["code"], read_run_lock(run)
    own = _own_package(tree.absolute(), code)
    lines = make_environment(lock, place, tell)
    _give(own, tree.absolute(), place, lock)
    return lines


def _own_package(tree: Path, code: dict[str, Any]) -> Path:
    """Return the package that ran: in the tree, else the installed one."""
    wanted = str(code.get("package_sha256"))
    found = package_in(tree, wanted)
    if found is not None:
        return found
    if read_own_files().digest == wanted:
        return Path(deepdiva.__file__).resolve().parent
    raise no_deepdiva(code)


def _give(package: Path, tree: Path, place: Path, lock: RunLock) -> None:
    site = site_of(place, lock)
    if package != tree and package.is_relative_to(tree):
        (site / f"{OWN_NAME}.pth").write_text(f"{package.parent}\n")
    else:
        shutil.copytree(package, site / OWN_NAME, ignore=shutil.ignore_patterns("__pycache__", FOLDER))
    command = place / "bin" / OWN_NAME
    command.write_text(_COMMAND)
    command.chmod(0o755)
