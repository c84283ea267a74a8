"""Lines that walk over a set, whose order is that of hashes and addresses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_WALKERS = frozenset({"list", "tuple", "enumerate", "iter", "zip", "map", "filter", "sum", "join", "reduce"})
"""Functions to which the order matters; `sorted`, `len`, `min` and their like can do without."""
_MAKERS = frozenset({"set", "frozenset"})


def walks_over_sets(path: Path) -> list[int]:
    """Return the lines of the Python file `path` that walk over what is plainly a set.

    Only sets that the same file makes are known, and names go by their last part; it is a
    hint where to look, not a proof.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    names = {name for node in ast.walk(tree) for name in _names_of_sets(node)}
    walked = (walk for node in ast.walk(tree) for walk in _walked(node))
    return sorted({walk.lineno for walk in walked if _is_set(walk, names)})


def _names_of_sets(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and _is_set(node.value, set()):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from filter(None, map(_name, targets))


def _walked(node: ast.AST) -> Iterator[ast.expr]:
    """Give the expressions that `node` walks over in their order."""
    match node:
        case ast.For(iter=walked) | ast.Starred(value=walked) | ast.YieldFrom(value=walked):
            yield walked
        case ast.ListComp() | ast.GeneratorExp() | ast.DictComp():
            yield from (part.iter for part in node.generators)
        case ast.Call(func=function) if _name(function) in _WALKERS:
            yield from node.args


def _is_set(node: ast.expr, names: set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=function):
            return _name(function) in _MAKERS
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            return _is_set(left, names) or _is_set(right, names)
        case ast.Name() | ast.Attribute():
            return _name(node) in names
    return False


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None
