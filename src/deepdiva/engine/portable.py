"""Level portable: what would have other bits on another processor is refused before training.

First the settings are looked at, then one step is rehearsed on a model of its own, while
every operation that torch carries out is watched.  Which operations are not portable was
measured, see `docs/concepts/determinism.md`.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.module_tracker import ModuleTracker

from deepdiva.data import batches
from deepdiva.engine.learner import Learner, Plan
from deepdiva.engine.machine import Machine
from deepdiva.engine.optimizer import Optimizer
from deepdiva.engine.task import Task
from deepdiva.provenance.portable import Violation, refuse
from deepdiva.randomness import keyed_order

_IN_FLOAT64 = "take it in float64, as in x.double().{}().float(), whose bits are equal everywhere"
UNPORTABLE = {
    "sqrt": _IN_FLOAT64.format("sqrt"),
    "acos": _IN_FLOAT64.format("acos"),
    "asin": _IN_FLOAT64.format("asin"),
    "atan": _IN_FLOAT64.format("atan"),
    "log10": _IN_FLOAT64.format("log10"),
    "tan": _IN_FLOAT64.format("tan"),
    "pow 0.5": _IN_FLOAT64.format("sqrt"),
    "_cdist_forward": "give it compute_mode='donot_use_mm_for_euclid_dist'",
    "mkldnn_rnn_layer": "set torch.backends.mkldnn.enabled to False while the layer is called",
}
"""Operations on float32 that have other bits on other processors, and what to do instead."""

_ENOUGH_STEPS = 10
"""RAdam takes its first square root at the sixth step."""

_FUSED = "give --optimizer-arguments fused=true, or take --optimizer SGD"
_OTHER = "take --optimizer SGD, or Adam or AdamW with --optimizer-arguments fused=true"


def refuse_settings(machine: Machine, config: Any) -> None:
    """Raise everything in the settings that level portable cannot have; do nothing at other levels.

    Args:
        config: Settings of the task, a dataclass; its fields of kind `Optimizer` are tried out.

    Raises:
        LevelRefused: ENV-002, with each violation and its remedy.
        ConfigError: an optimizer cannot be built.
    """
    if machine.determinism == "portable":
        refuse([*_of_machine(machine), *_of_optimizers(config)])


def refuse_operations(task: Task, plan: Plan) -> None:
    """Rehearse one step and one evaluation of `task`; raise every operation that is not portable.

    Model and optimizer are made for this alone and thrown away.  Does nothing at other levels.

    Raises:
        LevelRefused: ENV-002, with each operation, the module that asks for it, and a remedy.
    """
    if plan.machine.determinism != "portable":
        return
    scratch = Learner(task, plan)
    refuse(_of_weights(scratch.model))
    batch = _first_batch(task, plan)
    with _Watch() as watch:
        scratch.model.train()
        scratch.step([batch], 0, 1)
        scratch.model.eval()
        with torch.no_grad():
            scratch.score(batch)
    refuse(watch.violations())


# -- Settings ------------------------------------------------------------------------


def _of_machine(machine: Machine) -> Iterator[Violation]:
    if machine.threads not in (None, 1):
        yield Violation(f"--threads {machine.threads}", "give --threads 1")
    if machine.compile:
        yield Violation("--compile", "leave it out: compiled code is made for the processor at hand")
    if machine.precision != "float32":
        yield Violation(f"--precision {machine.precision}", "give --precision float32")
    if machine.device not in ("auto", "cpu"):
        yield Violation(f"--device {machine.device}", "give --device cpu")


def _of_optimizers(config: Any) -> Iterator[Violation]:
    for field in dataclasses.fields(config):
        settings = getattr(config, field.name)
        if isinstance(settings, Optimizer):
            yield from _of_optimizer(settings)


def _of_optimizer(settings: Optimizer) -> Iterator[Violation]:
    """Take a step with a weight of no importance, and see what the optimizer asks of torch."""
    weight = nn.Parameter(torch.ones(2, 2))
    weight.grad = torch.ones(2, 2)
    optimizer = settings.build([weight])
    with _Watch() as watch:
        for _ in range(_ENOUGH_STEPS):
            optimizer.step(lambda: 1.0)
    if watch.found:
        operations = " and ".join(sorted({operation for operation, _ in watch.found}))
        yield Violation(f"--optimizer {settings.optimizer} asks for {operations}", _way_on(optimizer))


def _way_on(optimizer: torch.optim.Optimizer) -> str:
    can_fuse = "fused" in inspect.signature(type(optimizer)).parameters
    return _FUSED if can_fuse and not optimizer.defaults.get("fused") else _OTHER


def _of_weights(model: nn.Module) -> list[Violation]:
    """Only float32 is portable: in float64 the logarithm too has other bits on other processors."""
    others = sorted({str(p.dtype) for p in model.parameters() if p.dtype != torch.float32})
    return [Violation(f"weights of type {dtype}", "make them torch.float32") for dtype in others]


# -- Operations ----------------------------------------------------------------------


class _Watch(TorchDispatchMode):
    """Notes every operation that is not portable, forward, backward and in the optimizer.

    Operations arrive here as torch carries them out, whatever they were called in Python.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: dict[tuple[str, str], None] = {}
        """Operation and the place that asked for it, in the order in which they came."""
        self._modules = ModuleTracker()
        self._optimizer = ""

    def __enter__(self) -> _Watch:
        self._modules.__enter__()
        self._hooks = [
            register_optimizer_step_pre_hook(self._enter_optimizer),
            register_optimizer_step_post_hook(self._leave_optimizer),
        ]
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *reason: Any) -> None:
        super().__exit__(*reason)  # type: ignore[no-untyped-call]
        for hook in self._hooks:
            hook.remove()
        self._modules.__exit__(*reason)

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Carry out the operation, and note it if it is one of the table."""
        name = _name_of(operation, args)
        if name in UNPORTABLE and any(tensor.dtype == torch.float32 for tensor in _tensors(args)):
            self.found[name, self._place()] = None
        return operation(*args, **(kwargs or {}))

    def violations(self) -> list[Violation]:
        """Return what was noted, each operation with all its places."""
        places: dict[str, list[str]] = {}
        for name, place in self.found:
            places.setdefault(name, []).append(place)
        return [
            Violation(f"{name} of float32 in {', '.join(places[name])}", UNPORTABLE[name]) for name in places
        ]

    def _place(self) -> str:
        if self._optimizer:
            return f"the optimizer {self._optimizer}"
        modules = self._modules.parents - {"Global"}
        when = "backward" if self._modules.is_bw else "forward"
        return f"{max(modules, key=len)} ({when})" if modules else "the step of the task"

    def _enter_optimizer(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        self._optimizer = type(optimizer).__name__

    def _leave_optimizer(self, *_: Any) -> None:
        self._optimizer = ""


def _name_of(operation: Any, args: Sequence[Any]) -> str:
    """Return the operation's name without namespace, list form and in-place mark."""
    name: str = operation._schema.name.removeprefix("aten::").removeprefix("_foreach_").rstrip("_")
    if name == "pow" and 0.5 in args[1:2]:
        return "pow 0.5"
    if name == "_cdist_forward" and not _takes_root_of_product(*args[2:]):
        return ""
    return name


def _takes_root_of_product(power: float, compute_mode: int | None = None) -> bool:
    """Tell whether distances come from a matrix product, from which another kernel takes the root."""
    return power == 2 and compute_mode != 2


def _tensors(args: Sequence[Any]) -> Iterator[Tensor]:
    for arg in args:
        if isinstance(arg, Tensor):
            yield arg
        elif isinstance(arg, list | tuple):
            yield from _tensors(arg)


def _first_batch(task: Task, plan: Plan) -> Any:
    """Return the first batch of the first epoch, of two samples at least, which normalization needs."""
    split = task.splits().train
    order = keyed_order(plan.seeds.seed("shuffle"), 1, len(split))
    size = max(2, plan.schedule.batch_size)
    _, batch, _ = next(islice(batches(split, order[:size], batch_size=size, epoch=1, workers=0), 1))
    return batch
