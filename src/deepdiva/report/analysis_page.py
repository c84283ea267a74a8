"""A data set to look at: one file with pictures of each class and all distributions, nothing to run in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deepdiva.report.charts import LONGEST_NAME, bars, scatter, shown, steps, table_of_bars
from deepdiva.report.page_head import page_head

if TYPE_CHECKING:
    from deepdiva.data.analysis import Analysis
    from deepdiva.data.analysis.thumbnails import Thumbnail

MOST_CLASSES = 300
"""Classes in a chart or grid."""
MOST_SIZES = 12
"""Sizes in a table; all that are known are points of the chart."""
MOST_ROWS = 200
"""Rows of a table of files."""

_STYLE = """\
body { max-width: 78rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886 }
h3 { font-size: 1rem; margin: .2rem 0 }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem }
.row > div { flex: 1 1 22rem; max-width: 38rem }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: .8rem 1.5rem }
.grid h3, .name, code { overflow-wrap: anywhere }
.strip img { width: 5.2rem; height: 5.2rem; object-fit: contain; margin: 0 2px 2px 0; background: #8882 }
.strip img.small { image-rendering: pixelated }
td, th { text-align: left; padding: .1rem 1rem .1rem 0; vertical-align: top; font-weight: 400 }
th { opacity: .65 }
.bars td { white-space: nowrap; font-variant-numeric: tabular-nums }
.axis text { font-size: 10px; fill: currentColor; opacity: .7 }
svg[viewBox] { width: 100%; height: auto }
.notice { border-left: 3px solid #e08a1e; padding-left: .6rem }
.bad { color: #d33f3f }
"""


def draw_page(name: str, found: Analysis, pictures: Mapping[str, Sequence[Thumbnail]]) -> bytes:
    """Return the page of a data set.

    Args:
        name: What the data set is called.
        found: What was counted.
        pictures: Some of each class; under the empty name those of no class.
    """
    parts = [
        page_head(shown(f"{name}: what it holds"), _STYLE),
        *_top(name, found),
        *_class_chart(found),
        *_grid(pictures),
        *_per_split("Pixel values", found, "pixels", _pixels),
        *_sizes(found),
        *_per_split("Texts", found, "texts", _texts),
        *_per_split("Clips", found, "clips", _spans),
        *_per_split("Columns", found, "numbers", _spans),
        *_files(found),
        "</html>\n",
    ]
    return "\n".join(parts).encode("utf-8", "backslashreplace")


def _top(name: str, found: Analysis) -> Iterator[str]:
    yield f"<h1>{shown(name)}</h1>"
    samples = ", ".join(f"{shown(split)} {facts['samples']:,}" for split, facts in found.splits.items())
    yield f"<p>{shown(found.layout)}; samples: {samples}. Data <code>{shown(found.data_sha256)}</code></p>"
    if found.mean is not None and found.std is not None:
        rows = [["mean", *_exact(found.mean)], ["deviation", *_exact(found.std)]]
        yield f"<p>{_source(found)}</p>" + _table(rows)
    yield from (f'<p class="notice">{shown(notice)}</p>' for notice in found.notices)
    if found.corrupt:
        yield f'<p class="bad">{len(found.corrupt):,} files cannot be used; they are named below.</p>'


def _source(found: Analysis) -> str:
    if found.normalization_from is None:
        return "Of the whole, which is not split yet:"
    return f"Of the {shown(found.normalization_from)} split, the only one that may feed normalization:"


def _exact(values: Sequence[float]) -> list[str]:
    return [f"{value:.12g}" for value in values]


def _class_chart(found: Analysis) -> Iterator[str]:
    for kind, title in (("classes", "Classes"), ("mask_values", "Pixels of masks by value")):
        names = list(dict.fromkeys(name for facts in found.splits.values() for name in facts[kind]))
        if not names:
            continue
        yield f"<h2>{title}</h2>"
        counts = {
            split: {name: facts[kind].get(name, 0) for name in names[:MOST_CLASSES]}
            for split, facts in found.splits.items()
        }
        weights = {name: f"{weight:.4f}" for name, weight in found.class_weights.items()}
        yield table_of_bars(counts, weights)
        yield from _more(len(names) - MOST_CLASSES, "classes")


def _grid(pictures: Mapping[str, Sequence[Thumbnail]]) -> Iterator[str]:
    if not any(pictures.values()):
        return
    yield '<h2>Samples</h2><div class="grid">'
    for label, some in list(pictures.items())[:MOST_CLASSES]:
        images = "".join(map(_image, some))
        title = f'<h3 title="{shown(label)}">{shown(label, 2 * LONGEST_NAME)}</h3>' if label else ""
        yield f'<div>{title}<div class="strip">{images}</div></div>'
    yield "</div>"
    yield from _more(len(pictures) - MOST_CLASSES, "classes")


def _image(picture: Thumbnail) -> str:
    content = base64.b64encode(picture.content).decode()
    small = ' class="small"' if picture.kind == "png" else ""
    name = shown(picture.name)
    return f'<img{small} alt="{name}" title="{name}" src="data:image/{picture.kind};base64,{content}">'


def _per_split(title: str, found: Analysis, kind: str, draw: Any) -> Iterator[str]:
    if not any(facts[kind] for facts in found.splits.values()):
        return
    yield f'<h2>{title}</h2><div class="row">'
    for split, facts in found.splits.items():
        if facts[kind]:
            yield f"<div><h3>{shown(split)}</h3>{draw(facts[kind])}</div>"
    yield "</div>"


def _pixels(facts: Mapping[str, Any]) -> str:
    names = ("grey",) if facts["channels"] == 1 else ("red", "green", "blue")
    rows = [
        [name, f"{mean:.4f}", f"{std:.4f}"]
        for name, mean, std in zip(names, facts["mean"], facts["std"], strict=True)
    ]
    told = f"<p>{facts['pixels']:,} pixels of {facts['pictures']:,} pictures</p>"
    return steps(facts["histogram"]) + told + _table(rows, ("channel", "mean", "deviation"))


def _sizes(found: Analysis) -> Iterator[str]:
    if not found.sizes:
        return
    yield '<h2>Sizes and kinds</h2><div class="row"><div>'
    if found.sizes["different"] > 1:
        yield f"<h3>width across, height up, in pixels</h3>{scatter(found.sizes['most'])}"
    most = found.sizes["most"][:MOST_SIZES]
    yield _table(
        [[f"{width} x {height}", f"{count:,}"] for height, width, count in most], ("pixels", "files")
    )
    yield from _more(found.sizes["different"] - len(most), "sizes")
    yield "</div><div>"
    spans = [
        [side, *(f"{found.sizes[side][key]:,}" for key in ("min", "median", "max"))]
        for side in ("width", "height")
    ]
    yield _table(spans, ("", "min", "median", "max"))
    for title, counts in (("mode", found.modes), ("format", found.formats)):
        yield _table([[key, f"{count:,}"] for key, count in counts.items()], (title, "files"))
    yield "</div></div>"


def _texts(facts: Mapping[str, Any]) -> str:
    parts = []
    for name, span in facts.items():
        chart = span["histogram"]
        last = chart["first"] + chart["width"] * len(chart["counts"]) - 1
        parts.append(f"<p>{shown(name)}</p>{bars(chart['counts'], chart['first'], last)}")
    return "".join(parts) + _spans(facts)


def _spans(facts: Mapping[str, Mapping[str, Any]]) -> str:
    keys = [
        key for key in ("min", "median", "max", "mean", "std") if any(key in span for span in facts.values())
    ]
    rows = [
        [name, *(f"{span[key]:,.6g}" if key in span else "" for key in keys)] for name, span in facts.items()
    ]
    return _table(rows, ("", *keys))


def _files(found: Analysis) -> Iterator[str]:
    if found.duplicates:
        yield f"<h2>Equal contents: {len(found.duplicates):,} groups</h2>"
        yield _table([list(group[:6]) for group in found.duplicates[:MOST_ROWS]])
        yield from _more(len(found.duplicates) - MOST_ROWS, "groups")
    if found.corrupt:
        yield f"<h2>Files that cannot be used: {len(found.corrupt):,}</h2>"
        rows = [[bad["code"], bad["file"], bad["reason"]] for bad in found.corrupt[:MOST_ROWS]]
        yield _table(rows, ("code", "file", "why"))
        yield from _more(len(found.corrupt) - MOST_ROWS, "files")


def _more(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f"<p>... and {count:,} more {what}; <code>--json</code> has all.</p>"


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    top = f"<tr>{''.join(f'<th>{shown(cell)}</th>' for cell in head)}</tr>" if head else ""
    body = "".join(f"<tr>{''.join(f'<td>{shown(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{top}{body}</table>"
