"""Settle the environment of a determinism level before torch is imported.

Numeric libraries read their variables once, while they are loaded.  So the command looks
at its environment first and, where something is missing, starts itself again with the
right one.  What each level promises stands in `docs/concepts`.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from deepdiva.errors import ConfigError, LevelRefused
from deepdiva.provenance import portable
from deepdiva.provenance.cores import physical_cores
from deepdiva.provenance.hardware import instruction_sets
from deepdiva.provenance.stamp import Level
from deepdiva.provenance.variables import contrary_values

__all__ = ["default_threads", "inherited", "physical_cores", "required_variables", "settle"]

_NOTE = "DEEPDIVA_INHERITED"
"""Where the process that starts itself again finds what it replaced: JSON of process id and values."""

_THREAD_COUNTS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_REMOVED = ("GOMP_SPINCOUNT", "KMP_BLOCKTIME", "MKL_DOMAIN_NUM_THREADS", "OMP_THREAD_LIMIT")
"""Variables that would undo the pinned threads; there is no neutral value to give them."""

# With these, glibc keeps freed memory instead of giving pages back and faulting them in
# again for every batch.  Same bits, up to 1.8 times the speed on small convolutions.
_KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "67108864",
}
_FIXED: tuple[Level, ...] = ("strict", "portable")
"""The levels at which the environment has to be right; those below can do without."""
_STRICT = {
    "OMP_DYNAMIC": "FALSE",
    "MKL_DYNAMIC": "FALSE",
    "OMP_WAIT_POLICY": "PASSIVE",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}


def required_variables(level: Level, threads: int) -> dict[str, str]:
    """Return the environment that `level` needs with `threads` threads, by name.

    Level portable pins one thread.  That others were asked for is told by `engine.portable`,
    together with all else that cannot be had there.

    Raises:
        ConfigError: `threads` is less than 1 (CFG-003).
    """
    if threads < 1:
        raise ConfigError(
            f"threads is {threads}", expected="1 or more", remedy="give --threads 1 or more", code="CFG-003"
        )
    variables = dict.fromkeys(_THREAD_COUNTS, "1" if level == "portable" else str(threads))
    if platform.libc_ver()[0] == "glibc":
        variables |= _KEEP_MEMORY
    if level in _FIXED:
        variables |= _STRICT | {"CUBLAS_WORKSPACE_CONFIG": _cublas_workspace()}
    if level == "portable":
        variables |= portable.VALUES
    return variables


def default_threads(level: Level) -> int:
    """Return how many threads compute if nobody says: all physical cores, one at level portable."""
    return 1 if level == "portable" else physical_cores()


def _cublas_workspace() -> str:
    """Keep the smaller of the two repeatable settings where someone chose it."""
    chosen = os.environ.get("CUBLAS_WORKSPACE_CONFIG", "")
    return chosen if chosen == ":16:8" else ":4096:8"


def settle(level: Level, threads: int) -> None:
    """Return with the environment of `level` in force, or start the command again with it.

    Only the command starts itself again, at most once; what it replaced is found by
    `inherited`.  From a notebook or a script the environment of levels strict and portable
    has to be right already; the levels below can do without.

    Raises:
        ConfigError: see `required_variables`.
        LevelRefused: a variable is misspelt or contrary to the level (ENV-001), the processor
            or a variable does not fit level portable (ENV-002), or the environment can no
            longer be changed (ENV-003).
    """
    required = required_variables(level, threads)
    _refuse_contrary(level)
    if _is_in_force(required):
        return
    obstacle = _obstacle()
    if obstacle is None:
        _start_again(required)
    if level in _FIXED:
        _refuse_too_late(level, obstacle, required)


def inherited() -> dict[str, str]:
    """Return the values that the command replaced before it started itself again, by name."""
    return _read_note()[1]


def _refuse_contrary(level: Level) -> None:
    contrary = {} if level == "off" else contrary_values(os.environ, strict=level in _FIXED)
    if contrary:
        found = "; ".join(f"{name}={os.environ[name]!r}" for name in contrary)
        raise LevelRefused(
            f"{found}: misspelt, or contrary to level {level!r}",
            expected="; ".join(f"{name}: {allowed}" for name, allowed in contrary.items()),
            remedy=f"unset {' '.join(contrary)}, or give a value that fits; libraries ignore others silently",
            code="ENV-001",
        )
    if level == "portable":
        lacking = portable.unfit_processor(instruction_sets())
        portable.refuse(lacking + portable.contrary_variables(os.environ))


def _is_in_force(required: Mapping[str, str]) -> bool:
    return not _differing(required) and not _hash_seed_is_late(required)


def _differing(required: Mapping[str, str]) -> list[str]:
    wrong = [name for name, value in required.items() if os.environ.get(name) != value]
    return sorted(wrong + [name for name in _REMOVED if name in os.environ])


def _hash_seed_is_late(required: Mapping[str, str]) -> bool:
    """Python reads the hash seed at its start only; a value set since, or -E and -I, have no effect."""
    return required.get("PYTHONHASHSEED") == "0" and sys.flags.hash_randomization != 0


def _obstacle() -> str | None:
    """Return why this process cannot be started again; None where it can."""
    if "torch" in sys.modules:
        return "torch is already imported"
    if not _is_the_command():
        return "this process is not the `deepdiva` command, so it is not started again"
    if _read_note()[0] == os.getpid():
        return "the command was started again once"
    return None


def _refuse_too_late(level: Level, obstacle: str, required: Mapping[str, str]) -> None:
    wrong = [name for name in _differing(required) if name not in _KEEP_MEMORY]
    if _hash_seed_is_late(required) and "PYTHONHASHSEED" not in wrong:
        wrong.append("PYTHONHASHSEED (set too late, or Python runs with -E, -I or -R)")
    if not wrong:
        return
    settings = [f"export {name}={required[name]}" for name in wrong if name in required]
    unwanted = [f"unset {name}" for name in wrong if name in _REMOVED]
    raise LevelRefused(
        f"{obstacle}, and these variables are not as level {level!r} needs them: {', '.join(wrong)}",
        expected="an environment settled before torch is imported",
        remedy="use the command `deepdiva`, or say before Python starts: "
        + "; ".join(settings + unwanted or ["export PYTHONHASHSEED=0"]),
        code="ENV-003",
    )


def _is_the_command() -> bool:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    by_module = spec is not None and spec.name.partition(".")[0] == "deepdiva"
    return by_module or Path(sys.argv[0]).stem == "deepdiva"


def _start_again(required: Mapping[str, str]) -> NoReturn:
    differing = _differing(required)
    replaced = {name: os.environ[name] for name in differing if name in os.environ}
    note = {"process": os.getpid(), "values": _read_note()[1] | replaced}
    environment = {name: value for name, value in os.environ.items() if name not in _REMOVED}
    environment |= {**required, _NOTE: json.dumps(note, sort_keys=True)}
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - no shell is wanted


def _read_note() -> tuple[int, dict[str, str]]:
    """Return the process that started itself again and what it replaced; children inherit the note."""
    try:
        note = json.loads(os.environ[_NOTE])
        return int(note["process"]), {str(name): str(value) for name, value in note["values"].items()}
    except (KeyError, ValueError, TypeError, AttributeError):
        return -1, {}
