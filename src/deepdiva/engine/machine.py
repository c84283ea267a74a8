"""On what to compute, and how strictly: the settings of the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deepdiva.errors import ConfigError
from deepdiva.provenance import Level


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Settings of the computer.  All but the workers can move bits, so all are recorded."""

    determinism: Level = "strict"
    """What is promised: off, seeded, strict (equal bits on equal hardware) or portable."""
    threads: int | None = None
    """CPU threads that compute; as many as there are physical cores if none is given, one at portable."""
    workers: int = 0
    """Processes that read batches ahead; never moves a bit."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    """Precision of the forward pass; the halves use automatic mixed precision."""
    compile: bool = False
    """Compile the model with torch.compile."""

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise _refuse("workers", self.workers, "0 or more")
        if self.threads is not None and self.threads < 1:
            raise _refuse("threads", self.threads, "1 or more")


def _refuse(name: str, value: int, expected: str) -> ConfigError:
    return ConfigError(
        f"{name} = {value}", expected=expected, remedy=f"choose another --{name}", code="CFG-003"
    )
