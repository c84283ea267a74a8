"""From a leaky data set to a run that says so, by commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from tests.journeys.commands import Desk


@pytest.fixture
def leaky(desk: Desk, tmp_path: Path) -> Path:
    """Return the digits with five train pictures copied to test, and five altered ones."""
    root = desk.copy_of_data(tmp_path / "leaky")
    (root / "footprint.json").unlink()
    for number, source in enumerate(sorted(root.glob("train/*/*.png"))[5::97][:10]):
        place = root / "test" / source.parent.name / f"leak{number}.png"
        with Image.open(source) as opened:
            image = opened.copy()
        if number < 5:
            shutil.copy(source, place)
        elif number == 5:
            image.save(place.with_suffix(".jpg"), quality=80)
        elif number in (6, 7):
            image.resize((8 * (number - 4), 8 * (number - 4)), Image.Resampling.BICUBIC).save(place)
        else:
            (ImageOps.mirror if number == 8 else ImageOps.flip)(image).save(place)
    return root


def test_planted_leaks_are_named_and_shown(desk: Desk, leaky: Path, tmp_path: Path) -> None:
    """All ten pairs, exit 3, in words, in JSON, and on a page that loads nothing."""
    told = desk.type("data", "check", leaky, expect=3)
    page = tmp_path / "page.html"
    facts = desk.type("data", "check", leaky, "--json", "--page", page, expect=3).json
    text = page.read_text()

    assert "DATA-020" in told.err
    assert all(f"leak{number}." in told.err for number in range(10))
    assert (facts["verdict"], len(facts["exact"]), len(facts["near"])) == ("leakage", 5, 5)
    assert {
        "data",
        "data_sha256",
        "layout",
        "checked",
        "look_alikes",
        "groups",
        "contradictions",
    } <= facts.keys()
    assert text.count("<figure>") == 10
    assert text.count("data:image/png;base64,") == 20
    assert "default-src 'none'" in text
    assert "<script" not in text
    desk.type("data", "check", leaky, "--allow-leakage", "--page", tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as drawn:
        assert drawn.width > 500
    assert not list(leaky.glob("page*"))


def test_clean_digits_pass(shared_desk: Desk) -> None:
    """Exit 0; look-alikes are counted on standard error."""
    answer = shared_desk.type("data", "check", shared_desk.data)

    assert "clean" in answer.out
    assert "look alike" in answer.err


@pytest.mark.slow
def test_a_run_on_leaky_data_needs_to_be_allowed(desk: Desk, leaky: Path) -> None:
    """Exit 3 before anything is trained; allowed, the record tells it, and reruns are allowed too."""
    words = [leaky if word == desk.data else word for word in desk.run_words(epochs=1)]
    refused = desk.type(*words, expect=3)
    allowed = desk.type(*words, "--allow-leakage").json
    record = json.loads(Path(desk.folder / allowed["run"], "data", "leakage.json").read_text())
    shown = desk.type("show", allowed["run"])
    again = desk.type("reproduce", allowed["run"], "--json").json

    assert "DATA-020" in refused.err
    assert "--allow-leakage" in refused.err
    assert (record["verdict"], record["allowed"], len(record["exact"])) == ("leakage", True, 5)
    assert str(leaky) not in json.dumps(record)
    assert "5 exact, 5 near" in shown.out
    assert again["verdict"] == "REPRODUCED"
    desk.type("verify", allowed["run"])


@pytest.mark.slow
def test_the_flag_moves_nothing(shared_desk: Desk) -> None:
    """A clean run with and without the flag: the same request, weights and record."""
    plain = shared_desk.type(*shared_desk.run_words(epochs=1)).json
    flagged = shared_desk.type(*shared_desk.run_words("--allow-leakage", epochs=1)).json
    first, second = (Path(shared_desk.folder / told["run"]) for told in (plain, flagged))

    assert plain["weights_sha256"] == flagged["weights_sha256"]
    assert (first / "request.toml").read_text() == (second / "request.toml").read_text()
    assert (first / "data" / "leakage.json").read_text() == (second / "data" / "leakage.json").read_text()
    assert json.loads((first / "data" / "leakage.json").read_text())["verdict"] == "clean"


@pytest.mark.slow
def test_contradicting_labels_and_groups_are_told(desk: Desk, tmp_path: Path) -> None:
    """DATA-021 warns, DATA-027 refuses, DATA-028 answers a name that nothing has."""
    root = tmp_path / "words"
    for split, number in (("train", 0), ("train", 1), ("test", 2)):
        folder = root / split / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        source = sorted(desk.data.glob("train/*/*.png"))[0 if number < 2 else 500]
        shutil.copy(source, folder / f"writer-7_{number}.png")
    plain = desk.type("data", "check", root)
    grouped = desk.type("data", "check", root, "--group-by", "writer", expect=3)
    unknown = desk.type("data", "check", root, "--group-by", "writr", expect=2)

    assert "DATA-021" in plain.err
    assert "DATA-027" in grouped.err
    assert "DATA-028" in unknown.err
