"""What level portable costs: the same training at strict and at portable, one thread each.

Both levels run in turn, each in a process with the environment of its level, so that a machine
that slows down slows down both.  Counted is processor time, which others on the machine lengthen
less than they do the clock's; a figure is the median of the rounds, the ratio that of pairs.

    python benchmarks/portable.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from statistics import median
from typing import get_args

from deepdiva.provenance import Level
from deepdiva.provenance.hardware import cpu_model
from deepdiva.provenance.levels import required_variables

ROUNDS = 5
SIZES = {"8x8 grey": (1, 8), "28x28 grey": (1, 28), "32x32 color": (3, 32)}
"""What the table calls it, channels, and side in pixels."""
BATCH, WARM_UP = 64, 3
STEPS = {8: 60, 28: 15, 32: 12}


def main() -> None:
    """Compare both levels, or, as the child of such a comparison, measure one."""
    if len(sys.argv) > 1:
        level = next(level for level in get_args(Level) if level == sys.argv[1])
        print(json.dumps(measure(level)))
        return
    pairs = [(_child("strict"), _child("portable")) for _ in range(ROUNDS)]
    print(f"{cpu_model()}, one thread, batches of {BATCH}, small-convnet with SGD\n")
    print("| pictures | strict, ms a step | portable, ms a step | portable / strict |\n|---|--:|--:|--:|")
    for name in SIZES:
        strict, portable = (1000 * median(pair[side][name] for pair in pairs) for side in (0, 1))
        ratio = median(portable[name] / strict[name] for strict, portable in pairs)
        print(f"| {name} | {strict:.1f} | {portable:.1f} | {ratio:.2f} |")


def _child(level: Level) -> dict[str, float]:
    words = [sys.executable, __file__, level]
    environment = os.environ | required_variables(level, 1)
    found = subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True).stdout
    seconds: dict[str, float] = json.loads(found)
    return seconds


def measure(level: Level) -> dict[str, float]:
    """Return the processor time of a step in seconds, for each size of pictures."""
    import torch

    from deepdiva.engine import Machine, enforce

    enforce(Machine(determinism=level, device="cpu"), 1, torch.device("cpu"))
    return {name: _seconds_of_step(*size) for name, size in SIZES.items()}


def _seconds_of_step(channels: int, side: int) -> float:
    import torch
    from torch.nn import functional as F

    from deepdiva.engine import Optimizer
    from deepdiva.models import build

    model = build("small-convnet", in_channels=channels, num_classes=10)
    optimizer = Optimizer(optimizer_arguments=("momentum=0.9", "weight_decay=5e-4")).build(model.parameters())
    images = torch.rand(BATCH, channels, side, side).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(BATCH) % 10
    for step in range(WARM_UP + STEPS[side]):
        if step == WARM_UP:
            since = time.process_time()
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
    return (time.process_time() - since) / STEPS[side]


if __name__ == "__main__":
    main()
