"""The gate: look at all that a run stands on, and refuse what could not be repeated."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Literal

from deepdiva.errors import UncommittedCode
from deepdiva.provenance.code import Source, read_code_state
from deepdiva.provenance.hardware import read_hardware
from deepdiva.provenance.levels import inherited
from deepdiva.provenance.packages import read_packages
from deepdiva.provenance.stamp import CodeState, Environment, NumericClass, Stamp
from deepdiva.provenance.tree import printable
from deepdiva.provenance.variables import read_variables, scrub
from deepdiva.provenance.verify import verify

OnUncommitted = Literal["refuse", "snapshot"]
_MOST_NAMED = 20


def check(
    *,
    source: Source,
    on_uncommitted: OnUncommitted,
    data_root: Path,
    request_sha256: str,
    seed: int,
    numeric_class: NumericClass,
    deep: bool = False,
) -> Stamp:
    """Return the stamp of a run, or raise the first reason why it could not be repeated.

    Args:
        source: What `code.find_source` found.
        on_uncommitted: Whether changes that no commit holds refuse the run, or go into it.
        data_root: Folder of the data set.
        request_sha256: Digest of everything that was asked for.
        seed: Root of all randomness.
        numeric_class: Proof of what computes.
        deep: Hash every file of the data, instead of comparing sizes and times.

    Raises:
        UncommittedCode: the code differs from its last commit (SRC-001).
        GateRefused: the code cannot be read or kept; see `code.read_code_state`.
        DataError, DataChanged: see `verify.verify`.
    """
    code = read_code_state(source)
    if on_uncommitted == "refuse":
        _refuse_uncommitted(source, code)
    return Stamp(
        code=code,
        data=verify(data_root, deep=deep),
        environment=read_environment(),
        seed=seed,
        numeric_class=numeric_class,
        request_sha256=request_sha256,
    )


def read_environment() -> Environment:
    """Return interpreter, packages, machine and the variables that can move a bit."""
    name, version = platform.python_implementation(), platform.python_version()
    return Environment(
        python=f"{name} {version} ({platform.python_compiler()})",
        platform=platform.platform(),
        packages=read_packages(),
        hardware=read_hardware(),
        variables=read_variables(),
        inherited={name: scrub(value) for name, value in sorted(inherited().items())},
    )


def _refuse_uncommitted(source: Source, code: CodeState) -> None:
    if not code.changed:
        return
    commit = "there is none yet" if code.commit is None else f"the last is {code.commit[:12]}"
    some = [f"    {_described(code, path)}" for path in code.changed[:_MOST_NAMED]]
    more = len(code.changed) - len(some)
    count = "1 file" if len(code.changed) == 1 else f"{len(code.changed)} files"
    raise UncommittedCode(
        f"{count} of {source.root} cannot be had from a commit, {commit}:\n"
        + "\n".join(some + ([f"    and {more} more"] if more else [])),
        expected="code that a commit holds, so that the run can be repeated",
        remedy="commit (or ignore) them, or keep them in the run with --on-uncommitted snapshot",
        code="SRC-001",
    )


def _described(code: CodeState, path: str) -> str:
    large = {note.path: note.size for note in code.left_out}
    if path in code.deleted:
        return f"{printable(path)} (deleted)"
    if path in large:
        return f"{printable(path)} ({large[path]:,} bytes: too large for a snapshot)"
    return printable(path)
