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
    optimizer, groups = _split_optimizer(learner)
    generators, generator_tensors = _generators()
    tensors = {f"model/{name}": tensor for name, tensor in on_cpu(learner.model).items()}
    facts = {
        "position": asdict(position),
        "marks": dict(marks),
        "optimizer": groups,
        "scaler": learner.scaler.state_dict(),
        "generators": generators,
    }
    everything = tensors | optimizer | generator_tensors | _totals_as_tensors(totals)
    save_checkpoint(folder / LAST, f"{position.epoch:05d}-{position.batches:09d}", everything, facts)


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
    _join_optimizer(learner, checkpoint)
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


def _split_optimizer(learner: Learner) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors of the optimizer's state, and its numbers."""
    state = learner.optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, dict[str, Any]] = {}
    for index, values in state["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer/{index}/{name}"] = value.detach().to("cpu", copy=True).contiguous()
            else:
                numbers.setdefault(str(index), {})[name] = value
    return tensors, {"numbers": numbers, "groups": state["param_groups"]}


def _join_optimizer(learner: Learner, checkpoint: Checkpoint) -> None:
    saved = checkpoint.facts["optimizer"]
    state: dict[int, dict[str, Any]] = {int(i): dict(values) for i, values in saved["numbers"].items()}
    parameters = [p for group in learner.optimizer.param_groups for p in group["params"]]
    for key, tensor in _below("optimizer/", checkpoint.tensors).items():
        index, _, name = key.partition("/")
        state.setdefault(int(index), {})[name] = _laid_out_like(parameters[int(index)], tensor)
    learner.optimizer.load_state_dict({"state": state, "param_groups": saved["groups"]})


def _laid_out_like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """Return `tensor` with the strides of `parameter`, which the fast kernels need."""
    if tensor.shape != parameter.shape:
        return tensor
    return torch.empty_like(parameter, dtype=tensor.dtype, device="cpu").copy_(tensor)


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
