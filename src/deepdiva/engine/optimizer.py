"""The optimizer by name, and the learning rate at every step."""

from __future__ import annotations

import difflib
import inspect
import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from deepdiva.engine.schedule import Schedule
from deepdiva.errors import ConfigError

_OURS = {"params", "lr", "self"}


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """Which optimizer, and with what arguments."""

    optimizer: str = "SGD"
    """Name of a class of torch.optim."""
    learning_rate: float = 0.05
    """Step size at the height of the schedule."""
    optimizer_arguments: tuple[str, ...] = ()
    """Further arguments of that class, each as name=value."""

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """Return the optimizer of `parameters`.

        Raises:
            ConfigError: no such optimizer (CFG-001), no such argument (CFG-001), or a value
                that the optimizer does not take (CFG-003).
        """
        kind = _find(self.optimizer)
        arguments = dict(_argument(kind, word) for word in self.optimizer_arguments)
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise _out_of_range("learning_rate", self.learning_rate, "a finite number above 0")
        try:
            optimizer: torch.optim.Optimizer = kind(parameters, lr=self.learning_rate, **arguments)
        except (TypeError, ValueError, RuntimeError) as cause:
            raise ConfigError(
                f"{self.optimizer} refuses its arguments: {cause}",
                expected=f"arguments as torch.optim.{self.optimizer} takes them",
                remedy="change --optimizer-arguments",
                code="CFG-003",
            ) from cause
        return optimizer


def learning_rate_factor(schedule: Schedule, step: int, steps_per_epoch: int) -> float:
    """Return what the learning rate is multiplied by at `step`, counted from 0.

    A function of the step alone, so that there is no state to save.  Cosine: Loshchilov and
    Hutter, ICLR 2017, equation 5 without restarts.

    Example:
        >>> learning_rate_factor(Schedule(epochs=2, learning_rate_schedule="linear"), 5, 5)
        0.5
    """
    warmup = schedule.warmup_epochs * steps_per_epoch
    total = schedule.epochs * steps_per_epoch
    if step < warmup:
        return (step + 1) / (warmup + 1)
    done = (step - warmup) / max(total - warmup, 1)
    match schedule.learning_rate_schedule:
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * done))
        case "linear":
            return 1 - done
        case "step":
            drops = (step // steps_per_epoch) // schedule.learning_rate_every
            return float(schedule.learning_rate_factor**drops)
        case _:
            return 1.0


def _find(name: str) -> Any:
    kinds = {
        key: value
        for key, value in vars(torch.optim).items()
        if isinstance(value, type) and issubclass(value, torch.optim.Optimizer) and key != "Optimizer"
    }
    if name in kinds:
        return kinds[name]
    spelled = {key.lower(): key for key in kinds}
    near = [spelled[key] for key in difflib.get_close_matches(name.lower(), spelled, n=1)]
    raise ConfigError(
        f"unknown optimizer {name!r}",
        expected="one of " + ", ".join(sorted(kinds)),
        remedy=f"did you mean {near[0]!r}?" if near else "take a name of the list",
        code="CFG-001",
    )


def _argument(kind: type[Any], word: str) -> tuple[str, Any]:
    name, _, text = word.partition("=")
    names = [key for key in inspect.signature(kind).parameters if key not in _OURS]
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        raise ConfigError(
            f"{kind.__name__} has no argument {name!r}",
            expected="one of " + ", ".join(names),
            remedy=f"did you mean {near[0]!r}?" if near else "take a name of the list",
            code="CFG-001",
        )
    try:
        return name, tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as cause:
        raise ConfigError(
            f"{word!r} cannot be read",
            expected=f"{name}=VALUE with a number, true, false, a list such as [0.9, 0.99] or a quoted word",
            remedy="write the value as in TOML",
            code="CFG-002",
        ) from cause


def _out_of_range(name: str, value: float, expected: str) -> ConfigError:
    remedy = f"choose another --{name.replace('_', '-')}"
    return ConfigError(f"{name} = {value}", expected=expected, remedy=remedy, code="CFG-003")
