"""Who asks for what no second run gets: the clock, the system's entropy, generators that nobody seeded.

The interpreter tells of every call (`sys.setprofile`); nothing is replaced but the functions of
`numpy.random`, whose calls it does not tell.  What is asked on behalf of a library is noted at the
line of the researcher's code that called it.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

import deepdiva

Kind = Literal["unseeded draw", "entropy", "clock", "process", "address", "draw in a worker"]

_CLOCKS = ("time", "perf_counter", "monotonic", "process_time", "thread_time")
_DRAWS = ("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson")
_LIKE = ("rand_like", "randn_like", "randint_like")
_FILLS = ("normal_", "uniform_", "random_", "bernoulli_", "exponential_", "log_normal_", "cauchy_")
_ASKS: dict[str, Kind] = {
    f"{os.name}.urandom": "entropy",
    "Generator.seed": "entropy",
    **{f"time.{name}{ending}": "clock" for name in _CLOCKS for ending in ("", "_ns")},
    **dict.fromkeys(("datetime.now", "datetime.utcnow", "datetime.today", "date.today"), "clock"),
    f"{os.name}.getpid": "process",
    "builtins.id": "address",
    "builtins.hash": "address",
}
"""Qualified name of a builtin function to what it gives."""
_TORCH_DRAWS = frozenset(
    [f"_VariableFunctionsClass.{name}" for name in _DRAWS + _LIKE] + [f"Tensor.{name}" for name in _FILLS]
)
_PYTHON_DRAWS = frozenset(["Random.random", "Random.getrandbits"])
_NAMES = frozenset(
    name.rpartition(".")[2] for name in [*_ASKS, *_TORCH_DRAWS, *_PYTHON_DRAWS, "Generator.manual_seed"]
)
_PYTHON_SEED = random.Random.seed.__code__
_PACKAGE = Path(deepdiva.__file__).resolve().parent
_IMPORTS = "<frozen importlib"


class Ask(NamedTuple):
    """A line that asked."""

    kind: Kind
    path: str
    line: int
    direct: bool
    """Whether the line asks itself, and no library for it."""


class Witness:
    """Notes who asks, in this process and in those that are forked from it.

    Args:
        root: The source tree; only lines in it are noted.
        notes: File to which each line that asked is appended, once a process.
    """

    def __init__(self, root: Path, notes: Path) -> None:
        self._root, self._notes = root.resolve(), notes
        self._process = os.getpid()
        self._seeded: set[str] = set()
        self._noted: set[Ask] = set()
        self._own: dict[str, bool] = {}
        self._replaced: dict[str, Any] = {}

    def __enter__(self) -> Witness:
        for name in dir(np.random):
            function = getattr(np.random, name)
            if name == "seed" or getattr(function, "__self__", None) is np.random.mtrand._rand:
                self._replaced[name] = function
                setattr(np.random, name, self._telling(name, function))
        sys.setprofile(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        for name, function in self._replaced.items():
            setattr(np.random, name, function)

    # -- What is called ----------------------------------------------------------------

    def _look(self, frame: FrameType, event: str, arg: Any) -> None:
        if event == "c_call":
            if arg.__name__ in _NAMES:
                self._called(frame, arg)
        elif event == "call" and frame.f_code is _PYTHON_SEED:
            self._python_seeded(frame)

    def _called(self, frame: FrameType, function: Any) -> None:
        module, name = getattr(function, "__module__", None), function.__qualname__
        full = f"{module}.{name}" if module else name
        if full in _ASKS:
            self._note(_ASKS[full], frame)
        elif name in _TORCH_DRAWS:
            self._drawn("torch", frame)
        elif name in _PYTHON_DRAWS and function.__self__ is random._inst:
            self._drawn("random", frame)
        elif name == "Generator.manual_seed" and function.__self__ is torch.default_generator:
            self._seeded.add("torch")

    def _python_seeded(self, frame: FrameType) -> None:
        words = frame.f_locals
        if words.get("a") is None:
            self._note("entropy", frame)
        elif words.get("self") is random._inst:
            self._seeded.add("random")

    def _telling(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def told(*words: Any, **named: Any) -> Any:  # it stands for functions of all kinds
            if name not in ("seed", "set_state", "get_state"):
                self._drawn("numpy", sys._getframe(1))
            elif name != "get_state" and (words or named):
                self._seeded.add("numpy")
            return function(*words, **named)

        return told

    # -- How it is noted ---------------------------------------------------------------

    def _drawn(self, family: str, frame: FrameType) -> None:
        """Draws from a global generator are harmless once it is seeded, but in a worker."""
        if os.getpid() != self._process:
            self._note("draw in a worker", frame)
        elif family not in self._seeded:
            self._note("unseeded draw", frame)

    def _note(self, kind: Kind, frame: FrameType) -> None:
        place: FrameType | None = frame
        while place is not None and not self._is_own(place.f_code.co_filename):
            if kind == "address" or place.f_code.co_filename.startswith((_IMPORTS, __file__)):
                return  # libraries ask for addresses all the time, and for much while they are imported
            place = place.f_back
        if place is None:
            return
        ask = Ask(kind, place.f_code.co_filename, place.f_lineno, place is frame)
        if ask not in self._noted:
            self._noted.add(ask)
            with self._notes.open("a") as stream:
                stream.write(json.dumps(ask) + "\n")

    def _is_own(self, path: str) -> bool:
        if path not in self._own:
            self._own[path] = Path(path).is_absolute() and is_researchers(Path(path), self._root)
        return self._own[path]


def is_researchers(path: Path, root: Path) -> bool:
    """Tell whether a file is code that the researcher wrote: of the source tree, no library, no part of us.

    The tasks and models that come with the package count as the researcher's where the tree holds them.
    """
    path = path.resolve()
    if not path.is_relative_to(root) or "site-packages" in path.parts:
        return False
    ours = path.is_relative_to(_PACKAGE)
    return not ours or path.relative_to(_PACKAGE).parts[0] in ("tasks", "models")


def read_notes(notes: Path) -> tuple[Ask, ...]:
    """Return the lines that asked, each once, in the order in which they did."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return tuple(dict.fromkeys(Ask(*json.loads(line)) for line in lines))
