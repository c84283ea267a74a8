"""The fastest loop we can write by hand: no record, no checks, no command line.

All pictures wait in memory as one normalized tensor, a batch is one gather, nothing is read
back while training.  Model, optimizer, precision, memory format, threads and allocator are
those of `deepdiva run image-classification`, so that what is left between the two is DeepDIVA.

    python benchmarks/bare_loop.py PICTURES --model light --threads 1 --epochs 4     its speed
    python benchmarks/bare_loop.py PICTURES --model light --threads 1 --first-step   its start

Prints one JSON object.  PICTURES holds train/<class>/*.png.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from deepdiva.provenance.levels import required_variables

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

BATCH = 64
MODELS = {
    "small-convnet": "deepdiva.models.small_convnet:SmallConvNet",
    "light": "light_convnet:LightConvNet",
}
"""The default model of the task, and one so light that what surrounds it shows."""


def main() -> None:
    """Train as told by the words on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--model", choices=MODELS, default="light")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--first-step", action="store_true")
    words = parser.parse_args()
    settle(words.threads)
    if words.first_step:
        print(json.dumps({"first_step": first_step(words.model, words.threads)}))
    else:
        model, optimizer = build(words.model, words.threads)
        print(json.dumps(train(model, optimizer, *read(words.pictures), epochs=words.epochs)))


def settle(threads: int) -> None:
    """Return with the environment that DeepDIVA gives itself, or start again with it."""
    required = required_variables("strict", threads)
    if any(os.environ.get(name) != value for name, value in required.items()):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | required)  # noqa: S606 - no shell is wanted


def build(name: str, threads: int) -> tuple[nn.Module, Optimizer]:
    """Return a fresh model and the default optimizer of `image-classification`."""
    import torch

    torch.set_num_threads(threads)
    module, _, attribute = MODELS[name].partition(":")
    model = getattr(importlib.import_module(module), attribute)(in_channels=1, num_classes=10)
    model = model.to(memory_format=torch.channels_last)
    return model, torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)


def read(pictures: Path) -> tuple[Tensor, Tensor]:
    """Return all training pictures, ready for the model, and their labels."""
    import numpy as np
    import torch
    from PIL import Image

    files = sorted((pictures / "train").glob("*/*.png"))
    pixels = torch.from_numpy(np.stack([np.asarray(Image.open(file)) for file in files]))
    scaled = pixels[:, None].float() / 255
    images = (scaled - scaled.mean()) / scaled.std()
    return images, torch.tensor([int(file.parent.name) for file in files])


def train(
    model: nn.Module, optimizer: Optimizer, images: Tensor, labels: Tensor, *, epochs: int
) -> dict[str, float]:
    """Train, and return the speed of all epochs but the first, which warms up."""
    import torch
    from torch.nn import functional as F

    for epoch in range(epochs):
        if epoch == 1:
            since = time.perf_counter()
        for indices in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(images[indices]), labels[indices]).backward()
            optimizer.step()
    seconds = time.perf_counter() - since
    return {"samples_per_second": (epochs - 1) * len(images) / seconds}


def first_step(name: str, threads: int) -> float:
    """Return the time on the clock, in seconds since 1970, when the first step is done."""
    import torch
    from torch.nn import functional as F

    model, optimizer = build(name, threads)
    images, labels = torch.rand(BATCH, 1, 28, 28), torch.zeros(BATCH, dtype=torch.int64)
    F.cross_entropy(model(images), labels).backward()
    optimizer.step()
    return time.time()


if __name__ == "__main__":
    main()
