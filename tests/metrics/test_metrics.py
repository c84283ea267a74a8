"""Every metric against scikit-learn, and the laws that all of them keep."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from deepdiva.metrics import Accuracy, ConfusionMatrix, MacroF1, Metric, Predictions, merge

CLASSES = 4
MAKERS: dict[str, Callable[[], Metric]] = {
    "accuracy": Accuracy,
    "top2": lambda: Accuracy(k=2),
    "confusion": lambda: ConfusionMatrix(tuple("abcd")),
    "macro_f1": lambda: MacroF1(classes=CLASSES),
    "predictions": Predictions,
}
samples = st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, 2**32 - 1)))


def draw(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(seed)
    logits = random.permuted(np.tile(np.arange(CLASSES, dtype=np.float32), (count, 1)), axis=1)
    return torch.from_numpy(logits), torch.from_numpy(random.integers(0, CLASSES, count))


def value_of(metric: Metric) -> object:
    value = metric.compute()
    return {k: v.tolist() for k, v in value.items()} if isinstance(value, dict) else value


@given(samples)
def test_accuracy_is_that_of_the_reference(drawn: tuple[int, int]) -> None:
    """Top-1 accuracy is the share of right answers."""
    logits, labels = draw(*drawn)
    metric = Accuracy()
    metric.update(logits, labels)

    assert metric.compute() == pytest.approx(reference.accuracy_score(labels, logits.argmax(1)), abs=1e-15)


@given(samples)
def test_top2_accuracy_is_that_of_the_reference(drawn: tuple[int, int]) -> None:
    """The right class among the two highest logits counts as a hit."""
    logits, labels = draw(*drawn)
    metric = Accuracy(k=2)
    metric.update(logits, labels)

    expected = reference.top_k_accuracy_score(labels, logits, k=2, labels=range(CLASSES))
    assert metric.compute() == pytest.approx(expected, abs=1e-15)


@given(samples)
def test_confusion_is_that_of_the_reference(drawn: tuple[int, int]) -> None:
    """Rows are true classes and columns predicted ones."""
    logits, labels = draw(*drawn)
    metric = ConfusionMatrix(tuple("abcd"))
    metric.update(logits, labels)

    expected = reference.confusion_matrix(labels, logits.argmax(1), labels=range(CLASSES))
    assert (metric.compute()["counts"] == expected).all()


@given(samples)
def test_macro_f1_is_that_of_the_reference(drawn: tuple[int, int]) -> None:
    """F1 is averaged over the classes that occur, whether as truth or as guess."""
    logits, labels = draw(*drawn)
    metric = MacroF1(classes=CLASSES)
    metric.update(logits, labels)

    assert metric.compute() == pytest.approx(reference.f1_score(labels, logits.argmax(1), average="macro"))


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@given(drawn=samples, cut=st.integers(0, 40))
def test_batches_do_not_matter(make: Callable[[], Metric], drawn: tuple[int, int], cut: int) -> None:
    """One batch, two batches or two halves merged: the same value to the last bit."""
    logits, labels = draw(*drawn)
    whole, parts, first, second = make(), make(), make(), make()
    whole.update(logits, labels)
    for metric, rows in ((first, slice(None, cut)), (second, slice(cut, None))):
        if len(labels[rows]):
            metric.update(logits[rows], labels[rows])
            parts.update(logits[rows], labels[rows])

    assert value_of(parts) == value_of(whole)
    assert value_of(merge(first, second)) == value_of(whole)


@pytest.mark.parametrize("make", [Accuracy, lambda: MacroF1(classes=3), Predictions])
def test_nothing_seen_is_undefined(make: Callable[[], Metric]) -> None:
    """A metric of no samples is undefined, not zero."""
    assert make().compute() is None


def test_absent_class_is_left_out_of_macro_f1() -> None:
    """A class that is neither present nor predicted neither helps nor hurts."""
    metric = MacroF1(classes=10)
    metric.update(torch.eye(10)[:2], torch.tensor([0, 1]))

    assert metric.compute() == 1.0


def test_wrong_shape_is_named() -> None:
    """A vector instead of a matrix is told as the shape error it is."""
    with pytest.raises(Exception, match="batch classes"):
        Accuracy().update(torch.rand(4), torch.zeros(4, dtype=torch.int64))
