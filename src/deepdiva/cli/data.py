"""`deepdiva data <verb> ...`: prepare and guard data sets."""

from __future__ import annotations

import difflib
import importlib
import sys

VERBS: dict[str, str] = {
    "get": "write a data set into a folder",
    "split": "make train, val and test of a data set that has no splits",
    "analyze": "tell what a data set holds: means, classes, sizes, duplicates, bad files",
    "footprint": "show the footprint of a data set; take a new one with --update",
    "verify": "compare a data set with its footprint",
    "diff": "tell what differs between two data sets or footprints",
    "check": "find what the splits have in common: equal and nearly equal samples, groups",
    "croissant": "describe a data set in Croissant, for search engines and other tools",
}


def main(words: list[str]) -> int:
    """Hand the rest of the words to the page of the verb."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if words[0] not in VERBS:
        near = difflib.get_close_matches(words[0], VERBS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`deepdiva data --help` lists them"
        print(f"deepdiva: unknown verb 'data {words[0]}'; {hint}", file=sys.stderr)
        return 2
    status: int = importlib.import_module(f"deepdiva.cli.data_{words[0]}").main(words[1:])
    return status


def _overview() -> str:
    verbs = "\n".join(f"  {verb:<10} {meaning}" for verb, meaning in VERBS.items())
    return (
        "usage: deepdiva data <verb> ...\n\n"
        "Prepare and guard data sets.\n\n"
        f"{verbs}\n\n"
        "example:\n"
        "  deepdiva data get digits --to data\n"
        "  deepdiva data verify data/digits --deep\n\n"
        "`deepdiva data <verb> --help` tells more."
    )
