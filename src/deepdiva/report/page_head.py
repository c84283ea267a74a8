"""How every page begins: nothing in it loads or runs anything, whatever names data sets hold."""

from __future__ import annotations

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }}
{style}</style>
"""


def page_head(title: str, style: str) -> str:
    """Return the head of a page.

    Args:
        title: Escaped already.
        style: Rules of CSS that are the page's own, a line each.
    """
    return _HEAD.format(title=title, style=style)
