"""The loop: what it does in which order, and that it goes on as if nothing had happened."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
import torch
from tests.engine.tiny import MOMENTUM, TinyTask, facts, make_loop
from torch import nn

from deepdiva.engine import Machine, Optimizer, Schedule, StopSignal, on_cpu, weights_digest
from deepdiva.engine.evaluate import evaluate
from deepdiva.engine.loop import Loop
from deepdiva.errors import DataError, Interrupted, NumericError
from deepdiva.record import read_run

SCHEDULE = Schedule(epochs=3, batch_size=10, learning_rate_schedule="cosine")
OPTIMIZERS = {
    "sgd": MOMENTUM,
    "adamw": Optimizer(optimizer="AdamW", learning_rate=0.01),
    "fused adam": Optimizer(optimizer="Adam", learning_rate=0.01, optimizer_arguments=("fused=true",)),
    "lbfgs": Optimizer(optimizer="LBFGS", learning_rate=0.1),
    "rmsprop": Optimizer(optimizer="RMSprop", learning_rate=0.01),
}


def finish(loop: Loop) -> str:
    loop.fit()
    digest = weights_digest(on_cpu(loop.learner.model))
    loop.test()
    loop.writer.flush()
    loop.writer.close()
    return digest


class StopAfter(StopSignal):
    """A signal that comes when it was asked for so many times."""

    def __init__(self, asked: int) -> None:
        super().__init__()
        self.left = asked

    @property
    def received(self) -> str | None:
        self.left -= 1
        return "SIGTERM" if self.left < 0 else None

    @received.setter
    def received(self, _: object) -> None:
        pass


def test_validates_before_training_and_after_every_epoch(tmp_path: Path) -> None:
    """Epoch 0 is before training; train has as many epochs as were asked for, test one."""
    finish(make_loop(tmp_path))
    events = read_events(tmp_path)

    assert [e for e, _ in events["val/accuracy"]] == [0, 1, 2, 3]
    assert [e for e, _ in events["train/accuracy"]] == [1, 2, 3]
    assert len(events["test/accuracy"]) == 1


def read_events(folder: Path) -> Mapping[str, list[tuple[int, float | None]]]:
    curves: dict[str, list[tuple[int, float | None]]] = {}
    for line in (folder / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["scope"] == "epoch" and "value" in event:
            curves.setdefault(f"{event['split']}/{event['metric']}", []).append(
                (event["epoch"], event["value"])
            )
    return curves


def test_same_seed_same_bits(tmp_path: Path) -> None:
    """Two runs of one request agree in every digest and every measurement."""
    digests = {finish(make_loop(tmp_path / name)) for name in ("a", "b")}

    assert len(digests) == 1
    assert facts(tmp_path / "a") == facts(tmp_path / "b")


def test_other_seed_other_bits(tmp_path: Path) -> None:
    """The seed reaches the weights."""
    assert finish(make_loop(tmp_path / "a")) != finish(make_loop(tmp_path / "b", seed=2))


def test_earlier_draws_of_the_process_do_not_matter(tmp_path: Path) -> None:
    """What a process drew before the run moves nothing in it."""
    first = finish(make_loop(tmp_path / "a"))
    torch.rand(7)

    assert finish(make_loop(tmp_path / "b")) == first


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("asked", [0, 1, 4, 9, 12, 17, 33])
def test_stopped_anywhere_it_goes_on_to_the_same_bits(
    tmp_path: Path, optimizer: Optimizer, asked: int
) -> None:
    """Before training, in an epoch, in validation: the resumed run cannot be told from a whole one."""
    whole = finish(make_loop(tmp_path / "whole", task=TinyTask(optimizer)))
    loop = make_loop(tmp_path / "parts", task=TinyTask(optimizer), stop=StopAfter(asked))
    with pytest.raises(Interrupted):
        loop.fit()
    loop.writer.close()

    resumed = make_loop(tmp_path / "parts", task=TinyTask(optimizer))
    resumed.go_on()
    assert finish(resumed) == whole
    assert facts(tmp_path / "parts") == facts(tmp_path / "whole")


def test_killed_without_a_word_it_goes_on_from_the_last_checkpoint(tmp_path: Path) -> None:
    """What came after the checkpoint is forgotten, measured anew, and the same."""
    schedule = replace(SCHEDULE, checkpoint_every_steps=3)
    whole = finish(make_loop(tmp_path / "whole", schedule=schedule))
    loop = make_loop(tmp_path / "parts", schedule=schedule, stop=StopAfter(15))
    loop.save = lambda: Loop.save(loop) if loop.position.steps % 3 == 0 else None  # type: ignore[method-assign]
    with pytest.raises(Interrupted):
        loop.fit()
    loop.writer.flush()
    loop.writer.close()

    resumed = make_loop(tmp_path / "parts", schedule=schedule)
    resumed.go_on()
    assert finish(resumed) == whole
    assert facts(tmp_path / "parts") == facts(tmp_path / "whole")


def test_checkpoints_in_between_move_nothing(tmp_path: Path) -> None:
    """How often a run is saved is not part of what it is."""
    often = replace(SCHEDULE, checkpoint_every_steps=1, checkpoint_every_seconds=0.0)

    assert finish(make_loop(tmp_path / "a")) == finish(make_loop(tmp_path / "b", schedule=often))


def test_every_sample_once_an_epoch(tmp_path: Path) -> None:
    """An epoch sees each train sample once, the short last batch included."""
    task = TinyTask(MOMENTUM)
    make_loop(tmp_path, schedule=replace(SCHEDULE, epochs=1), task=task).fit()

    assert sorted(chain.from_iterable(task.parts.train.reads)) == list(range(75))


def test_drop_last_leaves_the_short_batch_out(tmp_path: Path) -> None:
    """With `drop_last` all batches are whole."""
    task = TinyTask(MOMENTUM)
    make_loop(tmp_path, schedule=replace(SCHEDULE, epochs=1, drop_last=True), task=task).fit()

    assert [len(read) for read in task.parts.train.reads] == [10] * 7


def test_accumulated_gradients_are_those_of_the_whole(tmp_path: Path) -> None:
    """Four batches of five give the step of one batch of twenty, apart from normalization and dropout."""

    class Plain(TinyTask):
        def build_model(self) -> nn.Module:
            return nn.Linear(2, 3)

    weights = []
    for name, schedule in {
        "whole": replace(SCHEDULE, batch_size=20),
        "parts": replace(SCHEDULE, batch_size=5, accumulate=4),
    }.items():
        loop = make_loop(tmp_path / name, schedule=schedule, task=Plain(MOMENTUM, weighted=True))
        loop.fit()
        weights.append(loop.learner.model.get_parameter("weight").detach())
    torch.testing.assert_close(*weights)


def test_train_loss_is_weighted_as_it_was_trained_on(tmp_path: Path) -> None:
    """With class weights the epoch's loss is the weighted mean; a rate near zero lets one check."""

    class Plain(TinyTask):
        def build_model(self) -> nn.Module:
            return nn.Linear(2, 3)

    task = Plain(Optimizer(learning_rate=1e-12), weighted=True)
    loop = make_loop(tmp_path, schedule=replace(SCHEDULE, epochs=1, batch_size=20), task=task)
    loop.fit()
    batch = task.parts.train.read(torch.arange(75).numpy(), epoch=1)
    with torch.no_grad():
        output = task.step(loop.learner.model, batch)

    assert output.weights is not None
    expected = float((output.losses * output.weights).sum() / output.weights.sum())
    assert read_events(tmp_path)["train/loss"][0][1] == pytest.approx(expected, rel=1e-5)


