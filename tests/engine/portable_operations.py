"""What torch answers to many operations on inputs made from integers: one digest for each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

COUNT = 24_000
UNARY = (
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "erf", "erfc", "erfinv", "exp", "exp2",
    "expm1", "lgamma", "log", "log10", "log1p", "log2", "reciprocal", "rsqrt", "sigmoid", "sin", "sinh",
    "sqrt", "tan", "tanh",
)  # fmt: skip
ROWS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "pow 0.5": lambda x: x.abs() ** 0.5,
    "pow -0.5": lambda x: x.abs() ** -0.5,
    "pow 1.7": lambda x: x.abs() ** 1.7,
    "pow 3": lambda x: x**3,
    "sqrt in float64": lambda x: x.abs().double().sqrt().float(),
    "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(1),
    "logsumexp": lambda x: x.logsumexp(1),
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
    "std": lambda x: x.std(1),
    "norm": lambda x: x.norm(dim=1),
    "norm of columns": lambda x: x.norm(dim=0),
    "foreach norm": lambda x: torch.stack(torch._foreach_norm([x, x + 1])),
    "normalize": F.normalize,
    "layer_norm": lambda x: F.layer_norm(x, x.shape[1:]),
    "rms_norm": lambda x: F.rms_norm(x, x.shape[1:]),
    "cosine_similarity": lambda x: F.cosine_similarity(x, x + 1),
    "cumsum": lambda x: x.cumsum(1),
    "matmul": lambda x: x @ x.t(),
    "_cdist_forward": lambda x: torch.cdist(x, x + 1),
    "cdist without product": lambda x: torch.cdist(x, x + 1, compute_mode="donot_use_mm_for_euclid_dist"),
}
PICTURES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "conv2d": nn.Conv2d(8, 16, 3, padding=1),
    "conv2d with strides": nn.Conv2d(8, 16, 5, stride=2),
    "conv2d in groups": nn.Conv2d(8, 16, 3, groups=8),
    "conv_transpose2d": nn.ConvTranspose2d(8, 16, 3, stride=2),
    "batch_norm": nn.BatchNorm2d(8),
    "group_norm": nn.GroupNorm(2, 8),
    "instance_norm": nn.InstanceNorm2d(8, affine=True),
    "max_pool2d": nn.MaxPool2d(2, ceil_mode=True),
    "avg_pool2d": nn.AvgPool2d(3),
    "adaptive_avg_pool2d": nn.AdaptiveAvgPool2d(1),
    "interpolate": nn.Upsample(scale_factor=1.5, mode="bilinear"),
}
DRAWS: Mapping[str, Callable[[], Tensor]] = {
    "randn": lambda: torch.randn(4099),
    "rand": lambda: torch.rand(4099),
    "randperm": lambda: torch.randperm(1000),
    "bernoulli": lambda: torch.bernoulli(torch.full((4099,), 0.3)),
    "trunc_normal": lambda: nn.init.trunc_normal_(torch.empty(4099)),
    "kaiming_normal": lambda: nn.init.kaiming_normal_(torch.empty(64, 64)),
}


def operation_digests() -> dict[str, str]:
    """Return operation to digest; those with a gradient are followed backward too."""
    digests = {name: _digest(*(getattr(torch, name)(x) for x in _domains())) for name in UNARY}
    digests |= {name: _digest(*(row(x.view(-1, 80)) for x in _domains())) for name, row in ROWS.items()}
    digests |= {name: _of_pictures(layer) for name, layer in PICTURES.items()}
    return digests | {name: _drawn(draw) for name, draw in DRAWS.items()}


def _domains() -> list[Tensor]:
    """Return numbers in [-1, 1), in (0, 1], in [-80, 80), and over most of what float32 can hold."""
    scrambled = (torch.arange(COUNT, dtype=torch.int64) * 2654435761 + 7) % 2**24
    unit = scrambled.double() / 2**24
    domains = [unit * 2 - 1, unit + 1e-9, unit * 160 - 80, torch.exp2((unit - 0.5) * 200)]
    return [domain.float() for domain in domains]


def _of_pictures(layer: Callable[[Tensor], Tensor]) -> str:
    weights = list(layer.parameters()) if isinstance(layer, nn.Module) else []
    for weight in weights:
        weight.data = _domains()[0][: weight.numel()].view(weight.shape) / 8
    results = []
    for memory in (torch.contiguous_format, torch.channels_last):
        images = _domains()[0][: 16 * 8 * 12 * 12].view(16, 8, 12, 12).contiguous(memory_format=memory)
        answer = layer(images.requires_grad_())
        results += [answer, *torch.autograd.grad(answer.square().sum(), [images, *weights])]
    return _digest(*results)


def _drawn(draw: Callable[[], Tensor]) -> str:
    torch.manual_seed(3)
    return _digest(draw())


def _digest(*results: Tensor) -> str:
    digest = hashlib.sha256()
    for result in results:
        digest.update(result.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
