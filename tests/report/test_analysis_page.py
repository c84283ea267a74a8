"""The page of a data set: complete, self-contained, and deaf to what names say."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.data.drawing import draw_class_folders, encoded, noise
from tests.data.layouts.laying import lay

from deepdiva.data.analysis import analyze
from deepdiva.data.analysis.thumbnails import thumbnails
from deepdiva.data.layouts import find_layout
from deepdiva.provenance.verify import verify
from deepdiva.report.analysis_page import draw_page

ODD = ("<script>alert(1)<script>", 'a" onload="x', "قطة \u202eb", "long " * 30 + "name", "a&b")


class Elements(HTMLParser):
    """Collects elements, and fails where one is closed that was not opened."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "state"))


def page_of(root: Path) -> tuple[str, Elements]:
    files = verify(root)
    page = draw_page(root.name, analyze(files), thumbnails(files, find_layout(files).samples)).decode()
    elements = Elements()
    elements.feed(page)
    assert elements.open == []
    return page, elements


@pytest.mark.parametrize("classes", [("a", "b"), ODD, tuple(f"class {number:03d}" for number in range(100))])
def test_the_page_is_whole_and_loads_nothing(tmp_path: Path, classes: tuple[str, ...]) -> None:
    """With two, odd and a hundred classes: no script, no address, no handler; every class with a picture."""
    root = draw_class_folders(tmp_path / "data", classes=classes, counts=(2, 1, 1), channels=3)
    page, elements = page_of(root)
    assert "default-src 'none'" in page
    assert not elements.names & {"script", "link", "iframe", "object", "form", "a"}
    assert not [name for name, _ in elements.attributes if name.startswith("on")]
    sources = [str(value) for name, value in elements.attributes if name in ("src", "href")]
    assert all(source.startswith("data:image/") for source in sources)
    assert len(sources) == 2 * len(classes)
    assert "url(" not in page
    assert "\u202e" not in page


def test_the_same_data_give_the_same_page(tmp_path: Path) -> None:
    """Two pages of the same data have the same bytes, wherever the data lie."""
    root = draw_class_folders(tmp_path / "one" / "data")
    first, _ = page_of(root)
    (tmp_path / "other").mkdir()
    root.rename(tmp_path / "other" / "data")
    assert page_of(tmp_path / "other" / "data")[0] == first


def test_numbers_and_bad_files_are_on_it(tmp_path: Path) -> None:
    """Mean, deviation, duplicates and every bad file can be read on the page."""
    root = draw_class_folders(tmp_path / "data")
    (root / "train" / "cat" / "bad <b>.png").write_bytes(b"no picture")
    (root / "train" / "cat" / "twin.png").write_bytes((root / "train" / "dog" / "0.png").read_bytes())
    files = verify(root)
    found = analyze(files)
    _, elements = page_of(root)
    assert found.mean is not None
    text = "\n".join(elements.texts)
    for part in (f"{found.mean[0]:.12g}", "train/cat/bad <b>.png", "DATA-001", "Equal contents: 1 groups"):
        assert part in text


def test_pages_of_other_layouts(tmp_path: Path) -> None:
    """Texts and points have pages without pictures; pictures of several sizes have a chart of them."""
    texts = {f"{split}.csv": "text,label\none two,a\nthree,b\n" for split in ("train", "val", "test")}
    assert "<h2>Texts</h2>" in page_of(lay(tmp_path / "texts", **texts))[0]
    points = {f"{split}.csv": "x,y,label\n1,2,a\n3,4,b\n" for split in ("train", "val", "test")}
    assert "<h2>Columns</h2>" in page_of(lay(tmp_path / "points", **points))[0]
    root = draw_class_folders(tmp_path / "data")
    (root / "train" / "cat" / "large.png").write_bytes(encoded(noise(300, 200, 3)))
    page, _ = page_of(root)
    assert len(re.findall("<circle", page)) == 2
    assert "data:image/jpeg" in page
