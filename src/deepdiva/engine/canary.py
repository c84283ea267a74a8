"""A fixed set of operations whose bits tell which arithmetic is in force.

Two machines, builds or settings with the same digest compute these operations alike; a
variable that was misspelt or came too late shows here and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

PORTABLE = {
    "2.14.1+cu130": "4488f73dfc849bc2f9cc3b551069a31d959583b7afd761762fa96a03a411920a",
}
"""Build of torch to what `canary_digest` with `portable` gives on every processor fit for that level."""


def canary_digest(device: torch.device, *, portable: bool = False) -> str:
    """Return the SHA-256 of the results of all operations on `device`, in hexadecimal digits.

    Args:
        portable: Leave out the square root, whose bits no setting makes equal on all processors.
    """
    digest = hashlib.sha256()
    with torch.no_grad():
        for result in _operations(device, portable):
            digest.update(result.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _operations(device: torch.device, portable: bool) -> Iterator[Tensor]:
    yield from _linear_algebra(_grid(device, 96, 160), _grid(device, 160, 64))
    yield from _convolutions(_grid(device, 8, 16, 24, 24), _grid(device, 32, 16, 3, 3) / 8)
    yield from _pointwise(_grid(device, 8, 977), portable)
    yield from _reductions(_grid(device, 37, 1013))


def _grid(device: torch.device, *shape: int) -> Tensor:
    """Return numbers in [-1, 1) made from integers alone, so that the inputs never differ."""
    count = torch.arange(torch.Size(shape).numel(), dtype=torch.int64)
    scrambled = (count * 2654435761 + 12345) % 65536
    return ((scrambled.to(torch.float32) - 32768) / 32768).reshape(shape).to(device)


def _linear_algebra(a: Tensor, b: Tensor) -> Iterator[Tensor]:
    yield a @ b
    yield F.linear(a, b.t(), b[0])
    yield torch.baddbmm(a[None, :, :64], a[None], b[None])
    yield (a @ b).t() @ (a @ b)
    yield F.scaled_dot_product_attention(a[None, None], a[None, None], a[None, None])


def _convolutions(images: Tensor, kernels: Tensor) -> Iterator[Tensor]:
    for layout in (torch.contiguous_format, torch.channels_last):
        stacked = images.contiguous(memory_format=layout)
        yield F.conv2d(stacked, kernels, padding=1)
        yield F.conv2d(stacked, kernels, stride=2)
        yield F.max_pool2d(stacked, 2)
        yield F.avg_pool2d(stacked, 3)
        yield F.batch_norm(stacked, None, None, training=True)
    yield F.conv_transpose2d(images, kernels.transpose(0, 1), stride=2)
    yield F.interpolate(images, scale_factor=1.5, mode="bilinear", align_corners=False)


def _pointwise(x: Tensor, portable: bool) -> Iterator[Tensor]:
    for operation in (torch.exp, torch.tanh, torch.sigmoid, torch.sin, torch.erf, F.gelu, F.silu):
        yield operation(x)
    yield torch.log(x.abs() + 1)
    if not portable:
        yield torch.sqrt(x.abs())
    yield torch.pow(x.abs() + 0.5, 1.7)


def _reductions(x: Tensor) -> Iterator[Tensor]:
    yield x.sum(dim=0)
    yield x.sum()
    yield x.mean(dim=1)
    yield x.var(dim=1)
    yield F.softmax(x, dim=1)
    yield F.log_softmax(x, dim=0)
    yield F.layer_norm(x, x.shape[1:])
    yield torch.linalg.vector_norm(x)
