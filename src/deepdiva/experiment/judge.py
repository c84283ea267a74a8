"""Compare a run with the one that repeats it, bit by bit, and say what that means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deepdiva.experiment.rerun import Rerun
from deepdiva.experiment.shell_file import write_shell_file
from deepdiva.experiment.verdict import TOLERANCE, Reproduction
from deepdiva.provenance.inputs import lines_between
from deepdiva.provenance.keep import compare, load_stamp
from deepdiva.record import SPLITS, RunRecord, read_run
from deepdiva.record.parting import Chain, Parting, find_parting, read_chain


def judge(
    blank: Reproduction, original: RunRecord, again: Rerun, *, steps: int | None, any_class: bool
) -> Reproduction:
    """Compare `original` with the run that repeats it, write the verdict into that, and return it.

    Args:
        blank: What is known of the answer so far.
        again: How the run went.
        steps: How many steps were asked for; None is all of them.
        any_class: Compare the bits of another numeric class too.

    Raises:
        DataError: a record cannot be read.
        ResourceError: the verdict cannot be written.
    """
    if again.folder is None:
        return no_run(blank, again)
    run, chain = read_run(again.folder), read_chain(original.folder)
    limit = limit_of(steps, original, chain)
    ground = compare(load_stamp(original.folder), load_stamp(run.folder))
    ground += lines_between(original.inputs, run.inputs)
    known = replace(blank, original=original, run=run, differences=tuple(ground), notes=again.notes)
    parting = find_parting(_cut(chain, limit), _cut(read_chain(run.folder), limit))
    if parting.at is None and run.status != ("finished" if limit is None else "interrupted"):
        result = replace(known, reason=f"it ended with status {again.status}; its message tells why")
    else:
        agree = {"chain": parting.at is None and parting.steps[0] == parting.steps[1]}
        agree |= {} if limit is not None else _agreement(original, run)
        known = replace(known, steps=min(parting.steps), parting=parting, agree=agree)
        result = _decided(known, _Pair(original, run, parting, limit), any_class=any_class)
    result.write()
    write_shell_file(run, stop_after_steps=limit)
    return result


def no_run(blank: Reproduction, again: Rerun) -> Reproduction:
    """Return the answer where it did not come to a new run."""
    reason = f"it ended with status {again.status} before it began; its message tells why"
    if blank.original is not None and blank.original.inputs:
        reason += ", and the run had read undeclared inputs, which nothing brings back"
    return replace(blank, reason=reason, notes=again.notes)


def limit_of(steps: int | None, original: RunRecord, chain: Chain) -> int | None:
    """Return after how many steps the repeated run stops; None where it goes to its end."""
    all_steps = len(chain.steps)
    stopped = original.status == "interrupted"  # only where it was itself stopped, to be repeated
    return steps if steps is not None and (steps < all_steps or stopped) else None


@dataclass(frozen=True)
class _Pair:
    """Two runs that were compared."""

    one: RunRecord
    other: RunRecord
    parting: Parting
    limit: int | None


def _decided(known: Reproduction, pair: _Pair, *, any_class: bool) -> Reproduction:
    """Return the verdict on two runs that were compared."""
    equal = all((known.agree or {}).values())
    if not any_class and any(line.startswith("numeric_class:") for line in known.differences):
        bits = "all bits agree nevertheless" if equal else _within(pair)
        reason = f"computed in another numeric class, where equal bits are not promised; {bits}"
        return replace(known, reason=reason)
    if equal:
        itself = "" if known.recorded else "it repeats itself: "
        return replace(known, verdict="REPRODUCED", reason=itself + _success(pair))
    itself = "" if known.recorded else "it does not repeat itself: "
    reason = itself + _difference(known, pair.parting)
    if any(line.startswith("inputs:") for line in known.differences):
        reason += "; undeclared inputs differ"
    if any(note.startswith("not restored:") for note in known.notes):
        return replace(known, reason=f"{reason}, but parts of its code could not be restored")
    return replace(known, verdict="DIVERGED", reason=reason)


def _cut(chain: Chain, limit: int | None) -> Chain:
    """Return the chain up to and with step `limit`; weights are digested after it, or later."""
    if limit is None:
        return chain
    weights = {moment: digest for moment, digest in chain.weights.items() if moment.step < limit}
    return Chain(chain.steps[:limit], weights)


def _agreement(one: RunRecord, other: RunRecord) -> dict[str, bool]:
    """Return whether weights, predictions (all arrays) and scores (all measurements) have equal bits."""
    weights = ("weights_sha256", "best_weights_sha256", "best_epoch")
    scores = all(one.info[split] == other.info[split] for split in SPLITS)
    return {
        "weights": all(one.info[name] == other.info[name] for name in weights),
        "predictions": _told(one, arrays=True) == _told(other, arrays=True),
        "scores": scores and _told(one, arrays=False) == _told(other, arrays=False),
    }


def _told(run: RunRecord, *, arrays: bool) -> list[object]:
    return [replace(event, time=0.0) for event in run.events if (event.array is not None) == arrays]


def _success(pair: _Pair) -> str:
    total, weights = pair.one.info["steps"], str(pair.one.info["weights_sha256"])[:12]
    if pair.limit is not None:
        of = "" if total is None else f" of {total}"
        return (
            f"samples and losses of the first {pair.limit}{of} steps agree bit for bit; "
            "the steps after them were not run"
        )
    return f"all {total} steps, the weights ({weights}), predictions and scores agree bit for bit"


def _difference(known: Reproduction, parting: Parting) -> str:
    first = known.first_difference
    if first is None:
        if parting.steps[0] != parting.steps[1]:
            return f"it took {parting.steps[1]} steps instead of {parting.steps[0]}, all before agree"
        names = [name for name, equal in (known.agree or {}).items() if not equal]
        return f"all steps agree, but {' and '.join(names)} differ"
    if first["differs"] == ["weights"]:
        return f"the weights after step {first['step']} differ"
    if "batch" in first["differs"]:
        return f"step {first['step']} is the first that parts: it saw other samples, or in another order"
    losses = [repr(first[side]["loss"]) for side in ("recorded", "repeated")]
    return (
        f"step {first['step']} is the first that parts: "
        f"on the same samples the loss was {losses[0]}, is {losses[1]}"
    )


def _within(pair: _Pair) -> str:
    """Compare the scores within the tolerance, and say so."""
    if pair.limit is not None:
        return f"the first {pair.limit} steps do not agree bit for bit, and scores were not reached"
    gaps = list(_gaps(pair.one.info, pair.other.info))
    if not gaps:
        return "there are no scores to compare"
    name, one, other = max(gaps, key=lambda gap: abs(gap[1] - gap[2]))
    near = all(math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE) for _, a, b in gaps)
    words = "agree within" if near else "differ by more than"
    return f"the scores {words} a tolerance of {TOLERANCE} (furthest {name}: {one:.4f}, now {other:.4f})"


def _gaps(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    for split in SPLITS:
        then, now = one.get(split) or {}, other.get(split) or {}
        for metric in sorted({*then, *now}):
            pair = (then.get(metric), now.get(metric))
            if pair != (None, None):
                one_score, other_score = (math.inf if value is None else float(value) for value in pair)
                yield f"{split}/{metric}", one_score, other_score
