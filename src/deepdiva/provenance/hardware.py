"""What a run computes on: processor and its instruction sets, memory, GPUs and their driver."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from deepdiva.provenance.cores import physical_cores

_PROCESSORS = Path("/proc/cpuinfo")
_DRIVER = Path("/proc/driver/nvidia")
_SECONDS = 10

_KERNEL_CHOOSING = re.compile(
    r"^(?:sse|ssse|avx|fma|f16c|bmi|amx|asimd|neon|sve|sme\d?$|bf16|i8mm|dotprod|fphp|altivec|vsx|rvv|v$)"
)
"""Numeric libraries choose their kernels, and so the last bits, by these instruction sets."""


def read_hardware() -> dict[str, Any]:
    """Return facts about this machine; what it does not tell is None or left out."""
    return {
        "machine": platform.machine(),
        "cpu": _ask_macos_cpu() if sys.platform == "darwin" else _read_cpu(_PROCESSORS),
        "processors": os.cpu_count(),
        "physical_cores": physical_cores(),
        "memory_bytes": _memory(),
        **_read_gpus(_DRIVER),
    }


def cpu_model() -> str:
    """Return what the processor calls itself, the same on every machine of its model."""
    cpu = _ask_macos_cpu() if sys.platform == "darwin" else _read_cpu(_PROCESSORS)
    return str(cpu["model"] or platform.machine())


def instruction_sets() -> list[str]:
    """Return the instruction sets of the processor that choose kernels; none where that is unknown."""
    cpu = _ask_macos_cpu() if sys.platform == "darwin" else _read_cpu(_PROCESSORS)
    return list(cpu["instruction_sets"])


def _read_cpu(place: Path) -> dict[str, Any]:
    """Read the first processor of `/proc/cpuinfo`; on ARM, its parts stand in for a model name."""
    facts: dict[str, str] = {}
    try:
        with place.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if not line.strip():
                    break
                key, _, value = line.partition(":")
                facts[key.strip()] = value.strip()
    except OSError:
        return {"model": platform.processor() or None, "instruction_sets": []}
    parts = [facts.get(f"CPU {part}") for part in ("implementer", "part", "variant", "revision")]
    model = facts.get("model name") or " ".join(filter(None, parts)) or facts.get("cpu")
    numbers = {key: facts[key] for key in ("cpu family", "model", "stepping", "microcode") if key in facts}
    sets = (facts.get("flags") or facts.get("Features") or "").split()
    return {
        "model": model,
        "numbers": {key.replace(" ", "_"): value for key, value in numbers.items()},
        "instruction_sets": sorted(name for name in sets if _KERNEL_CHOOSING.match(name)),
    }


def _ask_macos_cpu() -> dict[str, Any]:
    lines = (_answer("/usr/sbin/sysctl", "machdep.cpu.brand_string", "hw.optional") or "").splitlines()
    facts = dict(line.split(": ", 1) for line in lines if ": " in line)
    sets = (key.rpartition(".")[2].lower() for key, value in facts.items() if value == "1")
    return {"model": facts.get("machdep.cpu.brand_string"), "instruction_sets": sorted(sets)}


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def _read_gpus(driver: Path) -> dict[str, Any]:
    """Ask the driver's own files, which takes no time, else its program."""
    gpus = []
    for place in sorted(driver.glob("gpus/*/information")):
        facts = dict(re.findall(r"^([^:\n]+):\s*(.*)$", _text(place), re.MULTILINE))
        gpus.append(
            {"model": facts.get("Model", "").strip(), "firmware": facts.get("GPU Firmware", "").strip()}
        )
    version = re.search(r"Kernel Module(?: for \S+)?\s+(\S+)", _text(driver / "version"))
    if gpus and version is not None:
        return {"gpus": gpus, "gpu_driver": version[1]}
    return _ask_gpu_program()


def _ask_gpu_program() -> dict[str, Any]:
    program = shutil.which("nvidia-smi")
    answer = program and _answer(
        program, "--query-gpu=name,driver_version,vbios_version", "--format=csv,noheader"
    )
    rows = [[word.strip() for word in line.split(",")] for line in (answer or "").splitlines()]
    gpus = [{"model": row[0], "firmware": row[2]} for row in rows if len(row) == 3]
    return {"gpus": gpus, "gpu_driver": next((row[1] for row in rows if len(row) == 3), None)}


def _answer(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_SECONDS)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout


def _text(place: Path) -> str:
    try:
        return place.read_text("utf-8", "replace")
    except OSError:
        return ""
