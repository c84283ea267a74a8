"""Digests of weights."""

import hashlib

import torch
from torch import nn

from deepdiva.engine import on_cpu, weights_digest
from deepdiva.engine.weights import histograms


def test_digest_is_what_the_contract_says() -> None:
    """SHA-256 over sorted name, dtype, shape and little-endian bytes, so that strangers can check it."""
    weights = {"b": torch.tensor([1, 2]), "a": torch.tensor([[0.5]])}
    expected = hashlib.sha256()
    expected.update(b"a torch.float32 (1, 1)\n" + torch.tensor([0.5]).numpy().tobytes())
    expected.update(b"b torch.int64 (2,)\n" + torch.tensor([1, 2]).numpy().tobytes())

    assert weights_digest(weights) == expected.hexdigest()


def test_layout_in_memory_does_not_matter() -> None:
    """Channels-last kernels have the digest of the same numbers in the usual order."""
    convolution = nn.Conv2d(3, 4, 3)
    before = weights_digest(on_cpu(convolution))
    convolution.to(memory_format=torch.channels_last)

    assert weights_digest(on_cpu(convolution)) == before


def test_every_dtype_has_a_digest() -> None:
    """Half precisions, truth values, scalars and empty tensors too."""
    dtypes = (torch.bfloat16, torch.float16, torch.float64, torch.bool, torch.uint8)
    digests = {weights_digest({"x": torch.ones(2, dtype=dtype)}) for dtype in dtypes}

    assert (
        len(digests | {weights_digest({"x": torch.tensor(1.0)}), weights_digest({"x": torch.ones(0)})}) == 7
    )


def test_one_bit_changes_the_digest() -> None:
    """One unit in the last place of one weight is another digest."""
    weights = {"x": torch.ones(100)}
    other = {"x": torch.ones(100)}
    other["x"][50] = torch.nextafter(torch.tensor(1.0), torch.tensor(2.0))

    assert weights_digest(weights) != weights_digest(other)


def test_histograms_count_every_finite_value() -> None:
    """What is not finite is left out, and nothing else is."""
    arrays = histograms(
        {"x": torch.tensor([0.0, 1.0, float("nan"), float("inf"), 2.0]), "n": torch.tensor([1])}
    )

    assert arrays["counts:x"].sum() == 3
    assert "counts:n" not in arrays
