"""Which lines probably make that two trainings part, the likeliest first."""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Sequence
from pathlib import Path

from deepdiva.engine.witness import Ask, Kind
from deepdiva.experiment.self_check.observed import Observed

MOST = 8
_NO_SEED: tuple[Kind, ...] = ("unseeded draw", "entropy", "clock", "process")
_TOLD: dict[Kind, str] = {
    "unseeded draw": "draws from a generator that nobody seeded",
    "entropy": "takes entropy of the system (a generator without a seed, `secrets`, `uuid4`)",
    "clock": "reads the time",
    "process": "reads the number of the process",
    "address": "takes `id` or `hash`",
    "draw in a worker": "draws from a global generator in a worker, where no checkpoint sees it",
}


def of_repeating(seen: Observed, root: Path) -> list[str]:
    """Return who may make two trainings part that began alike."""
    asks = _sorted(seen.asks, (*_NO_SEED, "address"))
    return [*_asks(asks, root), *of_order(seen, root)]


def of_order(seen: Observed, root: Path) -> list[str]:
    """Return who walks over sets."""
    return [f"{_place(path, line, root)} walks over a set{_text(path, line)}" for path, line in seen.sets]


def of_resuming(seen: Observed, root: Path) -> list[str]:
    """Return what a checkpoint does not carry."""
    held = [
        f"{_place(path, line, root) + ': ' if path else ''}{name} changes while training, and no checkpoint "
        f"carries it{_text(path, line)}"
        for name, path, line in seen.held
    ]
    return [*held, *_asks(_sorted(seen.asks, ("draw in a worker",)), root)]


def listed(culprits: Sequence[str]) -> str:
    """Return them as lines below the finding: candidates, no proof; where there are none, that is said."""
    if not culprits:
        return "\n    no line of the source tree was seen to ask for anything that does not repeat"
    more = len(culprits) - MOST
    lines = [*culprits[:MOST], *([f"and {more} more lines"] if more > 0 else [])]
    return "\n    asked for by, the likeliest first:" + "".join(f"\n      {line}" for line in lines)


def _sorted(asks: Sequence[Ask], kinds: Sequence[Kind]) -> list[Ask]:
    chosen = [ask for ask in asks if ask.kind in kinds]
    return sorted(chosen, key=lambda ask: (kinds.index(ask.kind), not ask.direct))


def _asks(asks: Sequence[Ask], root: Path) -> Iterator[str]:
    for ask in asks:
        yield f"{_place(ask.path, ask.line, root)} {_TOLD[ask.kind]}{_text(ask.path, ask.line)}"


def _place(path: str, line: int, root: Path) -> str:
    file = Path(path).resolve()
    return f"{file.relative_to(root.resolve()) if file.is_relative_to(root.resolve()) else file}:{line}"


def _text(path: str, line: int) -> str:
    text = linecache.getline(path, line).strip() if path else ""
    return f": {text}" if text else ""
