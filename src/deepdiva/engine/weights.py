"""Weights as bytes: their digest, and their histograms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

BINS = 64


def on_cpu(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of all weights and buffers of `model` on the CPU, rows in the usual order."""
    return {name: _plain(tensor) for name, tensor in model.state_dict().items()}


def weights_digest(weights: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 over sorted name, dtype, shape and little-endian bytes of CPU tensors."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def histograms(weights: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Return `counts:<name>` and `edges:<name>` of every floating tensor, in 64 equal bins.

    Values that are not finite are left out.
    """
    arrays: dict[str, np.ndarray] = {}
    for name, tensor in weights.items():
        if tensor.is_floating_point():
            values = tensor.float().numpy().ravel()
            counts, edges = np.histogram(values[np.isfinite(values)], bins=BINS)
            arrays[f"counts:{name}"], arrays[f"edges:{name}"] = counts, edges
    return arrays


def _plain(tensor: Tensor) -> Tensor:
    """Return a copy on the CPU in row-major order, sharing memory with nothing."""
    return tensor.detach().to("cpu", copy=True).contiguous()


def _bytes(tensor: Tensor) -> bytes:
    # Through integers, since NumPy knows no bfloat16.
    flat = tensor.reshape(-1).view(torch.uint8) if tensor.numel() else tensor.new_empty(0, dtype=torch.uint8)
    array = flat.numpy()
    if np.little_endian:
        return array.tobytes()
    return array.reshape(-1, tensor.element_size())[:, ::-1].tobytes()
