"""Where two short trainings part, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepdiva.engine.blame import Blame, layer_name
from deepdiva.experiment.self_check.observed import Observed
from deepdiva.record.parting import Moment

VALIDATION = -1
"""Stands for the validation before the first step, which comes after the weights are made (step 0)."""
_MOST_SAMPLES = 3


def first_difference(a: Observed, b: Observed) -> int | None:
    """Return the first step in which the two differ; None where all digests and measurements agree.

    0 is for the weights before training, and `VALIDATION` for what came of validating with them.
    """
    beginning = Moment(0, 0)
    if a.chain.weights.get(beginning) != b.chain.weights.get(beginning):
        return 0
    if _measured(a, 0) != _measured(b, 0):
        return VALIDATION
    last = max(len(a.chain.steps), len(b.chain.steps))
    return next((step for step in range(1, last + 1) if not _agree(a, b, step)), None)


def _agree(a: Observed, b: Observed, step: int) -> bool:
    """Compare line, state and measurements of a step; a resumed training saw no state before its start."""
    both = step in a.seen.states and step in b.seen.states
    return (
        a.chain.steps[step - 1 : step] == b.chain.steps[step - 1 : step]
        and (not both or a.seen.states[step] == b.seen.states[step])
        and _measured(a, step) == _measured(b, step)
    )


def _measured(seen: Observed, step: int) -> list[Any]:
    return [event for event in seen.scores if event.step == step]


def told_place(step: int, blame: Blame | None = None, samples: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return in words where two trainings part."""
    moment = {0: "its first weights", VALIDATION: "the validation before training"}.get(step, f"step {step}")
    if blame is None:
        return moment
    parts = [moment, *([blame.place] if step > 0 else [])]
    if blame.layer is not None:
        kind = f" ({blame.operation})" if blame.operation else ""
        parts.append(f"{layer_name(blame.layer)}{kind}")
    return f"{', '.join(parts)}: {blame.what}{_named(samples)}"


def _named(samples: Sequence[Mapping[str, Any]]) -> str:
    if not samples:
        return ""
    more = f" and {len(samples) - _MOST_SAMPLES} more" if len(samples) > _MOST_SAMPLES else ""
    return ": " + ", ".join(str(sample["a"] or sample["b"]) for sample in samples[:_MOST_SAMPLES]) + more
