"""`deepdiva data analyze DIR`: what a data set holds, in numbers, as a table or as a page to look at."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from deepdiva.cli.data_split import LAYOUTS
from deepdiva.cli.words import read
from deepdiva.errors import ConfigError
from deepdiva.provenance.files import write_atomically
from deepdiva.provenance.verify import verify

if TYPE_CHECKING:
    from deepdiva.data.analysis import Analysis
    from deepdiva.provenance.footprint import VerifiedData


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data analyze`."""

    data: tyro.conf.Positional[Path]
    """Folder of the data set."""
    layout: LAYOUTS | None = None
    """The layout it has to have; found out if none is named."""
    page: Path | None = None
    """Write a page with pictures of each class and all distributions to this file, .html."""
    analytics_csv: Path | None = None
    """Write mean, deviation and class weights as the original DeepDIVA's analytics.csv to this file."""
    processes: int | None = None
    """How many processes decode; one for each physical core if nothing is said.  No part in the numbers."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Analyze, print everything, and answer 0, or 4 with the names of the files that are no good."""
    said = read(
        Words,
        words,
        verb="data analyze",
        does="Tell what a data set holds: mean and deviation of the train split, classes and their weights, "
        "sizes, kinds of pictures, lengths, duplicates, files that are no good.",
        example="deepdiva data analyze data/digits --page digits.html",
    )
    _refuse_odd_words(said)
    from deepdiva.cli.analysis_table import print_analysis
    from deepdiva.data.analysis import analyze
    from deepdiva.data.analysis.analytics_csv import compare_analytics, write_analytics

    files = verify(said.data)
    for notice in files.notices:
        print(notice, file=sys.stderr)
    found = analyze(files, layout=said.layout, processes=said.processes)
    compared = compare_analytics(files, found)
    if said.json:
        print(json.dumps({"data": str(said.data), **asdict(found), "analytics_csv": compared}))
    else:
        print_analysis(said.data, found, [compared] if compared else [])
    written = _write(said, files, found, write_analytics(found) if said.analytics_csv else b"")
    for place in written:
        print(f"wrote {place}", file=sys.stderr if said.json else sys.stdout)
    return _answer(found)


def _refuse_odd_words(said: Words) -> None:
    if said.page is not None and said.page.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(
            f"a page cannot be {said.page}",
            expected="a name that ends in .html",
            remedy="choose another --page",
            code="CFG-004",
        )
    if said.processes is not None and said.processes < 1:
        raise ConfigError(
            f"processes = {said.processes}",
            expected="1 or more",
            remedy="leave out --processes: then there is one for each physical core",
            code="CFG-003",
        )


def _write(said: Words, files: VerifiedData, found: Analysis, analytics: bytes) -> Sequence[Path]:
    """Write the files that were asked for; return their places."""
    written = []
    if said.analytics_csv is not None:
        write_atomically(said.analytics_csv, analytics)
        written.append(said.analytics_csv)
    if said.page is not None:
        from deepdiva.data.analysis.thumbnails import thumbnails
        from deepdiva.data.layouts import find_layout
        from deepdiva.report.analysis_page import draw_page

        pictures = thumbnails(files, find_layout(files, name=said.layout).samples)
        write_atomically(said.page, draw_page(said.data.resolve().name, found, pictures))
        written.append(said.page)
    return written


def _answer(found: Analysis) -> int:
    if not found.corrupt:
        return 0
    from deepdiva.data.decode import refuse_bad

    raise refuse_bad({each["file"]: f"{each['code']}: {each['reason']}" for each in found.corrupt})
