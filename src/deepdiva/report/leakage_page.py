"""Pairs of samples that two splits share, side by side: one file, nothing in it loads or runs anything."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from deepdiva.errors import ConfigError
from deepdiva.report.legible import legible
from deepdiva.report.page_head import page_head

SHOWN = 200
"""Pairs on a page."""
DRAWN = 20
"""Pairs in a picture."""

_STYLE = """\
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(21rem, 1fr)); gap: 1rem }
figure { margin: 0; padding: .8rem; border: 1px solid #8886; border-radius: .5rem }
.two { display: flex; gap: .8rem }
.two div { flex: 1; min-width: 0 }
img { width: 100%; aspect-ratio: 1; object-fit: contain; image-rendering: pixelated; background: #8882 }
.none { aspect-ratio: 1; display: grid; place-items: center; background: #8882 }
code { overflow-wrap: anywhere; font-size: .8rem }
b { font-weight: 600 }
td, th { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }
"""


def draw_page(found: Mapping[str, Any], pictures: Mapping[str, bytes], *, kind: str) -> bytes:
    """Return the page of a check.

    Args:
        found: What `Leakage.as_json` returns.
        pictures: PNG files by the names of samples.
        kind: `.html`, or `.png` for the first pairs alone.

    Raises:
        ConfigError: another kind of file (CFG-004).
    """
    if kind.lower() in (".html", ".htm"):
        return "\n".join(_html(found, pictures)).encode("utf-8", "backslashreplace")
    if kind.lower() == ".png":
        return _png(found, pictures)
    raise ConfigError(
        f"a page cannot be a {kind or 'file without a suffix'}",
        expected="a name that ends in .html or .png",
        remedy="choose another --page",
        code="CFG-004",
    )


def _pairs(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [*found["exact"], *found["near"]]


def _html(found: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Iterator[str]:
    pairs = _pairs(found)
    yield page_head("Leakage between splits", _STYLE)
    yield "<h1>Leakage between splits</h1>" if found["verdict"] == "leakage" else "<h1>No leakage found</h1>"
    samples = ", ".join(f"{count:,} {_text(split)}" for split, count in found["checked"]["samples"].items())
    yield f"<p>{_text(found['layout'])}, {samples}. Data <code>{_text(found['data_sha256'])}</code></p>"
    yield (
        f"<p><b>{len(found['exact']):,}</b> exact and <b>{len(found['near']):,}</b> near pairs, "
        f"<b>{len(found['groups']):,}</b> groups in two splits; "
        f"{found['look_alikes']:,} pairs only look alike.</p>"
    )
    if len(pairs) > SHOWN:
        yield f"<p>The first {SHOWN} pairs are shown; <code>--json</code> has all.</p>"
    yield "<main>"
    yield from (_figure(pair, pictures) for pair in pairs[:SHOWN])
    yield "</main>"
    yield from _table("Groups in two splits", [_group(group) for group in found["groups"]])
    yield from _table(
        "Equal content, different labels", [_contradiction(each) for each in found["contradictions"]]
    )
    yield "</html>"


def _figure(pair: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    sides = [
        f"<div>{_image(pictures.get(pair[side]))}<b>{_text(split)}</b><br><code>{_text(pair[side])}</code></div>"
        for side, split in zip("ab", pair["splits"], strict=True)
    ]
    told = f"{_text(pair['how'])}, similarity {pair['similarity']:.3f}"
    return f'<figure><div class="two">{"".join(sides)}</div><figcaption>{told}</figcaption></figure>'


def _image(png: bytes | None) -> str:
    if png is None:
        return '<div class="none">no picture</div>'
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def _table(title: str, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield f"<h2>{title}</h2><table>"
        yield from (f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows[:SHOWN])
        yield "</table>" + (f"<p>... and {len(rows) - SHOWN:,} more</p>" if len(rows) > SHOWN else "")


def _group(group: Mapping[str, Any]) -> list[str]:
    counts = ", ".join(f"{count} in {split}" for split, count in group["counts"].items())
    return [f"{group['column']} {group['value']}", counts, ", ".join(group["first"])]


def _contradiction(found: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: {', '.join(labels)}" for name, labels in zip(found["names"], found["labels"], strict=True)
    ]


def _text(value: object) -> str:
    return escape(legible(value))


def _png(found: Mapping[str, Any], pictures: Mapping[str, bytes]) -> bytes:
    """Return the first pairs as one picture, a pair a row, two rows beside each other."""
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    pairs = _pairs(found)[:DRAWN]
    rows = max(1, (len(pairs) + 1) // 2)
    figure = Figure(figsize=(10, 2.4 * rows), layout="constrained")
    axes = figure.subplots(rows, 4, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for place, pair in enumerate(pairs):
        for side, name in enumerate((pair["a"], pair["b"])):
            axis = axes[place // 2, 2 * (place % 2) + side]
            title = f"{pair['splits'][side]}: {legible(name)[-28:]}"
            axis.set_title(
                title + (f"\n{pair['how']}, {pair['similarity']:.3f}" if side else "\n"), fontsize=7
            )
            if name in pictures:
                axis.imshow(imread(io.BytesIO(pictures[name])), interpolation="nearest")
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=120, metadata={"Software": None})
    return stream.getvalue()
