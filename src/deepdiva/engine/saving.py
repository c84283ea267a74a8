"""All that a run needs to go on as if nothing had happened, to a checkpoint and back."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepdiva.engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from deepdiva.engine.learner import Learner, Metrics
from deepdiva.engine.weights import on_cpu
from deepdiva.errors import CheckpointError
from deepdiva.metrics import counts_of

LAST, BEST = "checkpoints/last", "checkpoints/best"
_AT = "tensor"
"""Key under which the place of a tensor stands, where the tensor itself was."""


@dataclass
class Position:
    """Where training stands."""

    epoch: int = 0
    """Epoch under way; 0 is the validation before training."""
    batches: int = 0
    """Batches of this epoch that are done."""
    steps: int = 0
    """Optimizer steps since the start."""
    best: float | None = None
    """Best value of the goal so far."""
    best_epoch: int | None = None
    best_sha256: str | None = None
    """Digest of the weights of that epoch."""
    stale: int = 0
    """Epochs since then."""


@dataclass
class EpochTotals:
    """What the steps of the epoch under way add up to."""

    losses: list[float] = field(default_factory=list)
    """Mean loss of every step."""
    weights: list[float] = field(default_factory=list)
    """Sum of the weights of its samples."""
    metrics: Metrics = field(default_factory=dict)


def save(
    folder: Path, learner: Learner, position: Position, totals: EpochTotals, marks: Mapping[str, Any]
) -> None:
    """Write the state of training into the run `folder`.

    Args:
        marks: How far the record had come.
    """
    generators, tensors = _generators()
    tensors |= {f"model/{name}": tensor for name, tensor in on_cpu(learner.model).items()}
    tensors |= _totals_as_tensors(totals)
    facts = {
        "position": asdict(position),
        "marks": dict(marks),
        "optimizer": _take_tensors(learner.optimizer.state_dict(), "optimizer", tensors),
        "scaler": learner.scaler.state_dict(),
        "generators": generators,
    }
    save_checkpoint(folder / LAST, f"{position.epoch:05d}-{position.batches:09d}", tensors, facts)


def save_best(folder: Path, weights: Mapping[str, Tensor], position: Position) -> None:
    """Write the weights of the best epoch so far into the run `folder`."""
    save_checkpoint(folder / BEST, f"{position.epoch:05d}", weights, asdict(position))


def load(
    folder: Path, learner: Learner, totals: EpochTotals, *, strict: bool
) -> tuple[Position, Checkpoint] | None:
    """Put the newest good checkpoint of the run `folder` into `learner` and `totals`.

    Returns:
        Where it stood and the checkpoint itself; None if none was ever written.

    Raises:
        CheckpointError: see `checkpoint.load_checkpoint`; CKP-005 if it does not fit the model.
    """
    checkpoint = load_checkpoint(folder / LAST, strict=strict)
    if checkpoint is None:
        return None
    load_weights(learner, _below("model/", checkpoint.tensors))
    _restore_optimizer(learner, checkpoint)
    learner.scaler.load_state_dict(checkpoint.facts["scaler"])
    _restore_totals(totals, checkpoint.tensors, learner)
    _restore_generators(checkpoint)
    return Position(**checkpoint.facts["position"]), checkpoint


def load_best(folder: Path, learner: Learner, position: Position) -> None:
    """Put the weights of the best epoch into the model.

    Raises:
        CheckpointError: they are damaged (CKP-001 or CKP-002), or not those of the best epoch.
    """
    checkpoint = load_checkpoint(folder / BEST, strict=True)
    if checkpoint is None or checkpoint.facts["best_sha256"] != position.best_sha256:
        raise CheckpointError(
            f"{folder / BEST} does not hold the weights of epoch {position.best_epoch}",
            expected=f"weights with digest {position.best_sha256}",
            remedy="run again; nothing was tested",
            code="CKP-002",
        )
    load_weights(learner, checkpoint.tensors)


def load_weights(learner: Learner, weights: Mapping[str, Tensor]) -> None:
    """Copy `weights` into the model, where every name and shape must agree.

    Raises:
        CheckpointError: CKP-005, with the first five names that differ.
    """
    own = learner.model.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in own.items()}
    given = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    if shapes != given:
        differing = sorted(name for name in shapes | given if shapes.get(name) != given.get(name))
        raise CheckpointError(
            f"the checkpoint is of another model: {', '.join(differing[:5])} differ",
            expected=f"{len(shapes)} tensors with the names and shapes of this model",
            remedy="use the model and the data that the checkpoint was trained with",
            code="CKP-005",
        )
    learner.model.load_state_dict(weights)


def _take_tensors(value: Any, place: str, tensors: dict[str, Tensor]) -> Any:
    """Return `value` with every tensor moved to `tensors`, and its place where it stood."""
    if isinstance(value, Tensor):
        tensors[place] = value.detach().to("cpu", copy=True).contiguous()
        return {_AT: place}
    if isinstance(value, Mapping):
        return {str(key): _take_tensors(inner, f"{place}/{key}", tensors) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_take_tensors(inner, f"{place}/{index}", tensors) for index, inner in enumerate(value)]
    return value


def _give_tensors(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Return what `_take_tensors` was given."""
    if isinstance(value, Mapping):
        if _AT in value:
            return tensors[value[_AT]]
        return {key: _give_tensors(inner, tensors) for key, inner in value.items()}
    if isinstance(value, list):
        return [_give_tensors(inner, tensors) for inner in value]
    return value


