"""What level portable asks of the processor and of the environment.

With these three variables torch, oneDNN and MKL take the same kernels on every x86-64
processor that has AVX2 and FMA, whatever instruction sets lie above.  How far that goes
was measured; see `docs/concepts/determinism.md`.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deepdiva.errors import LevelRefused

VALUES = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # Not AVX2: that is honored on processors of one maker only.
    "MKL_CBWR": "COMPATIBLE",
}
"""Read by torch, oneDNN and MKL when they are loaded."""

_ALIASES = {"DNNL_MAX_CPU_ISA": "AVX2"}
_UNWANTED = ("MKL_ENABLE_INSTRUCTIONS", "MKL_DEBUG_CPU_TYPE")
"""Variables that lead MKL to other kernels; there is no neutral value to give them."""
_MACHINES = ("x86_64", "AMD64")
_NEEDED = ("avx2", "fma")


@dataclass(frozen=True)
class Violation:
    """One reason why the level cannot be met."""

    found: str
    remedy: str


def refuse(violations: Sequence[Violation]) -> None:
    """Raise all of `violations` as one error; do nothing where there is none.

    Raises:
        LevelRefused: ENV-002, with each violation and its remedy.
    """
    if not violations:
        return
    lines = [f"    {violation.found}: {violation.remedy}" for violation in violations]
    raise LevelRefused(
        "level 'portable' cannot be met:\n" + "\n".join(lines),
        expected="what has equal bits on every x86-64 processor with AVX2 and FMA",
        remedy="mend each line as it says, or use --determinism strict: equal bits on the same CPU model",
        code="ENV-002",
    )


def contrary_variables(environment: Mapping[str, str]) -> list[Violation]:
    """Return every variable that somebody set against the level.

    Example:
        >>> [violation.found for violation in contrary_variables({"MKL_CBWR": "AVX2"})]
        ["MKL_CBWR='AVX2'"]
        >>> contrary_variables({"ONEDNN_MAX_CPU_ISA": "avx2", "OMP_NUM_THREADS": "8"})
        []
    """
    contrary = [
        Violation(f"{name}={environment[name]!r}", f"unset {name}, or set it to {value}")
        for name, value in (VALUES | _ALIASES).items()
        if name in environment and environment[name].upper() != value.upper()
    ]
    unwanted = [name for name in _UNWANTED if name in environment]
    return contrary + [Violation(f"{name}={environment[name]!r}", f"unset {name}") for name in unwanted]


def unfit_processor(instruction_sets: Sequence[str], machine: str | None = None) -> list[Violation]:
    """Return what the processor lacks.

    Args:
        instruction_sets: As `hardware.instruction_sets` tells them; none where that is unknown.
        machine: As `platform.machine` tells it; of this computer if none is given.

    Example:
        >>> [violation.found for violation in unfit_processor(["avx", "avx2"], "x86_64")]
        ['the processor lacks FMA']
    """
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        return [Violation(f"the processor is {machine}, not x86-64", "run it on an x86-64 processor")]
    # macOS says `avx2_0` where Linux says `avx2`.
    known = {name.partition("_")[0] for name in instruction_sets}
    lacking = [name.upper() for name in _NEEDED if known and name not in known]
    if not lacking:
        return []
    return [Violation(f"the processor lacks {' and '.join(lacking)}", "run it on a newer processor")]
