"""Rules for watching a run: looked at whenever the loop tells how far it is, written down, refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deepdiva.engine import Pace, Progress, Silence
from deepdiva.errors import GateRefused
from deepdiva.experiment import watch as page
from deepdiva.experiment.watch import Watch
from deepdiva.provenance import NumericClass, Source, Stamp, check, find_source
from deepdiva.provenance.callers import Caller, Line
from deepdiva.provenance.inputs import Input, load
from deepdiva.provenance.reads import Notebook

NUMBERS = NumericClass(
    canary="0" * 64, level="strict", device="cpu", threads=1, torch="2", compile=False, precision="float32"
)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, Stamp]:
    """Give what a run stands on."""
    root = tmp_path_factory.mktemp("ground")
    (root / "code").mkdir()
    (root / "data").mkdir()
    (root / "code/idea.py").write_text("ANSWER = 42\n")
    (root / "code/.gitignore").write_text("*.npy\n")
    (root / "code/weights.npy").write_text("1")
    (root / "data/a.txt").write_text("1")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *words], cwd=root / "code", check=True)
    source = find_source(root / "code/idea.py", exempt=[])
    stamp = check(
        source=source,
        on_uncommitted="refuse",
        data_root=root / "data",
        request_sha256="ab" * 32,
        seed=7,
        numeric_class=NUMBERS,
    )
    return source, stamp


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """Give a notebook that the test writes into, and let no hook be set."""
    found = Notebook()
    monkeypatch.setattr(page, "NOTEBOOK", found)
    monkeypatch.setattr(page, "listen", lambda: None)
    return found


def read(book: Notebook, ground: tuple[Source, Stamp], name: str) -> None:
    line = Line(str(ground[0].root / "idea.py"), 3)
    book.note("file", str(ground[0].root / name), Caller("theirs", line, line))


def test_what_is_read_is_written_down_as_the_run_goes_on(
    book: Notebook, ground: tuple[Source, Stamp], tmp_path: Path
) -> None:
    """A run that is killed leaves what it had read before its last checkpoint."""
    with Watch(strict=False) as watch:
        watch.stand_on(*ground)
        progress = watch.over(Silence())
        progress.opened(tmp_path)
        assert load(tmp_path) == ()
        read(book, ground, "weights.npy")
        read(book, ground, "idea.py")
        progress.scored("val", 1, {})

        assert [entry.name for entry in load(tmp_path) or ()] == ["weights.npy"]
        assert "weights.npy" in watch.notices[0]


@pytest.mark.parametrize("moment", ["pace", "scored", "look"])
def test_strict_refuses_at_the_next_look(book: Notebook, ground: tuple[Source, Stamp], moment: str) -> None:
    """While it trains, after an epoch, at the end; nothing to refuse is no reason to stop."""
    with Watch(strict=True) as watch:
        watch.stand_on(*ground)
        progress = watch.over(Silence())
        told = {
            "pace": lambda: progress.pace(Pace(1, 1, 0.5, 9.0)),
            "scored": lambda: progress.scored("val", 1, {}),
            "look": watch.look,
        }[moment]
        told()
        read(book, ground, "weights.npy")

        with pytest.raises(GateRefused, match="INP-001"):
            told()


def test_nothing_read_is_nothing_to_tell(
    book: Notebook, ground: tuple[Source, Stamp], tmp_path: Path
) -> None:
    """A clean run has an empty list, not none."""
    with Watch(strict=True) as watch:
        watch.stand_on(*ground)
        read(book, ground, "idea.py")
        watch.open(tmp_path)
        watch.look()

        assert (load(tmp_path), watch.notices) == ((), ())


def test_a_run_that_goes_on_keeps_what_it_had_found(
    book: Notebook, ground: tuple[Source, Stamp], tmp_path: Path
) -> None:
    """Also where it reads nothing more."""
    before = Input("variable", "A", "idea.py:3")
    with Watch(strict=False, earlier=(before,)) as watch:
        watch.stand_on(*ground)
        watch.open(tmp_path)

        assert load(tmp_path) == (before,)
        assert "variable A" in watch.notices[0]
    assert book.heard() == {}


def test_who_watches_is_told_all_the_same() -> None:
    """The loop's own watcher hears every word."""
    heard: list[str] = []

    class Listening(Silence):
        def note(self, text: str) -> None:
            heard.append(text)

    progress = Watch(strict=False).over(Listening())
    progress.note("a word")

    assert isinstance(progress, Progress)
    assert heard == ["a word"]
