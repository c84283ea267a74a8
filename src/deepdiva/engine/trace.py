"""One optimizer step under a magnifying glass: a digest of everything that flows through it, in order.

Hooks are attached from outside and taken off again; neither the loop nor a task knows of them,
and they move no bit.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from deepdiva.engine.learner import Learner
from deepdiva.engine.task import StepOutput
from deepdiva.engine.weights import on_cpu, weights_digest

Part = Literal["before", "forward", "loss", "backward", "optimizer", "after"]


class Mark(NamedTuple):
    """Something that was there at one moment of the step."""

    part: Part
    name: str
    """Of the layer or the parameter, as the model calls it; empty for the whole model."""
    what: str
    """`input`, `output`, `parameter weight`, `gradient` and so on."""
    kind: str
    """Class of the layer; empty where there is none."""
    digest: str
    """Of the value; of a setting, the setting itself."""
    random: str
    """Digest of all generators at that moment."""


@dataclass
class StepTrace:
    """What one step did."""

    identities: list[int] = field(default_factory=list)
    """Of its samples, in order."""
    rows: list[dict[str, str]] = field(default_factory=list)
    """Digest of every field of every sample, in the order of the batch."""
    marks: list[Mark] = field(default_factory=list)
    values: dict[str, Tensor] = field(default_factory=dict)
    """Copies of parameters and their gradients, by the number of their mark."""


class Tracer:
    """Watches one step of a learner.

    Args:
        learner: Whose step it is; of a compiled model the layers cannot be watched.
    """

    def __init__(self, learner: Learner) -> None:
        self.learner, self.trace = learner, StepTrace()
        self._names = {id(p): name for name, p in learner.model.named_parameters()}

    @contextmanager
    def watching(self, batches: Sequence[Any]) -> Iterator[StepTrace]:
        """Attach everything for one step over `batches`, and take it off again."""
        for batch in batches:
            self.trace.rows += rows_of(batch)
        self.note_state("before")
        handles = [*self._watch_layers(), *self._watch_gradients(), *self._watch_optimizer()]
        score = self.learner.score
        self.learner.score = self._scored(score)  # type: ignore[method-assign, assignment]
        try:
            yield self.trace
        finally:
            self.learner.score = score  # type: ignore[method-assign]
            for handle in handles:
                handle.remove()
        self.note_state("after")

    def note_state(self, part: Literal["before", "after"]) -> None:
        """Take down all weights, buffers and the state of the optimizer."""
        for name, tensor in self.learner.model.state_dict().items():
            self._note(part, name, "weights", tensor, keep=True)
        self._note_optimizer_state(part)

    # -- What is watched ---------------------------------------------------------------

    def _watch_layers(self) -> Iterator[Any]:
        if self.learner.plan.machine.compile:
            return
        for name, module in self.learner.model.named_modules():
            yield module.register_forward_pre_hook(self._entered(name), with_kwargs=True)
            yield module.register_forward_hook(self._left(name))

    def _watch_gradients(self) -> Iterator[Any]:
        for name, parameter in self.learner.model.named_parameters():
            if parameter.requires_grad:
                yield parameter.register_post_accumulate_grad_hook(self._accumulated(name))

    def _watch_optimizer(self) -> Iterator[Any]:
        yield self.learner.optimizer.register_step_pre_hook(self._before_update)
        yield self.learner.optimizer.register_step_post_hook(self._after_update)

    def _entered(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, words: tuple[Any, ...], named: dict[str, Any]) -> None:
            kind = type(module).__name__
            self._note("forward", name, "input", (words, named), kind=kind)
            own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
            for parameter_name, tensor in own:
                self._note("forward", name, f"parameter {parameter_name}", tensor, kind=kind, keep=True)

        return hook

    def _left(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, _: tuple[Any, ...], output: Any) -> None:
            kind = type(module).__name__
            self._note("forward", name, "output", output, kind=kind)
            for tensor in tensors_in(output):
                if tensor.requires_grad:
                    tensor.register_hook(self._flowed_back(name, kind))

        return hook

    def _flowed_back(self, name: str, kind: str) -> Callable[[Tensor], None]:
        return lambda gradient: self._note("backward", name, "gradient of its output", gradient, kind=kind)

    def _accumulated(self, name: str) -> Callable[[Tensor], None]:
        return lambda parameter: self._note("backward", name, "gradient", parameter.grad, keep=True)

    def _scored(self, score: Callable[[Any], StepOutput]) -> Callable[[Any], StepOutput]:
        def watched(batch: Any) -> StepOutput:
            output = score(batch)
            for name in ("outputs", "targets", "weights", "losses"):
                self._note("loss", "", name, getattr(output, name))
            return output

        return watched

    def _before_update(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        for number, group in enumerate(optimizer.param_groups):
            for key in sorted(group.keys() - {"params"}):
                setting = f"setting {key}" + (f" of group {number}" if number else "")
                self._add(Mark("optimizer", "", setting, "", repr(group[key]), ""))
            for parameter in group["params"]:
                self._note("optimizer", self._name(parameter), "gradient", parameter.grad, keep=True)

    def _after_update(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        self._note_optimizer_state("optimizer")
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                self._note("optimizer", self._name(parameter), "weights", parameter, keep=True)

    def _note_optimizer_state(self, part: Part) -> None:
        state = self.learner.optimizer.state
        for parameter in [p for group in self.learner.optimizer.param_groups for p in group["params"]]:
            for key in sorted(state.get(parameter, {})):
                self._note(part, self._name(parameter), f"state {key}", state[parameter][key])

    # -- How it is taken down ----------------------------------------------------------

    def _name(self, parameter: Tensor) -> str:
        return self._names.get(id(parameter), "a parameter outside the model")

    def _note(
        self, part: Part, name: str, what: str, value: Any, *, kind: str = "", keep: bool = False
    ) -> None:
        if keep and isinstance(value, Tensor):
            self.trace.values[str(len(self.trace.marks))] = value.detach().to("cpu", copy=True).contiguous()
        self._add(Mark(part, name, what, kind, digest_of(value), generators_digest()))

    def _add(self, mark: Mark) -> None:
        self.trace.marks.append(mark)


def rows_of(batch: Any) -> list[dict[str, str]]:
    """Return the digest of every field of every sample of a batch, which is a tuple of tensors."""
    names = getattr(batch, "_fields", None) or [str(number) for number in range(len(batch))]
    return [
        {name: digest_of(part[row]) for name, part in zip(names, batch, strict=True)}
        for row in range(len(batch[0]))
    ]


def digest_of(value: Any) -> str:
    """Return sixteen hexadecimal digits that stand for `value` and the order of all that is in it."""
    digest = hashlib.sha256()
    for part in _parts(value):
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()[:16]


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, Tensor):
        yield weights_digest({"": value.detach().cpu().contiguous()})
    elif isinstance(value, Mapping):
        for key in value:
            yield f"key {key}"
            yield from _parts(value[key])
    elif isinstance(value, list | tuple):
        yield f"{len(value)} parts"
        for part in value:
            yield from _parts(part)
    elif value is None or isinstance(value, bool | int | float | str | bytes):
        yield repr(value)
    else:
        yield type(value).__qualname__  # an address in its text would differ from process to process


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Give all tensors in nested tuples, lists and tables."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from tensors_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from tensors_in(part)


def generators_digest() -> str:
    """Return a digest of the states of all global generators."""
    states: list[Any] = [torch.get_rng_state(), repr(random.getstate())]
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - others draw from it
    states += [str(kind), np.asarray(keys).tobytes(), repr(rest)]
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states += torch.cuda.get_rng_state_all()
    return digest_of(states)


def state_digests(learner: Learner) -> dict[str, str]:
    """Return the digests of all weights and of the optimizer's state."""
    return {
        "weights": weights_digest(on_cpu(learner.model)),
        "optimizer": digest_of(_in_order(learner.optimizer.state_dict()["state"])),
    }


def _in_order(value: Any) -> Any:
    """Return `value` with the keys of its tables sorted: those of a state that was loaded come otherwise."""
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value, key=str)}
    return value
