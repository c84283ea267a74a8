"""Model names to builders.  A plain table: reading it is the documentation."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable

from torch import nn

from deepdiva.errors import ConfigError
from deepdiva.models.small_convnet import SmallConvNet

BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "small-convnet": SmallConvNet,
}


def build(name: str, *, in_channels: int, num_classes: int) -> nn.Module:
    """Return a fresh model on the CPU, its weights drawn from torch's global generator.

    Args:
        name: A name of `BUILDERS`, or `package.module:Class` for a model of your own that
            takes the two other arguments.
        in_channels: Channels of the pictures.
        num_classes: Length of the vector of logits.

    Raises:
        ConfigError: no such model.
    """
    builder = _imported(name) if ":" in name else _listed(name)
    return builder(in_channels=in_channels, num_classes=num_classes)


def _listed(name: str) -> Callable[..., nn.Module]:
    if name in BUILDERS:
        return BUILDERS[name]
    near = difflib.get_close_matches(name, BUILDERS, n=1)
    raise ConfigError(
        f"unknown model {name!r}",
        expected="one of " + ", ".join(BUILDERS) + ", or package.module:Class",
        remedy=f"did you mean {near[0]!r}?" if near else "name a model of the list, or your own class",
        code="CFG-001",
    )


def _imported(name: str) -> Callable[..., nn.Module]:
    module_name, _, attribute = name.partition(":")
    try:
        builder: Callable[..., nn.Module] = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError, ValueError) as cause:
        raise ConfigError(
            f"model {name!r} cannot be imported: {cause}",
            expected="package.module:Class of something that can be imported from here",
            remedy="check the spelling, or install the package into this environment",
            code="CFG-001",
        ) from cause
    return builder