def _restore_optimizer(learner: Learner, checkpoint: Checkpoint) -> None:
    saved = _give_tensors(checkpoint.facts["optimizer"], checkpoint.tensors)
    parameters = [p for group in learner.optimizer.param_groups for p in group["params"]]
    state = {
        int(index): {name: _laid_out_like(parameters[int(index)], value) for name, value in values.items()}
        for index, values in saved["state"].items()
    }
    learner.optimizer.load_state_dict({"state": state, "param_groups": saved["param_groups"]})


def _laid_out_like(parameter: Tensor, value: Any) -> Any:
    """Return a tensor of the same shape with the strides of `parameter`, which the fast kernels need."""
    if not isinstance(value, Tensor) or value.shape != parameter.shape:
        return value
    return torch.empty_like(parameter, dtype=value.dtype, device="cpu").copy_(value)


def _totals_as_tensors(totals: EpochTotals) -> dict[str, Tensor]:
    tensors = {
        "totals/losses": torch.tensor(totals.losses, dtype=torch.float64),
        "totals/weights": torch.tensor(totals.weights, dtype=torch.float64),
    }
    for metric_name, metric in totals.metrics.items():
        for name, count in counts_of(metric).items():
            tensors[f"totals/metrics/{metric_name}/{name}"] = count.detach().to("cpu", copy=True).contiguous()
    return tensors


def _restore_totals(totals: EpochTotals, tensors: Mapping[str, Tensor], learner: Learner) -> None:
    totals.losses = tensors["totals/losses"].tolist()
    totals.weights = tensors["totals/weights"].tolist()
    counts = _below("totals/metrics/", tensors)
    totals.metrics = learner.task.build_metrics("train") if counts else {}
    for key, count in counts.items():
        metric_name, _, name = key.partition("/")
        setattr(totals.metrics[metric_name], name, count.to(learner.plan.device))


def _generators() -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the states of the global generators: as JSON can hold them, and as tensors."""
    kind, keys, position, has_gauss, gauss = np.random.get_state()  # noqa: NPY002 - others draw from it
    numbers = {
        "python": random.getstate(),
        "numpy": [kind, np.asarray(keys).tolist(), position, has_gauss, gauss],
    }
    tensors = {"generator/cpu": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        for index, state in enumerate(torch.cuda.get_rng_state_all()):
            tensors[f"generator/cuda/{index}"] = state
    return numbers, tensors


def _restore_generators(checkpoint: Checkpoint) -> None:
    version, internal, gauss = checkpoint.facts["generators"]["python"]
    random.setstate((version, tuple(internal), gauss))
    kind, keys, *rest = checkpoint.facts["generators"]["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002 - see above
    torch.set_rng_state(checkpoint.tensors["generator/cpu"])
    for index, state in _below("generator/cuda/", checkpoint.tensors).items():
        torch.cuda.set_rng_state(state, int(index))


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): tensor for k, tensor in tensors.items() if k.startswith(prefix)}
