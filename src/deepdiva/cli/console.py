"""Where pages print for people: a terminal, a pipe, or something odd."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from deepdiva.report import legible

PIPE_WIDTH = 200
"""Columns where no terminal says how many there are: nothing that a person greps is cut."""
STATUS_STYLES = {"finished": "green", "running": "cyan", "interrupted": "yellow", "failed": "red"}


def open_console() -> Console:
    """Return standard output; a letter that its encoding does not know is told by its number."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal or console.width < 1:
        console.width = PIPE_WIDTH
    return console


def plain(text: object, style: str = "") -> Text:
    """Return `text` as it is: neither markup nor control sequences in it work."""
    return Text(legible(text), style=style)


def status_text(status: str) -> Text:
    """Return the status of a run in its color."""
    return plain(status, STATUS_STYLES.get(status, ""))


def number(value: object) -> str:
    """Return a score with four digits, nothing where there is none.

    Example:
        >>> number(0.98765), number(None)
        ('0.9877', '')
    """
    return f"{value:.4f}" if isinstance(value, int | float) else ""


def duration(seconds: object) -> str:
    """Return a time span as people say it.

    Example:
        >>> duration(7.24), duration(754), duration(40_000), duration(None)
        ('7.2 s', '12 min 34 s', '11 h 06 min', '')
    """
    if not isinstance(seconds, int | float):
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{hours} h {minutes_left:02d} min" if hours else f"{minutes} min {rest:02d} s"
