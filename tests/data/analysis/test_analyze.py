"""The analysis of a whole data set, against references that are computed in another way."""

from __future__ import annotations

import io
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.data.drawing import draw_class_folders, encoded, noise

from deepdiva.data import ClassFolders, read_class_folders
from deepdiva.data.analysis import Analysis, analyze
from deepdiva.data.analysis import look as look_module
from deepdiva.data.analysis.store import Store
from deepdiva.provenance.verify import verify
from deepdiva.randomness import SeedPlan

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16")


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "state"))


def picture(mode: str, height: int, width: int, seed: int) -> tuple[bytes, str]:
    """Return a random picture file of a mode, and its suffix."""
    if mode == "I;16":
        values = np.random.default_rng(seed).integers(0, 65536, (height, width), dtype=np.uint16)
        return encoded(Image.fromarray(values)), "png"
    image = Image.fromarray(noise(height, width, 4, seed), "RGBA" if mode == "RGBA" else "CMYK")
    if mode == "LA":
        image = Image.merge("LA", (image.getchannel(0), image.getchannel(1)))
    elif mode != "RGBA":
        image = image.convert("RGB").convert(mode)
    kind = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    return encoded(image, kind), kind.lower()


def reference(contents: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of all pixels as color, in two passes of float64, by rules written anew."""
    pixels = np.concatenate([as_color(Image.open(io.BytesIO(content))) for content in contents]) / 255.0
    mean = pixels.mean(axis=0, dtype=np.float64)
    return mean, np.sqrt(((pixels - mean) ** 2).mean(axis=0, dtype=np.float64))


def as_color(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):
        grey = (np.asarray(image).astype(np.int64) * 255 + 32_767) // 65_535
        return np.stack([grey.ravel()] * 3, axis=1).astype(np.float64)
    if "A" in image.mode:
        values = np.asarray(image.convert("RGBA")).astype(np.int64).reshape(-1, 4)
        color, alpha = values[:, :3], values[:, 3:]
        return ((color * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.float64)
    return np.asarray(image.convert("RGB")).reshape(-1, 3).astype(np.float64)


def lay_pictures(root: Path, contents: list[tuple[bytes, str]]) -> Path:
    """Write pictures as the train split of two classes."""
    for number, (content, suffix) in enumerate(contents):
        folder = root / "train" / ("even", "odd")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.{suffix}").write_bytes(content)
    return root


def numbers(found: Analysis) -> dict[str, Any]:
    """Return everything but how many files were decoded this time."""
    return asdict(found) | {"decoded": None}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=st.lists(
        st.tuples(st.sampled_from(MODES), st.integers(2, 40), st.integers(2, 40)), min_size=2, max_size=12
    ),
    seed=st.integers(0, 10**6),
)
def test_mean_and_deviation_are_those_of_all_pixels(
    tmp_path: Path, drawn: list[tuple[str, int, int]], seed: int
) -> None:
    """On pictures of any modes and sizes, mean and deviation equal a float64 reference within 1e-12."""
    root = tmp_path / "data"
    shutil.rmtree(root, ignore_errors=True)
    files = [picture(mode, height, width, seed + n) for n, (mode, height, width) in enumerate(drawn)]
    found = analyze(verify(lay_pictures(root, files)))
    assert found.mean is not None
    assert found.std is not None
    mean, std = reference([content for content, _ in files])
    channels = len(found.mean)
    assert channels == (1 if {mode for mode, _, _ in drawn} <= {"1", "L", "LA", "I;16"} else 3)
    np.testing.assert_allclose(found.mean, mean[:channels], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.std, std[:channels], rtol=0, atol=1e-12)


def test_it_is_no_mean_of_means(tmp_path: Path) -> None:
    """A small white picture weighs as much as its pixels do beside a large black one."""
    files = [
        (encoded(np.zeros((30, 30), np.uint8)), "png"),
        (encoded(np.full((10, 10), 255, np.uint8)), "png"),
    ]
    assert analyze(verify(lay_pictures(tmp_path / "data", files))).mean == [0.1]


def test_a_run_normalizes_by_the_same_numbers(tmp_path: Path) -> None:
    """Where all pictures have one size, the analysis tells to the bit what a run normalizes by."""
    files = verify(draw_class_folders(tmp_path / "data", channels=3))
    found, used = analyze(files), read_class_folders(files, seeds=SeedPlan(1)).normalization
    assert (tuple(found.mean or ()), tuple(found.std or ())) == (used.mean, used.std)


def test_weights_are_those_of_a_run(tmp_path: Path) -> None:
    """Class weights agree with those that a run would take."""
    root = draw_class_folders(tmp_path / "data", counts=(5, 2, 2))
    (root / "train" / "cat" / "0.png").unlink()
    files = verify(root)
    data: ClassFolders = read_class_folders(files, seeds=SeedPlan(1))
    expected = data.splits.train.class_weights().tolist()
    assert list(analyze(files).class_weights.values()) == pytest.approx(expected, rel=1e-6)


def test_val_and_test_have_no_part(tmp_path: Path) -> None:
    """Only the train split feeds normalization and weights."""
    root = draw_class_folders(tmp_path / "data")
    before = analyze(verify(root))
    (root / "val" / "cat" / "white.png").write_bytes(encoded(np.full((90, 90), 255, np.uint8)))
    (root / "footprint.json").unlink()
    after = analyze(verify(root))
    assert (after.mean, after.std, after.class_weights) == (before.mean, before.std, before.class_weights)
    assert after.splits["val"]["pixels"]["mean"] != before.splits["val"]["pixels"]["mean"]
    assert after.normalization_from == "train"


@pytest.mark.parametrize("processes", [2, 3])
def test_the_number_of_processes_moves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    """One process and several give the same answer to the bit."""
    monkeypatch.setattr("deepdiva.data.analysis.one_pass.FEW_FILES", 0)
    monkeypatch.setattr("deepdiva.data.analysis.one_pass.MOST_FILES", 3)
    files = verify(draw_class_folders(tmp_path / "data", counts=(9, 4, 4), channels=3))
    alone = analyze(files, processes=1)
    shutil.rmtree(tmp_path / "state")
    together = analyze(files, processes=processes)
    assert together.decoded == alone.decoded == 34
    assert numbers(together) == numbers(alone)


class TestIncremental:
    """What was decoded once is not decoded again."""

    def test_asking_again_decodes_nothing(self, tmp_path: Path) -> None:
        """Unchanged data are answered from what was kept, wherever they lie now."""
        files = verify(draw_class_folders(tmp_path / "data"))
        first = analyze(files)
        (tmp_path / "data").rename(tmp_path / "moved")
        again = analyze(verify(tmp_path / "moved"))
        assert (first.decoded, again.decoded) == (16, 0)
        assert numbers(again) == numbers(first)

    def test_new_files_alone_are_decoded(self, tmp_path: Path) -> None:
        """After ten files came and one went, ten are decoded, and the answer is as if made from nothing."""
        root = draw_class_folders(tmp_path / "data", counts=(40, 5, 5))
        analyze(verify(root))
        for number in range(10):
            (root / "train" / "dog" / f"new{number}.png").write_bytes(encoded(noise(12, 9, 3, 900 + number)))
        (root / "train" / "cat" / "0.png").unlink()
        (root / "footprint.json").unlink()
        found = analyze(verify(root))
        assert found.decoded == 10
        shutil.rmtree(tmp_path / "state")
        assert numbers(analyze(verify(root))) == numbers(found)

    def test_a_stopped_analysis_goes_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was counted before an analysis was killed is not decoded again."""
        monkeypatch.setattr("deepdiva.data.analysis.one_pass.MOST_FILES", 4)
        files = verify(draw_class_folders(tmp_path / "data"))
        with pytest.raises(KeyboardInterrupt):
            analyze(files, progress=_stop_at(8))
        assert analyze(files).decoded == 8

    def test_no_changed_line_is_trusted(self, tmp_path: Path) -> None:
        """A line of the store whose bytes were edited, or torn by a kill, is as if it were not there."""
        root = draw_class_folders(tmp_path / "data")
        first = analyze(verify(root))
        for place in (tmp_path / "state" / "analysis").iterdir():
            content = place.read_bytes()
            place.write_bytes(content.replace(b'"L"', b'"P"') if place.suffix == ".lines" else b"x" + content)
        again = analyze(verify(root))
        assert again.decoded == 16
        assert numbers(again) == numbers(first)
        store = next((tmp_path / "state" / "analysis").glob("*.lines"))
        store.write_bytes(store.read_bytes()[:-20])
        assert list(Store(root).blocks()) == []

    def test_other_decoders_decode_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What another version of a decoder found has no part in the answer."""
        files = verify(draw_class_folders(tmp_path / "data"))
        analyze(files)
        monkeypatch.setattr(look_module, "decoder_versions", lambda: {"pil": "0"})
        assert analyze(files).decoded == 16

    def test_a_store_of_gone_files_is_dropped(self, tmp_path: Path) -> None:
        """What is kept does not grow for ever as files come and go."""
        root = draw_class_folders(tmp_path / "data", counts=(30, 1, 1))
        analyze(verify(root))
        for folder in ("cat", "dog"):
            for number in range(2, 30):
                (root / "train" / folder / f"{number}.png").unlink()
        (root / "train" / "cat" / "new.png").write_bytes(encoded(noise(seed=999)))
        (root / "footprint.json").unlink()
        assert analyze(verify(root)).decoded == 1
        assert sum(len(block.digests) for block in Store(root).blocks()) == 1


def _stop_at(number: int) -> Any:
    def stop(done: int, total: int) -> None:  # noqa: ARG001 - progress is told both
        if done >= number:
            raise KeyboardInterrupt

    return stop


def test_bad_files_are_named_and_left_out(tmp_path: Path) -> None:
    """Every file that is no good is in the answer with its code and reason, its copies too; numbers go on."""
    root = draw_class_folders(tmp_path / "data")
    good = analyze(verify(root))
    bad = {
        "train/cat/empty.png": (b"", "DATA-001"),
        "train/dog/empty too.png": (b"", "DATA-001"),
        "val/cat/text.jpg": (b"hello", "DATA-001"),
        "test/dog/thin.png": (encoded(np.zeros((1, 9), np.uint8)), "DATA-004"),
        "train/cat/torn.png": (encoded(noise(40, 40))[:300], "DATA-001"),
    }
    for name, (content, _) in bad.items():
        (root / name).write_bytes(content)
    (root / "footprint.json").unlink()
    found = analyze(verify(root))
    assert {each["file"]: each["code"] for each in found.corrupt} == {n: code for n, (_, code) in bad.items()}
    assert all(each["reason"] for each in found.corrupt)
    assert (found.mean, found.std) == (good.mean, good.std)


def test_equal_contents_are_told_and_count_as_often_as_they_lie_there(tmp_path: Path) -> None:
    """A picture that lies there twice is decoded once, counted twice, and named as a duplicate."""
    black, white = encoded(np.zeros((4, 4), np.uint8)), encoded(np.full((4, 4), 255, np.uint8))
    root = lay_pictures(tmp_path / "data", [(black, "png"), (white, "png"), (white, "png"), (white, "png")])
    found = analyze(verify(root))
    assert found.duplicates == [["train/even/2.png", "train/odd/1.png", "train/odd/3.png"]]
    assert (found.decoded, found.mean) == (2, [0.75])
    assert found.splits["train"]["pixels"]["pictures"] == 4


def test_a_folder_that_is_not_split_is_told_as_a_whole(tmp_path: Path) -> None:
    """Without splits everything is described, and said to feed nothing."""
    for name, value in (("cat", 0), ("dog", 255)):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "1.png").write_bytes(encoded(np.full((3, 3), value, np.uint8)))
    found = analyze(verify(tmp_path / "data"))
    assert (list(found.splits), found.normalization_from, found.mean) == (["whole"], None, [0.5])
    assert any("nothing of it may feed normalization" in notice for notice in found.notices)


def test_sizes_modes_and_formats_are_counted(tmp_path: Path) -> None:
    """Sizes are told with least, lower median and greatest, after turning; kinds by their names."""
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [
        (encoded(noise(4, 6)), "png"),
        (encoded(noise(10, 20, 3), "JPEG", exif=exif), "jpg"),
        (encoded(noise(8, 6, 3)), "png"),
    ]
    found = analyze(verify(lay_pictures(tmp_path / "data", files)))
    assert found.sizes is not None
    assert found.sizes["height"] == {"min": 4, "median": 8, "max": 20}
    assert found.sizes["width"] == {"min": 6, "median": 6, "max": 10}
    assert (found.modes, found.formats) == ({"RGB": 2, "L": 1}, {"PNG": 2, "JPEG": 1})
    assert found.splits["train"]["changes"] == {"turned by EXIF": 1}
