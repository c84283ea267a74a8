"""Put a determinism level in force, and prove which arithmetic that gave."""

from __future__ import annotations

import random

import numpy as np
import torch

from deepdiva.engine import canary
from deepdiva.engine.machine import Machine
from deepdiva.errors import ConfigError
from deepdiva.provenance import NumericClass
from deepdiva.provenance.hardware import cpu_model
from deepdiva.provenance.portable import Violation, refuse


def choose_device(name: str) -> torch.device:
    """Return the device called `name`; `auto` takes a GPU where there is one.

    Raises:
        ConfigError: torch cannot use such a device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else _mps_or_cpu())
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as cause:
        raise ConfigError(
            f"device {name!r} cannot be used: {str(cause).splitlines()[0]}",
            expected="auto, or a device that this machine and this build of torch have",
            remedy="leave --device out, or choose cpu",
            code="CFG-003",
        ) from cause
    return device


def device_of(machine: Machine) -> torch.device:
    """Return the device that `machine` asks for; at level portable `auto` is the CPU.

    Raises:
        ConfigError: see `choose_device`.
    """
    if machine.determinism == "portable" and machine.device == "auto":
        return torch.device("cpu")
    return choose_device(machine.device)


def enforce(machine: Machine, threads: int, device: torch.device) -> NumericClass:
    """Set what the level asks of torch, and return the numeric class that is in force.

    The environment variables of the level were set before torch was imported
    (`provenance.levels`); here come the switches of torch itself.

    Raises:
        LevelRefused: ENV-002, the arithmetic in force is not that of level portable.
    """
    torch.set_num_threads(threads)
    if machine.determinism != "off":
        _keep_full_precision()
    torch.use_deterministic_algorithms(machine.determinism in ("strict", "portable"))
    # Filling fresh memory costs time in every layer and moves no bit of a correct program.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    portable = machine.determinism == "portable"
    digest = canary.canary_digest(device, portable=portable)
    if portable:
        refuse(_foreign_arithmetic(digest))
    return NumericClass(
        canary=digest,
        level=machine.determinism,
        device=device.type if portable else _model_of(device),
        threads=threads,
        torch=torch.__version__,
        compile=machine.compile,
        precision=machine.precision,
    )


def notices(numeric_class: NumericClass) -> tuple[str, ...]:
    """Return what a person should know about what computes, although it stops nothing."""
    if numeric_class.level != "portable" or numeric_class.torch in canary.PORTABLE:
        return ()
    compared = ", ".join(canary.PORTABLE)
    return (f"no bits of torch {numeric_class.torch} were compared across processors, only of {compared}",)


def seed_generators(seed: int) -> None:
    """Seed the global generators of Python, NumPy and torch, for code that draws from them."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the one that others draw from
    torch.manual_seed(seed)


def _foreign_arithmetic(digest: str) -> list[Violation]:
    """Return what shows that torch took other kernels than level portable needs."""
    violations = []
    capability = torch.backends.cpu.get_cpu_capability()
    if capability != "AVX2":
        found = f"torch computes with kernels for {capability}"
        violations.append(Violation(found, "set ATEN_CPU_CAPABILITY=avx2 before torch is imported"))
    known = canary.PORTABLE.get(torch.__version__, digest)
    if digest != known:
        found = f"the canary is {digest[:12]}, and {known[:12]} wherever else it was looked at"
        remedy = "unset LD_PRELOAD; if it is not set, this processor or build of torch is not fit for it"
        violations.append(Violation(found, remedy))
    return violations


def _keep_full_precision() -> None:
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False


def _mps_or_cpu() -> str:
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _model_of(device: torch.device) -> str:
    """Return what computes, by its model: other models may take other kernels."""
    match device.type:
        case "cuda":
            return torch.cuda.get_device_name(device)
        case "cpu":
            return cpu_model()
        case kind:
            return kind
