"""The page of pairs that two splits share."""

from __future__ import annotations

import pytest

from deepdiva.errors import ConfigError
from deepdiva.report.leakage_page import draw_page

PAIR = {
    "a": "train/<script>alert(1)</script>.png",
    "b": 'test/"onerror=.png',
    "splits": ["train", "test"],
    "how": "same bytes",
    "similarity": 1.0,
}
FOUND = {
    "verdict": "leakage",
    "layout": "class-folders",
    "data_sha256": "0" * 64,
    "checked": {"samples": {"train": 1, "test": 1}},
    "exact": [PAIR],
    "near": [],
    "look_alikes": 0,
    "groups": [],
    "contradictions": [],
}


def test_names_of_files_are_text_and_nothing_else() -> None:
    """A hostile name neither ends an element nor opens one; a sample without a picture is told."""
    page = draw_page(FOUND, {}, kind=".html").decode()

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count("no picture") == 2


def test_other_kinds_of_files_are_refused() -> None:
    """A page is HTML or PNG."""
    with pytest.raises(ConfigError, match="CFG-004"):
        draw_page(FOUND, {}, kind=".pdf")
