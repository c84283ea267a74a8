"""Put a determinism level in force, and prove which arithmetic that gave."""

from __future__ import annotations

import random

import numpy as np
import torch

from deepdiva.engine.canary import canary_digest
from deepdiva.engine.machine import Machine
from deepdiva.errors import ConfigError
from deepdiva.provenance import NumericClass


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


def enforce(machine: Machine, threads: int, device: torch.device) -> NumericClass:
    """Set what the level asks of torch, and return the numeric class that is in force.

    The environment variables of the level were set before torch was imported
    (`provenance.levels`); here come the switches of torch itself.
    """
    torch.set_num_threads(threads)
    if machine.determinism != "off":
        _keep_full_precision()
    torch.use_deterministic_algorithms(machine.determinism in ("strict", "portable"))
    # Filling fresh memory costs time in every layer and moves no bit of a correct program.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    return NumericClass(
        canary=canary_digest(device),
        level=machine.determinism,
        device=_model_of(device),
        threads=threads,
        torch=torch.__version__,
        compile=machine.compile,
        precision=machine.precision,
    )


def seed_generators(seed: int) -> None:
    """Seed the global generators of Python, NumPy and torch, for code that draws from them."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the one that others draw from
    torch.manual_seed(seed)


def _keep_full_precision() -> None:
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False


def _mps_or_cpu() -> str:
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _model_of(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
