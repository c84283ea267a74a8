"""A process of its own that carries out a job, and how its errors come back."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deepdiva.errors import DeepDivaError
from deepdiva.provenance.files import make_folder, write_atomically

ERROR_FILE = "error.json"


@dataclass(frozen=True, kw_only=True)
class Told:
    """An error that a child left."""

    kind: str
    """Name of its class; empty where an older version of this package left it."""
    found: str
    expected: str
    remedy: str
    code: str


def answer(out: Path, work: Callable[[], None]) -> int:
    """Do `work` and return the exit status; an error of ours is left in `out` for the parent to tell."""
    make_folder(out)
    try:
        work()
        return 0
    except DeepDivaError as error:
        told = {key: getattr(error, key) for key in ("found", "expected", "remedy", "code")}
        told["kind"] = type(error).__name__
        write_atomically(out / ERROR_FILE, json.dumps(told).encode())
        return error.exit_code


def start(
    module: str, job: Path, *, cwd: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `python -P -m MODULE JOB` to its end, with `variables` besides those of this process."""
    return subprocess.run(
        [sys.executable, "-P", "-m", module, str(job)],
        cwd=cwd,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def read_error(out: Path) -> Told | None:
    """Return the error that was left in `out`; None where none was."""
    place = out / ERROR_FILE
    if not place.exists():
        return None
    told = json.loads(place.read_bytes())
    return Told(**{field.name: told.get(field.name, "") for field in dataclasses.fields(Told)})


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of what a child said before it failed."""
    return (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
