"""The answer to which changes moved the bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from deepdiva.experiment.cause.changes import Change


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A smallest set of changes that moves A's bits."""

    changes: tuple[Change, ...]
    step: int
    """The first step that is known to have come out differently; 0 is before training."""


@dataclass(kw_only=True)
class Cause:
    """What was found; every change is in one of the lists."""

    steps: int
    """Steps that were compared."""
    parts: bool = True
    """Whether the runs part within them."""
    replays: int = 0
    moved: list[Moved] = field(default_factory=list)
    together: tuple[Change, ...] = ()
    """What moves the bits only beside all of `moved`."""
    harmless: list[Change] = field(default_factory=list)
    unresolved: dict[Change, str] = field(default_factory=dict)
    """What cannot run without others, and why; beside the movers it changes nothing."""
    unsettled: tuple[Change, ...] = ()
    """What was not told apart when the replays were used up."""
    all_give_b: bool = False
    """A with every change is B over these steps; else something that was not tried matters."""
    harmless_give_a: bool | None = None
    """A with all of `harmless` is A; None where it was not tried."""
    movers_give_b: bool | None = None
    """A with `moved` and `together` is B."""

    @property
    def movers(self) -> tuple[Change, ...]:
        """All of `moved`."""
        return tuple(chain.from_iterable(found.changes for found in self.moved))

    def as_json(self) -> dict[str, Any]:
        """Return it in plain values."""
        proof = ("all_give_b", "harmless_give_a", "movers_give_b")
        return {
            "parts": self.parts,
            "steps": self.steps,
            "replays": self.replays,
            "moved": [{"changes": _told(found.changes), "step": found.step} for found in self.moved],
            "together": _told(self.together),
            "harmless": _told(self.harmless),
            "unresolved": [
                one | {"why": why}
                for one, why in zip(_told(list(self.unresolved)), self.unresolved.values(), strict=True)
            ],
            "unsettled": _told(self.unsettled),
            "proof": {key: getattr(self, key) for key in proof},
        }


def _told(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [
        {"part": change.part, "change": change.name, "a": change.values[0], "b": change.values[1]}
        for change in changes
    ]
