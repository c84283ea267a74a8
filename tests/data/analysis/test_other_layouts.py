"""The analysis of layouts that are not pictures in class folders."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.data.drawing import encoded, noise
from tests.data.layouts.laying import lay

from deepdiva.data.analysis import analyze
from deepdiva.errors import DataError
from deepdiva.provenance.verify import verify


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "state"))


def test_texts(tmp_path: Path) -> None:
    """Texts are measured in characters and words of each split; equal ones are duplicates."""
    tables = {
        "train.csv": "text,label\nein Haus am See,a\nüber,b\nüber,b\n",
        "val.csv": "text,label\nx y,a\n",
        "test.csv": "text,label\nx,a\n",
    }
    found = analyze(verify(lay(tmp_path / "data", **tables)))
    texts = found.splits["train"]["texts"]
    assert {key: texts["characters"][key] for key in ("min", "median", "max", "total")} == {
        "min": 4,
        "median": 4,
        "max": 15,
        "total": 23,
    }
    assert (texts["words"]["max"], texts["words"]["mean"]) == (4, 2.0)
    assert found.duplicates == [["train.csv#3", "train.csv#4"]]
    assert (found.mean, found.files) == (None, 0)
    assert found.class_weights == {"a": 1.5, "b": 0.75}


def test_points(tmp_path: Path) -> None:
    """Columns of numbers have mean, deviation and range; the train split's are the mean of the data set."""
    tables = {
        "train.csv": "x,y,label\n0,1e16,a\n2,1,b\n4,-1e16,a\n",
        "val.csv": "x,y,label\n9,9,a\n",
        "test.csv": "x,y,label\n9,9,a\n",
    }
    found = analyze(verify(lay(tmp_path / "data", **tables)))
    assert found.mean == [2.0, 1 / 3]
    assert found.splits["train"]["numbers"]["x"] == {"mean": 2.0, "std": math.sqrt(8 / 3), "min": 0, "max": 4}


def test_masks(tmp_path: Path) -> None:
    """Mask values are counted as they are stored, weighted inversely, and have no part in the mean."""
    index = np.zeros((4, 4), np.uint8)
    index[0] = 3
    for split in ("train", "val", "test"):
        for side, pixels in (("data", np.full((4, 4, 3), 51, np.uint8)), ("gt", index)):
            (tmp_path / "data" / split / side).mkdir(parents=True)
            (tmp_path / "data" / split / side / "1.png").write_bytes(encoded(pixels))
    found = analyze(verify(tmp_path / "data"))
    assert found.mean == pytest.approx([0.2, 0.2, 0.2], abs=1e-15)
    assert found.splits["train"]["mask_values"] == {"0": 12, "3": 4}
    assert found.class_weights == {"0": 16 / 2 / 12, "3": 2.0}


def test_colored_masks_and_pictures_that_are_none(tmp_path: Path) -> None:
    """Colors of masks are named as on the web; a photograph is no mask (DATA-080)."""
    colored = np.zeros((20, 20, 3), np.uint8)
    colored[:5, :, 2] = 8
    for name, mask in (("good", colored), ("photo", noise(20, 20, 3))):
        for side, pixels in (("data", noise(20, 20, 3, 1)), ("gt", mask)):
            (tmp_path / "data" / side).mkdir(parents=True, exist_ok=True)
            (tmp_path / "data" / side / f"{name}.png").write_bytes(encoded(pixels))
    found = analyze(verify(tmp_path / "data"))
    assert found.splits["whole"]["mask_values"] == {"#000000": 300, "#000008": 100}
    assert [(bad["file"], bad["code"]) for bad in found.corrupt] == [("gt/photo.png", "DATA-080")]


def test_words_and_several_labels(tmp_path: Path) -> None:
    """Word crops have pixels and texts; of several labels each has negatives for each positive."""
    crops = {f"{name}.png": encoded(noise(seed=seed)) for seed, name in enumerate("abc")}
    words = "path,transcription\na.png,und\nb.png,der\nc.png,die Frau\n"
    found = analyze(verify(lay(tmp_path / "words", **crops, **{"words.csv": words})))
    assert found.layout == "words"
    assert found.splits["whole"]["texts"]["words"]["max"] == 2
    assert found.splits["whole"]["pixels"]["pictures"] == 3
    labels = "path,sun,sea\na.png,1,0\nb.png,1,1\nc.png,0,0\n"
    found = analyze(verify(lay(tmp_path / "labels", **crops, **{"labels.csv": labels})))
    assert found.layout == "multi-label"
    assert found.class_weights == {"sun": 0.5, "sea": 2.0}


def film(frames: int, rate: int) -> bytes:
    """Return a small clip."""
    av = pytest.importorskip("av")
    stream = io.BytesIO()
    with av.open(stream, "w", format="mp4") as container:
        video = container.add_stream("mpeg4", rate=rate)
        video.width, video.height, video.pix_fmt = 48, 32, "yuv420p"
        for number in range(frames):
            image = Image.fromarray(noise(32, 48, 3, number))
            container.mux(video.encode(av.VideoFrame.from_image(image)))
        container.mux(video.encode())
    return stream.getvalue()


def test_clips(tmp_path: Path) -> None:
    """Clips are told by frames, rate and size; one that is cut off is named (DATA-082)."""
    clips = {f"{name}/1.mp4": film(frames, 10) for name, frames in (("run", 5), ("walk", 12))}
    root = lay(tmp_path / "data", **clips, **{"walk/torn.mp4": film(4, 10)[:200], "run/empty.mp4": b""})
    found = analyze(verify(root))
    assert found.layout == "clips"
    assert found.splits["whole"]["clips"]["frames"] == {"min": 5, "median": 5, "max": 12, "total": 17}
    assert found.splits["whole"]["clips"]["rate"] == {"min": 10.0, "median": 10.0, "max": 10.0}
    assert found.sizes is not None
    assert found.sizes["most"] == [[32, 48, 2]]
    assert {(bad["file"], bad["code"]) for bad in found.corrupt} == {
        ("run/empty.mp4", "DATA-082"),
        ("walk/torn.mp4", "DATA-082"),
    }


def test_clips_without_their_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing reads clips, the extra that does is named (DATA-081)."""
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    root = lay(tmp_path / "data", "run/1.mp4", "walk/1.mp4")
    with pytest.raises(DataError, match=r"(?s)DATA-081.*deepdiva\[video\]"):
        analyze(verify(root))
