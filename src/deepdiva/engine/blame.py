"""Where two traces of the same step part first, and what that says about the cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from deepdiva.engine.gaps import compare
from deepdiva.engine.trace import Mark, StepTrace

Place = Literal["batch", "weights", "random stream", "forward", "loss", "backward", "optimizer", "code"]


@dataclass(frozen=True, kw_only=True)
class Blame:
    """The first thing in which two runs of a step differ."""

    place: Place
    layer: str | None = None
    """As the model calls it; empty for the model as a whole, None where no layer is concerned."""
    operation: str | None = None
    """Class of the layer, or what else it is that computes."""
    what: str
    """One sentence about it."""
    before: bool = False
    """Whether it differed already when the step began."""
    positions: tuple[int, ...] = ()
    """Of the samples in the batch that differ, from 0."""
    samples: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    """Identities of these samples in A and in B."""
    numbers: str | None = None
    """How many numbers of a tensor differ, and by how much."""


def find_blame(a: StepTrace, b: StepTrace) -> Blame | None:
    """Compare what two runs did in one step; None where they did the same."""
    return _batch(a, b) or _flow(a, b)


# -- The batch -------------------------------------------------------------------------


def _batch(a: StepTrace, b: StepTrace) -> Blame | None:
    if a.identities != b.identities:
        return _samples(a, b)
    pairs = zip(a.rows, b.rows, strict=False)
    positions = tuple(number for number, (ours, theirs) in enumerate(pairs) if ours != theirs)
    if not positions and len(a.rows) == len(b.rows):
        return None
    return _blame_batch(a, b, positions, _contents(a.rows, b.rows, positions))


def _samples(a: StepTrace, b: StepTrace) -> Blame:
    longest = max(len(a.identities), len(b.identities))
    positions = tuple(n for n in range(longest) if a.identities[n : n + 1] != b.identities[n : n + 1])
    if Counter(a.identities) == Counter(b.identities):
        return _blame_batch(a, b, positions, "the same samples come in another order")
    return _blame_batch(a, b, positions, "other samples come")


def _contents(a: Sequence[dict[str, str]], b: Sequence[dict[str, str]], positions: Sequence[int]) -> str:
    if _counted(a) == _counted(b):
        return "the samples have the same names in the same order, but their contents come in another order"
    differ = {
        name for n in positions for name in a[n].keys() | b[n].keys() if a[n].get(name) != b[n].get(name)
    }
    fields = " and ".join(sorted(differ))
    return f"the same samples come in the same order, with other contents ({fields})"


def _counted(rows: Sequence[dict[str, str]]) -> Counter[tuple[tuple[str, str], ...]]:
    return Counter(tuple(sorted(row.items())) for row in rows)


def _blame_batch(a: StepTrace, b: StepTrace, positions: tuple[int, ...], what: str) -> Blame:
    named = tuple(tuple(t.identities[n] for n in positions if n < len(t.identities)) for t in (a, b))
    return Blame(place="batch", what=what, positions=positions, samples=(named[0], named[1]))


# -- What flows through the step -------------------------------------------------------


def _flow(a: StepTrace, b: StepTrace) -> Blame | None:
    for number, (ours, theirs) in enumerate(zip(a.marks, b.marks, strict=False)):
        if ours[:3] != theirs[:3]:
            return _other_ways(ours, theirs)
        if ours.digest != theirs.digest:
            return _Parting(a, b, number).blame()
    if len(a.marks) != len(b.marks):
        return Blame(place="code", what="one of the two steps does more than the other")
    return None


def _other_ways(ours: Mark, theirs: Mark) -> Blame:
    what = f"the two go other ways: A to {_told(ours)}, B to {_told(theirs)}"
    return Blame(place="code", layer=ours.name, operation=ours.kind or None, what=what)


def _told(mark: Mark) -> str:
    return f"the {mark.what} of {layer_name(mark.name)} ({mark.part})"


class _Parting:
    """The first mark in which two traces differ."""

    def __init__(self, a: StepTrace, b: StepTrace, number: int) -> None:
        self.a, self.b, self.number = a, b, number
        self.ours, self.theirs = a.marks[number], b.marks[number]

    def blame(self) -> Blame:
        tell = {
            "before": self._before,
            "forward": self._forward,
            "loss": self._loss,
            "backward": self._backward,
            "optimizer": self._optimizer,
            "after": self._after,
        }
        return tell[self.ours.part]()

    def _forward(self) -> Blame:
        mark = self.ours
        if mark.what == "input":
            return self._input()
        if mark.what == "output":
            return self._output()
        name = mark.what.removeprefix("parameter ")
        what = f"its {name} was changed within the step, before the layer used it"
        return self._found("forward", mark.name, mark.kind, what)

    def _loss(self) -> Blame:
        what = f"the {self.ours.what} of the task's step differ, while all layers gave the same"
        return self._found("loss", None, "the task's step", what)

    def _after(self) -> Blame:
        mark = self.ours
        what = f"its {mark.what} differ at the end of the step, though the optimizer left them equal"
        return self._found("weights", _layer_of(mark.name), None, what)

    def _before(self) -> Blame:
        mark = self.ours
        others = sum(o.digest != t.digest for o, t in zip(self.a.marks, self.b.marks, strict=False))
        place: Place = "weights" if mark.what == "weights" else "optimizer"
        more = f"; so do {others - 1} others" if others > 1 and not self.a.rows else ""
        what = f"the {mark.what} of {mark.name} differ before the step begins{more}"
        return replace(self._found(place, _layer_of(mark.name), None, what), before=True)

    def _input(self) -> Blame:
        """Blame what lies between the layer before and this one: code that is no layer."""
        before = [mark for mark in self.a.marks[: self.number] if mark.part == "forward"]
        if not before:
            what = "what the task hands to the model differs, though the batch is the same"
            return self._found("forward", "", "the task's step", what)
        last = before[-1]
        if self._drew_elsewhere(self.number - 1):
            what = f"the generators stood elsewhere when the model's own code drew, before {self.ours.name}"
            return self._found("random stream", last.name, last.kind, what)
        between = "on entering" if last.what != "output" else "between it and"
        what = (
            f"an operation of the model's own code {between} {layer_name(self.ours.name)} gives other numbers"
        )
        return self._found("forward", last.name, last.kind, what)

    def _output(self) -> Blame:
        entry = self._entry()
        if self._drew_elsewhere(entry):
            what = "the generators stood elsewhere when the layer drew from them"
            return self._found("random stream", self.ours.name, self.ours.kind, what)
        inner = self.a.marks[entry + 1 : self.number]
        if any(mark.what == "output" for mark in inner):
            what = "its own code, after the last layer in it, gives other numbers for equal inputs"
        else:
            what = "it gives other numbers for equal inputs and equal weights"
        return self._found("forward", self.ours.name, self._kinds(), what)

    def _drew_elsewhere(self, since: int) -> bool:
        """Tell whether numbers were drawn since the mark `since`, from generators in other states."""
        a, b = self.a.marks[since].random, self.b.marks[since].random
        return a not in (b, self.ours.random)

    def _entry(self) -> int:
        """Return the number of the mark at which the layer was entered for this output."""
        return max(
            n
            for n, mark in enumerate(self.a.marks[: self.number])
            if (mark.part, mark.name, mark.what) == ("forward", self.ours.name, "input")
        )

    def _backward(self) -> Blame:
        mark = self.ours
        if mark.what == "gradient":
            layer, _, own = mark.name.rpartition(".")
            what = f"the gradient of its {own} differs, for equal gradients of its output"
            return self._found("backward", layer, self._kind_of(layer), what)
        what = "the gradient that comes back to its output differs: the operation after it, backward"
        return self._found("backward", mark.name, mark.kind, what)

    def _optimizer(self) -> Blame:
        mark = self.ours
        if mark.what.startswith("setting "):
            what = f"{mark.what} is {mark.digest} in A, {self.theirs.digest} in B"
            return self._found("optimizer", None, "settings", what)
        if mark.what == "gradient":
            what = f"the gradient of {mark.name} differs after scaling and clipping, not before"
            return self._found("optimizer", _layer_of(mark.name), "scaling or clipping", what)
        what = f"the {mark.what} of {mark.name} differ after the update, for equal gradients"
        return self._found("optimizer", _layer_of(mark.name), "update", what)

    def _kind_of(self, layer: str) -> str | None:
        return next((m.kind for m in self.a.marks if m.name == layer and m.kind), None)

    def _kinds(self) -> str:
        ours, theirs = self.ours.kind, self.theirs.kind
        return ours if ours == theirs else f"{ours} in A, {theirs} in B"

    def _found(self, place: Place, layer: str | None, operation: str | None, what: str) -> Blame:
        values = self.a.values.get(str(self.number)), self.b.values.get(str(self.number))
        numbers = None if values[0] is None or values[1] is None else compare(values[0], values[1])
        return Blame(place=place, layer=layer, operation=operation, what=what, numbers=numbers)


def layer_name(name: str) -> str:
    """Return how a layer is called before people."""
    return name or "the model"


def _layer_of(parameter: str) -> str:
    return parameter.rpartition(".")[0]
