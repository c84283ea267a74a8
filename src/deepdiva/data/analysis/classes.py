"""How many samples each class has, and the weights that make up for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from deepdiva.data.layouts import Sample


def count_classes(samples: Iterable[Sample]) -> Counter[str]:
    """Return the samples of each label; one that has several counts for each of them."""
    return Counter(label for sample in samples for label in sample.labels)


def class_weights(counts: Mapping[str, int]) -> dict[str, float]:
    """Return the inverse frequency of each class, scaled to a mean of one over the samples.

    As `ImageSplit.class_weights`; classes without samples weigh zero.

    Example:
        >>> class_weights({"a": 3, "b": 1, "c": 0})
        {'a': 0.6666666666666666, 'b': 2.0, 'c': 0.0}
    """
    present = sum(count > 0 for count in counts.values())
    total = sum(counts.values())
    return {name: total / present / count if count else 0.0 for name, count in counts.items()}


def positive_weights(counts: Mapping[str, int], samples: int) -> dict[str, float]:
    """Return, for labels of which a sample may have several, samples without it for each with it.

    What `BCEWithLogitsLoss` calls `pos_weight`; zero where no sample has the label.

    Example:
        >>> positive_weights({"a": 1, "b": 0}, 4)
        {'a': 3.0, 'b': 0.0}
    """
    return {name: (samples - count) / count if count else 0.0 for name, count in counts.items()}
