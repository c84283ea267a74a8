"""Follow the harmless operations of a pickle, and no others.

A pickle is a program; a stranger's could do anything.  Here its operations are listed by
`pickletools`, which executes none, and only those are followed that build dictionaries,
lists, texts, whole numbers and arrays of bytes.  Whatever else a pickle asks for is refused.
The names of functions in it are compared with those that NumPy's own pickles hold, and are
never looked up.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass
from typing import Any

_DEEPEST = 1_000_000
RECONSTRUCT = {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"}
FROM_BUFFER = {"numpy.core.numeric _frombuffer", "numpy._core.numeric _frombuffer"}
"""How arrays are pickled by protocol 5."""
_ARRAY, DTYPE, _ENCODE = "numpy ndarray", "numpy dtype", "_codecs encode"
_NUMBERS = {"INT", "LONG", "LONG1", "BININT", "BININT1", "BININT2"}
_TEXTS = {
    "STRING",
    "UNICODE",
    "BINSTRING",
    "SHORT_BINSTRING",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
}
_BYTES = {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}
_VALUES = _NUMBERS | _TEXTS | _BYTES
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_NOTHING = {"PROTO", "FRAME", "STOP"}
_MARK = object()


@dataclass(frozen=True)
class _Name:
    """A function or class, by name only."""

    name: str


@dataclass
class Made:
    """An array or its type while it is put together."""

    kind: str
    arguments: tuple[Any, ...]
    state: tuple[Any, ...] = ()


class Refused(Exception):
    """The pickle asks for something that is not followed."""


class Machine:
    """A stack and a memory, as pickles use them; one method for each operation that is followed."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memory: dict[int, Any] = {}

    def run(self, content: bytes) -> Any:
        """Return what the pickle builds.

        Raises:
            Refused: it asks for something else.
            ArithmeticError, LookupError, TypeError, ValueError: it is damaged.
        """
        for operation, argument, _ in pickletools.genops(content):
            self._follow(operation.name, argument)
            if len(self._stack) > _DEEPEST:
                raise ValueError("too deep")
        if len(self._stack) != 1:
            raise ValueError("it does not end with one thing")
        return self._stack[0]

    def _follow(self, name: str, argument: Any) -> None:
        if name in _VALUES:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name not in _NOTHING:
            step = getattr(self, f"_{name.lower()}", None)
            if step is None:
                raise Refused(f"the operation {name}")
            step(argument)

    def _above_mark(self) -> list[Any]:
        place = len(self._stack) - 1
        while self._stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise IndexError("no mark")
        above = self._stack[place + 1 :]
        del self._stack[place:]
        return above

    def _mark(self, _: None) -> None:
        self._stack.append(_MARK)

    def _binput(self, place: int) -> None:
        self._memory[place] = self._stack[-1]

    _put = _long_binput = _binput

    def _memoize(self, _: None) -> None:
        self._memory[len(self._memory)] = self._stack[-1]

    def _binget(self, place: int) -> None:
        self._stack.append(self._memory[place])

    _get = _long_binget = _binget

    def _empty_dict(self, _: None) -> None:
        self._stack.append({})

    def _empty_list(self, _: None) -> None:
        self._stack.append([])

    def _list(self, _: None) -> None:
        above = self._above_mark()
        self._stack.append(above)

    def _dict(self, _: None) -> None:
        above = self._above_mark()
        self._stack.append(dict(zip(map(text_of, above[::2]), above[1::2], strict=True)))

    def _appends(self, _: None) -> None:
        above = self._above_mark()
        self._top(list).extend(above)

    def _append(self, _: None) -> None:
        last = self._stack.pop()
        self._top(list).append(last)

    def _setitems(self, _: None) -> None:
        above = self._above_mark()
        self._top(dict).update(zip(map(text_of, above[::2]), above[1::2], strict=True))

    def _setitem(self, _: None) -> None:
        value = self._stack.pop()
        key = text_of(self._stack.pop())
        self._top(dict)[key] = value

    def _tuple(self, _: None) -> None:
        above = self._above_mark()
        self._stack.append(tuple(above))

    def _tuple1(self, _: None) -> None:
        self._stack[-1:] = [tuple(self._stack[-1:])]

    def _tuple2(self, _: None) -> None:
        self._stack[-2:] = [tuple(self._stack[-2:])]

    def _tuple3(self, _: None) -> None:
        self._stack[-3:] = [tuple(self._stack[-3:])]

    def _global(self, name: str) -> None:
        self._stack.append(_named(name))

    def _stack_global(self, _: None) -> None:
        name = self._stack.pop()
        self._stack.append(_named(f"{self._stack.pop()} {name}"))

    def _reduce(self, _: None) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise Refused("a call of what is no function")
        if function.name == _ENCODE:
            text, encoding = arguments
            if encoding != "latin1":
                raise ValueError("bytes in an odd encoding")
            self._stack.append(text.encode("latin-1"))
        elif function.name in FROM_BUFFER:
            content, kind, shape, order = arguments
            self._stack.append(Made(function.name, (), (1, shape, kind, order == "F", content)))
        else:
            self._stack.append(Made(function.name, arguments))

    def _build(self, _: None) -> None:
        state = self._stack.pop()
        made = self._stack[-1]
        if not isinstance(made, Made) or not isinstance(state, tuple):
            raise Refused("a state for what is no array")
        made.state = state

    def _top(self, kind: type) -> Any:
        if type(self._stack[-1]) is not kind:
            raise TypeError(f"{kind.__name__} expected")
        return self._stack[-1]


def _named(name: str) -> _Name:
    if name not in RECONSTRUCT | FROM_BUFFER | {_ARRAY, DTYPE, _ENCODE}:
        raise Refused(f"{name[:100]!r}")
    return _Name(name)


def text_of(key: Any) -> str:
    """Return a key of a dictionary, which Python 2 and 3 pickle differently."""
    if isinstance(key, bytes):
        return key.decode("latin-1")
    if not isinstance(key, str):
        raise TypeError("a key that is no text")
    return key