def test_validation_loss_does_not_depend_on_the_batch_size(tmp_path: Path) -> None:
    """The mean over samples, not the mean of means over batches."""
    values = []
    for size in (3, 7, 31):
        loop = make_loop(tmp_path / str(size), schedule=replace(SCHEDULE, epochs=1, batch_size=size))
        values.append(evaluate(loop.learner, "val", StopSignal())["loss"])
    assert values[0] == pytest.approx(values[2], rel=1e-6)
    assert values[1] == pytest.approx(values[2], rel=1e-6)


def test_patience_ends_the_run(tmp_path: Path) -> None:
    """Without a better value for so many epochs, training stops."""
    stuck = TinyTask(Optimizer(learning_rate=1e-12))
    stuck.build_model = lambda: nn.Linear(2, 3)  # type: ignore[method-assign]
    loop = make_loop(tmp_path, schedule=replace(SCHEDULE, epochs=50, patience=2), task=stuck)
    loop.fit()

    assert loop.position.epoch == 3
    assert loop.position.best_epoch == 0


def test_test_uses_the_best_weights(tmp_path: Path) -> None:
    """The test split is scored with the weights of the best epoch, also when later ones are worse."""
    loop = make_loop(tmp_path)
    loop.fit()
    with torch.no_grad():
        for parameter in loop.learner.model.parameters():
            parameter.fill_(7.0)
    loop.test()

    assert weights_digest(on_cpu(loop.learner.model)) == loop.position.best_sha256


