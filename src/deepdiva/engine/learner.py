"""Model, optimizer and scaler of one run, and what one optimizer step does to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from deepdiva.engine.machine import Machine
from deepdiva.engine.optimizer import learning_rate_factor
from deepdiva.engine.schedule import Schedule
from deepdiva.engine.task import StepOutput, Task
from deepdiva.metrics import Metric, merge
from deepdiva.randomness import SeedPlan

Metrics = Mapping[str, Metric]


@dataclass(frozen=True)
class Plan:
    """What the loop was told."""

    schedule: Schedule
    machine: Machine
    seeds: SeedPlan
    device: torch.device

    @property
    def pads(self) -> bool:
        """Whether short batches are filled up in evaluation: small ones take other kernels."""
        return self.machine.determinism in ("strict", "portable")


@dataclass(frozen=True)
class StepResult:
    """What one optimizer step measured; tensors stay on the device until they are read."""

    loss: Tensor
    weight: Tensor | float
    """Sum of the weights of its samples."""
    gradient_norm: Tensor
    metrics: Metrics


class Learner:
    """Owns all that training changes.

    Args:
        task: What is learned.
        plan: Under which settings.
    """

    def __init__(self, task: Task, plan: Plan) -> None:
        torch.manual_seed(plan.seeds.seed("weights"))
        self.task, self.plan = task, plan
        self.model = _channels_last(task.build_model()).to(plan.device)
        self.optimizer = task.build_optimizer(self.model)
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        half = plan.machine.precision == "float16"
        self.scaler = torch.amp.GradScaler(plan.device.type, enabled=half)
        self._forward: Any = torch.compile(self.model) if plan.machine.compile else self.model

    def score(self, batch: Any) -> StepOutput:
        """Return what the task makes of `batch`, on the device and in the precision of the plan."""
        with self._precision():
            return self.task.step(self._forward, _move(batch, self.plan.device))

    def step(self, batches: Sequence[Any], number: int, steps_per_epoch: int) -> StepResult:
        """Take one optimizer step over all samples of `batches`.

        Args:
            number: Optimizer steps taken before, which set the learning rate.
        """
        self._set_learning_rate(number, steps_per_epoch)
        if isinstance(self.optimizer, torch.optim.LBFGS):
            results: list[StepResult] = []

            def evaluate() -> float:
                results.append(self._evaluate(batches))
                return float(results[-1].loss)

            self.optimizer.step(evaluate)
            return results[-1]
        result = self._evaluate(batches)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return result

    def _evaluate(self, batches: Sequence[Any]) -> StepResult:
        """Leave the gradients of the mean loss over all samples in the parameters."""
        self.optimizer.zero_grad(set_to_none=True)
        outputs = list(self._backward(batches))
        loss, weight = self._mean(outputs)
        self.scaler.unscale_(self.optimizer)
        return StepResult(loss, weight, self._gradient_norm(), self._measure(outputs))

    @property
    def learning_rate(self) -> float:
        """Of the first group of parameters, at the latest step."""
        return float(self.optimizer.param_groups[0]["lr"])

    def has_batch_norm(self) -> bool:
        """Tell whether a batch of one sample would have no deviation to normalize by."""
        return any(isinstance(module, _BatchNorm) for module in self.model.modules())

    def _backward(self, batches: Sequence[Any]) -> Iterator[StepOutput]:
        """Add up the gradients of the sum of all losses, divided by their number."""
        samples = sum(len(batch[0]) for batch in batches)
        for batch in batches:
            output = self.score(batch)
            losses = output.losses if output.weights is None else output.losses * output.weights
            loss = losses.mean() if len(batches) == 1 else losses.sum() / samples
            self.scaler.scale(loss).backward()
            yield output

    def _mean(self, outputs: Sequence[StepOutput]) -> tuple[Tensor, Tensor | float]:
        """Return the weighted mean loss and the sum of weights; make the gradients those of it."""
        losses = torch.cat([output.losses for output in outputs]).detach().float()
        if outputs[0].weights is None:
            return losses.mean(), float(len(losses))
        weights = torch.cat([o.weights for o in outputs if o.weights is not None]).float()
        weight = weights.sum()
        torch._foreach_mul_(self._gradients(), len(losses) / weight)
        return (losses * weights).sum() / weight, weight

    def _gradient_norm(self) -> Tensor:
        gradients, limit = self._gradients(), self.plan.schedule.clip_gradient_norm
        norm = nn.utils.get_total_norm(gradients)
        if limit is not None:
            nn.utils.clip_grads_with_norm_(self.model.parameters(), limit, norm)
        return norm

    def _gradients(self) -> list[Tensor]:
        return [p.grad for p in self.model.parameters() if p.grad is not None]

    @torch.no_grad()
    def _measure(self, outputs: Sequence[StepOutput]) -> Metrics:
        metrics = self.task.build_metrics("train")
        for output in outputs:
            for metric in metrics.values():
                metric.update(_detached(output.outputs), output.targets)
        return metrics

    def _set_learning_rate(self, number: int, steps_per_epoch: int) -> None:
        factor = learning_rate_factor(self.plan.schedule, number, steps_per_epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor

    def _precision(self) -> AbstractContextManager[Any]:
        name = self.plan.machine.precision
        return torch.autocast(self.plan.device.type, getattr(torch, name), enabled=name != "float32")


def merge_all(total: Metrics, part: Metrics) -> Metrics:
    """Return the metrics of both sets of samples together, by name."""
    return {name: merge(metric, part[name]) for name, metric in total.items()}


def _channels_last(model: nn.Module) -> nn.Module:
    """Lay out the kernels as the pictures come; the other order is scalar in some CPU kernels."""
    for parameter in model.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return model


def _move(batch: Any, device: torch.device) -> Any:
    if device.type == "cpu":
        return batch
    return type(batch)(*(part.to(device, non_blocking=True) for part in batch))


def _detached(outputs: Any) -> Any:
    if isinstance(outputs, Tensor):
        return outputs.detach()
    if isinstance(outputs, tuple):
        return tuple(_detached(part) for part in outputs)
    return {name: _detached(part) for name, part in outputs.items()}
