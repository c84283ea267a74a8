"""Names that others chose, made fit to be shown."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode categories that move the cursor, turn the line around or cannot be drawn at all."""


def legible(text: object, longest: int | None = None) -> str:
    r"""Return `text` without anything that a terminal or a picture could obey.

    What cannot be seen is told by its number.  Text longer than `longest` loses its middle, as
    both ends of a name tell more than a beginning alone.

    Example:
        >>> legible("red \x1b[31m")
        'red \\x1b[31m'
        >>> legible("handwritten-capital-letter-a", 12)
        'handwr…ter-a'
    """
    seen = "".join(
        _escaped(letter) if unicodedata.category(letter) in _UNSEEN else letter for letter in str(text)
    )
    if longest is None or len(seen) <= longest:
        return seen
    tail = (longest - 1) // 2
    return seen[: longest - 1 - tail] + ELLIPSIS + seen[len(seen) - tail :]


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
