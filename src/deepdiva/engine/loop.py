"""Train, validate, keep the best, test once: the whole life of a run's numbers, on one page."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from deepdiva.data import batches
from deepdiva.engine import saving
from deepdiva.engine.determinism import seed_generators
from deepdiva.engine.evaluate import Scores, evaluate, only_arrays, only_numbers
from deepdiva.engine.learner import Learner
from deepdiva.engine.measure import StepLog, Taken, mean_loss
from deepdiva.engine.progress import Progress
from deepdiva.engine.saving import EpochTotals, Position
from deepdiva.engine.signals import StopRequested, StopSignal
from deepdiva.engine.weights import histograms, on_cpu, weights_digest
from deepdiva.errors import DataError, Interrupted
from deepdiva.randomness import keyed_order
from deepdiva.record import BEGINNING, RunWriter


class Loop:
    """One run under way.

    Args:
        learner: What is trained.
        writer: Where it is written down.
        progress: Who watches.
        stop: Whether somebody asked to stop.
    """

    def __init__(self, learner: Learner, writer: RunWriter, progress: Progress, stop: StopSignal) -> None:
        self.learner, self.writer, self.progress, self.stop = learner, writer, progress, stop
        self.task, self.schedule = learner.task, learner.plan.schedule
        self.position, self.totals = Position(), EpochTotals()
        self.log = StepLog(writer, self.schedule.log_every_steps, progress.pace)
        self._train = self.task.splits().train
        self._batches_per_epoch = _count_batches(len(self._train), self.schedule.batch_size, learner)
        self.steps_per_epoch = math.ceil(self._batches_per_epoch / self.schedule.accumulate)
        self._saved_at = time.monotonic()

    # -- Training ----------------------------------------------------------------------

    def fit(self) -> None:
        """Train to the end of the schedule, or until `patience` is at its end.

        Validates before the first epoch, as epoch 0, and after every epoch.

        Raises:
            Interrupted: a signal came; a checkpoint is on disk.
            NumericError: a loss is NaN or infinite.
        """
        self.progress.begin(
            epochs=self.schedule.epochs, steps_per_epoch=self.steps_per_epoch, steps_done=self.position.steps
        )
        try:
            while not self._is_over():
                if self.position.epoch > 0:
                    self._train_epoch()
                self._close_epoch(self.validate())
        except StopRequested:
            self.save()
            raise self._interrupted() from None

    def validate(self) -> Scores:
        """Score the val split.

        Raises:
            StopRequested: a signal came.
        """
        return evaluate(self.learner, "val", self.stop)

    def _is_over(self) -> bool:
        patience = self.schedule.patience
        exhausted = patience is not None and self.position.stale >= patience
        return exhausted or self.position.epoch > self.schedule.epochs

    def _train_epoch(self) -> None:
        """Train on what is left of the epoch under way."""
        seeds, epoch = self.learner.plan.seeds, self.position.epoch
        if self.position.batches == 0:
            seed_generators(seeds.seed(f"dropout {epoch}"))
            self.totals = EpochTotals()
        self.learner.model.train()
        self.log.start_clock()
        for identities, group in self._groups():
            result = self.learner.step(group, self.position.steps, self.steps_per_epoch)
            self.position.steps += 1
            self.position.batches += len(group)
            self.log.take(Taken(epoch, self.position.steps, self.learner.learning_rate, result, identities))
            self._after_step()
        self.log.read(self.totals)

    def _groups(self) -> Iterator[tuple[np.ndarray, list[Any]]]:
        """Give the batches of each optimizer step, with the identities of their samples in order."""
        group: list[Any] = []
        identities: list[np.ndarray] = []
        left = self._batches_per_epoch - self.position.batches
        for number, (indices, batch, _) in enumerate(self._epoch_batches(), start=1):
            group.append(batch)
            identities.append(self._train.identities[indices])
            if len(group) == self.schedule.accumulate or number == left:
                yield np.concatenate(identities), group
                group, identities = [], []

    def _epoch_batches(self) -> Iterator[tuple[np.ndarray, Any, int]]:
        seeds, epoch = self.learner.plan.seeds, self.position.epoch
        return batches(
            self._train,
            keyed_order(seeds.seed("shuffle"), epoch, len(self._train)),
            batch_size=self.schedule.batch_size,
            epoch=epoch,
            workers=self.learner.plan.machine.workers,
            drop_last=self.schedule.drop_last,
            start=self.position.batches,
        )

    def _after_step(self) -> None:
        """Do what is due between two steps; most often nothing."""
        steps = self.position.steps
        if self.log.due():
            self.log.read(self.totals)
        if _is_multiple(steps, self.schedule.chain_every_steps):
            self.log.read(self.totals)
            self._chain_weights(on_cpu(self.learner.model))
        if _is_multiple(steps, self.schedule.checkpoint_every_steps) or self._checkpoint_is_old():
            self.save()
        self.stop.count(steps)
        if self.stop.received:
            raise StopRequested

    # -- The end of an epoch -------------------------------------------------------------

    def _close_epoch(self, scores: Scores) -> None:
        """Write the epoch down, keep its weights if they are the best, and save."""
        epoch, weights = self.position.epoch, on_cpu(self.learner.model)
        if epoch > 0:
            self._record("train", self._train_scores(), epoch=epoch)
        self._record("val", scores, epoch=epoch)
        self.writer.array(
            "train", "weights", epoch=epoch, step=self.position.steps, arrays=histograms(weights)
        )
        digest = self._chain_weights(weights)
        self._keep_if_best(scores, weights, digest)
        self.position.epoch, self.position.batches = epoch + 1, 0
        self.totals = EpochTotals()
        self.save()

    def _keep_if_best(self, scores: Scores, weights: Mapping[str, Any], digest: str) -> None:
        goal, position = self.task.goal, self.position
        value = only_numbers(scores).get(goal.name.removeprefix("val/"))
        position.stale += position.epoch > 0
        if goal.is_better(value, position.best):
            position.best, position.best_epoch, position.best_sha256 = value, position.epoch, digest
            position.stale = 0
            saving.save_best(self.writer.folder, weights, position)

    def _train_scores(self) -> Scores:
        metrics = {name: metric.compute() for name, metric in self.totals.metrics.items()}
        return {"loss": mean_loss(self.totals)} | metrics

    def _record(self, split: str, scores: Scores, *, epoch: int) -> None:
        step, numbers = self.position.steps, only_numbers(scores)
        for name, value in numbers.items():
            self.writer.scalar(split, name, value, epoch=epoch, step=step, scope="epoch")
        for name, arrays in only_arrays(scores).items():
            self.writer.array(split, name, epoch=epoch, step=step, arrays=arrays)
        self.progress.scored(split, epoch, numbers)

    def _chain_weights(self, weights: Mapping[str, Any]) -> str:
        digest = weights_digest(weights)
        self.writer.chain_weights(epoch=self.position.epoch, step=self.position.steps, sha256=digest)
        return digest

    # -- Test ----------------------------------------------------------------------------

    def test(self) -> dict[str, float | None]:
        """Score the test split once, with the weights of the best epoch; return the numbers.

        Raises:
            Interrupted: a signal came; `resume` tests anew.
            CheckpointError: the weights of the best epoch are not what they were.
        """
        saving.load_best(self.writer.folder, self.learner, self.position)
        try:
            scores = evaluate(self.learner, "test", self.stop)
        except StopRequested:
            raise self._interrupted() from None
        self._record("test", scores, epoch=self.position.best_epoch or 0)
        return only_numbers(scores)

    # -- Stop and go on ------------------------------------------------------------------

    def save(self) -> None:
        """Write a checkpoint; what was measured so far reaches the disk with it."""
        self.log.read(self.totals)
        saving.save(self.writer.folder, self.learner, self.position, self.totals, self.writer.marks())
        self._saved_at = time.monotonic()

    def go_on(self, *, strict: bool = False) -> tuple[str, ...]:
        """Take up the newest good checkpoint, or start at step 0; return what is to be told about it.

        Raises:
            CheckpointError: none can be trusted, or `strict` and the newest cannot.
        """
        loaded = saving.load(self.writer.folder, self.learner, self.totals, strict=strict)
        if loaded is None:
            self.writer.rewind(BEGINNING)
            return ("no checkpoint yet: starting at step 0",)
        self.position, checkpoint = loaded
        self.writer.rewind(checkpoint.facts["marks"])
        return (*checkpoint.notices, f"going on at epoch {self.position.epoch}, step {self.position.steps}")

    def _checkpoint_is_old(self) -> bool:
        limit = self.schedule.checkpoint_every_seconds
        return limit is not None and time.monotonic() - self._saved_at >= limit

    def _interrupted(self) -> Interrupted:
        return Interrupted(
            f"{self.stop.received} at epoch {self.position.epoch}, step {self.position.steps}",
            expected="a run that goes to its end",
            remedy=f"deepdiva resume {self.writer.folder}",
        )


def _is_multiple(steps: int, every: int | None) -> bool:
    return every is not None and steps % every == 0


def _count_batches(samples: int, batch_size: int, learner: Learner) -> int:
    """Return the batches of an epoch, if they can be trained on.

    Raises:
        DataError: DATA-013, there is none; DATA-014, one of them is a single sample, which
            batch normalization cannot take.
    """
    whole, rest = divmod(samples, batch_size)
    drop_last = learner.plan.schedule.drop_last
    if drop_last and whole == 0:
        raise DataError(
            f"the train split has {samples} samples, less than a batch of {batch_size}: 0 batches",
            expected="at least one whole batch with --drop-last",
            remedy=f"choose --batch-size {samples} or less, or leave --drop-last out",
            code="DATA-013",
        )
    if not drop_last and 1 in (rest, batch_size) and learner.has_batch_norm():
        raise DataError(
            f"{samples} samples in batches of {batch_size} leave a batch of one sample",
            expected="two or more samples in every batch: the model normalizes over the batch",
            remedy="add --drop-last, or choose another --batch-size",
            code="DATA-014",
        )
    return whole + (rest > 0 and not drop_last)
