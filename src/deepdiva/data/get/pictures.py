"""Write parts as PNG class folders: train/<class>/<number>.png, and val and test alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deepdiva.data.get.part import Part, Parts
from deepdiva.data.get.val_split import draw_val
from deepdiva.data.png import encode_png
from deepdiva.data.splits import SplitName
from deepdiva.provenance.waiting import shown


def write_pictures(
    folder: Path, parts: Parts, classes: tuple[str, ...], *, val: float, seed: int
) -> dict[SplitName, int]:
    """Write every picture of `parts` below `folder`, and return how many each split has.

    The number of a file is the place of the picture in its official split, from 0; those of
    extra begin with `extra-`.  Pictures of val are drawn from the official train split.
    """
    counts: dict[SplitName, int] = {"train": 0, "val": 0, "test": 0}
    made: set[Path] = set()
    total = sum(len(part.labels) for part in parts.values())
    with shown("writing pictures") as progress:
        for done, (split, part, index, name) in enumerate(_places(parts, classes, val, seed)):
            place = folder / split / classes[part.labels[index]] / name
            if place.parent not in made:
                place.parent.mkdir(parents=True)
                made.add(place.parent)
            place.write_bytes(encode_png(part.pixels[index]))
            counts[split] += 1
            progress(done, total)
    return counts


def _places(
    parts: Parts, classes: tuple[str, ...], val: float, seed: int
) -> Iterator[tuple[SplitName, Part, int, str]]:
    """Yield for every picture its split, its part, its place in that, and its name."""
    train, test = parts["train"], parts["test"]
    drawn = draw_val(train.labels, classes, val=val, seed=seed)
    for index, is_val in enumerate(drawn.tolist()):
        yield "val" if is_val else "train", train, index, f"{index:05d}.png"
    for index in range(len(test.labels)):
        yield "test", test, index, f"{index:05d}.png"
    if "extra" in parts:
        for index in range(len(parts["extra"].labels)):
            yield "train", parts["extra"], index, f"extra-{index:06d}.png"