def test_lost_best_weights_are_no_test(tmp_path: Path) -> None:
    """A run whose best weights were changed reports no test score."""
    loop = make_loop(tmp_path)
    loop.fit()
    newest = sorted((tmp_path / "checkpoints/best").glob("*.safetensors"))[-1]
    content = bytearray(newest.read_bytes())
    content[-1] ^= 1
    newest.write_bytes(content)

    with pytest.raises(DataError, match="CKP-001"):
        loop.test()


def test_no_number_ends_the_run_by_name(tmp_path: Path) -> None:
    """A loss that is NaN names step, epoch and what to do, and the last good checkpoint stays."""
    loop = make_loop(tmp_path, task=TinyTask(Optimizer(learning_rate=1e38)))
    with pytest.raises(NumericError, match=r"NUM-001: the loss became (nan|inf) at step \d+ of epoch 1"):
        loop.fit()

    assert len(list((tmp_path / "checkpoints/last").glob("*.json"))) == 1


def test_single_sample_and_batch_norm_are_refused_before_training(tmp_path: Path) -> None:
    """A last batch of one is found while planning, with the remedy."""
    with pytest.raises(DataError, match=r"DATA-014(.|\n)*--drop-last"):
        make_loop(tmp_path, schedule=replace(SCHEDULE, batch_size=37))


def test_no_batch_at_all_is_refused(tmp_path: Path) -> None:
    """Fewer samples than a batch and `drop_last` leave nothing to train on."""
    with pytest.raises(DataError, match="DATA-013"):
        make_loop(tmp_path, schedule=replace(SCHEDULE, batch_size=100, drop_last=True))


def test_half_precision_repeats_itself(tmp_path: Path) -> None:
    """Mixed precision is another run than full precision, and repeats its own bits."""
    machine = Machine(threads=1, precision="bfloat16")
    first, second = (finish(make_loop(tmp_path / name, machine=machine)) for name in ("a", "b"))

    assert first == second
    assert first != finish(make_loop(tmp_path / "c"))


def test_weights_along_the_way_are_chained_on_demand(tmp_path: Path) -> None:
    """`chain_every_steps` adds digests of the weights, and moves nothing else."""
    often = replace(SCHEDULE, chain_every_steps=2)
    digests = {finish(make_loop(tmp_path / "a")), finish(make_loop(tmp_path / "b", schedule=often))}

    assert len(digests) == 1
    assert (tmp_path / "b/chain.jsonl").read_text().count("weights") == 4 + 12


def test_writer_closed_runs_are_read_back(tmp_path: Path) -> None:
    """What the loop wrote, the reader finds."""
    loop = make_loop(tmp_path)
    loop.fit()
    loop.writer.finish("finished", {"task": "tiny"})

    assert read_run(tmp_path).curve("val", "accuracy")[0][0] == 0
