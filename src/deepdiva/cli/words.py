"""Typed words: a frozen dataclass says which flags there are, tyro reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import tyro

W = TypeVar("W")


def read(
    kind: type[W], words: Sequence[str], *, verb: str, does: str, example: str, default: Any = None
) -> W:
    """Return `words` as a `kind`; on bad words, print what fits and exit with 2.

    Args:
        kind: Frozen dataclass.  Every field is a flag, its docstring the help; fields of
            nested dataclasses are flags of the same rank.
        words: What stands after the verb.
        verb: The verb or verbs, such as `data get`.
        does: One sentence for the top of the help.
        example: A whole command line that works.
        default: An instance of `kind` whose values hold where no word says otherwise.
    """
    said: W = tyro.cli(
        kind,
        prog=f"deepdiva {verb}",
        description=f"{does}\n\nexample: {example}",
        args=list(words),
        default=tyro.MISSING_NONPROP if default is None else default,
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff, tyro.conf.OmitSubcommandPrefixes),
    )
    return said
