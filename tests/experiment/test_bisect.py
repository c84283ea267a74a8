"""What a bisection makes of replays; the replays themselves are acted here, and done in the journeys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deepdiva.engine.replay import Replayed, Span
from deepdiva.engine.trace import Mark, StepTrace
from deepdiva.errors import Inconclusive
from deepdiva.experiment import bisect as page
from deepdiva.experiment.bisect import bisect
from deepdiva.experiment.side import Side
from deepdiva.experiment.workplace import Workplace
from deepdiva.provenance.file_table import FileEntry
from deepdiva.provenance.footprint import Footprint, serialize
from deepdiva.randomness import identity
from deepdiva.record.parting import read_chain

USUAL = Mark("forward", "conv", "parameter weight", "Conv2d", "same", "generators")


@dataclass(frozen=True, kw_only=True)
class Acted(Side):
    """A side that was replayed before."""

    states: dict[int, dict[str, str]]
    traces: dict[int, StepTrace]
    asked: list[Span] = field(default_factory=list)

    def replay(self, span: Span) -> Replayed:
        self.asked.append(span)
        return Replayed(self.states, self.traces.get(span.trace_at or 0))


class Stage:
    """Two runs of four steps in two epochs, and what their replays will show."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: list[dict[int, dict[str, str]]] = [{}, {}]
        self.traces: list[dict[int, StepTrace]] = [{}, {}]
        self.seeds = [1, 1]
        self.sides: list[Acted] = []
        for name in "AB":
            self.write(name)

    def write(self, name: str, *, losses: str = "1234", weights: str = "wxy", cat: str = "c") -> None:
        """Write the record of run `name`: a digit for each loss, a letter for each epoch's weights."""
        run = self.folder / name
        (run / "data").mkdir(parents=True, exist_ok=True)
        lines = [f'{{"epoch":0,"step":0,"weights":"{ord(weights[0]):02x}"}}']
        for step, loss in enumerate(losses, start=1):
            lines.append(f'{{"step":{step},"loss":"0{loss}","batch":"aa","chain":"0{loss}"}}')
            if step % 2 == 0:
                letter = ord(weights[step // 2])
                lines.append(f'{{"epoch":{step // 2},"step":{step},"weights":"{letter:02x}"}}')
        (run / "chain.jsonl").write_text("\n".join(lines) + "\n")
        files = {"train/cat.png": FileEntry(1, 1, cat * 64), "train/dog.png": FileEntry(1, 1, "d" * 64)}
        (run / "data" / "footprint.json").write_bytes(serialize(Footprint(files)))

    @contextmanager
    def opened(self, letter: str, run: Path, *, data: Sequence[Path]) -> Iterator[Side]:
        number = "AB".index(letter)
        side = Acted(
            letter=letter,
            run=run,
            scratch=run,
            data=run,
            place=Workplace(tree=run, request=run, search=tuple(data), notes=()),
            stamp={"seed": self.seeds[number]},
            chain=read_chain(run),
            states=self.states[number],
            traces=self.traces[number],
        )
        self.sides.append(side)
        yield side

    def bisect(self) -> page.Bisection:
        return bisect(self.folder / "A", self.folder / "B")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Return two equal runs."""
    stage = Stage(tmp_path)
    monkeypatch.setattr(page, "opened", stage.opened)
    return stage


def trace(*marks: Mark, **more: Any) -> StepTrace:
    return StepTrace(marks=list(marks), **more)


def test_equal_records_are_not_replayed(stage: Stage) -> None:
    """Nothing is restored and nothing is run where the records agree."""
    found = stage.bisect()

    assert (found.step, found.blame, stage.sides) == (None, None, [])
    assert found.as_json()["parts"] is False


def test_the_interval_is_what_the_records_leave(stage: Stage) -> None:
    """Weights that agree after step 2 and differ after step 4 leave two steps, digested on both sides."""
    stage.write("B", weights="wxz")
    stage.states = [{3: {"weights": "s"}, 4: {"weights": "t"}}, {3: {"weights": "other"}, 4: {}}]
    stage.traces = [{3: trace(USUAL)}, {3: trace(USUAL._replace(digest="other"))}]
    found = stage.bisect()

    assert found.step == 3
    assert found.blame is not None
    assert (found.blame.place, found.blame.layer) == ("forward", "conv")
    assert [side.asked for side in stage.sides] == [
        [Span(digest_from=3, stop_at=4), Span(digest_from=4, trace_at=3, stop_at=3)]
    ] * 2


def test_one_step_left_is_traced_at_once(stage: Stage) -> None:
    """A loss that differs right after equal weights needs no narrowing."""
    stage.write("B", losses="1294", weights="wxz")
    stage.traces = [{3: trace(USUAL)}, {3: trace(USUAL._replace(digest="other"))}]

    assert stage.bisect().step == 3
    assert [len(side.asked) for side in stage.sides] == [1, 1]


def test_a_change_between_two_steps_belongs_to_the_next(stage: Stage) -> None:
    """Where the step itself was the same, what came before the next one is looked at."""
    stage.write("B", weights="wzy")
    between = USUAL._replace(part="before", what="weights", name="conv.bias")
    stage.states = [{1: {}, 2: {}}, {1: {}, 2: {}}]
    stage.traces = [
        {2: trace(USUAL), 3: trace(between)},
        {2: trace(USUAL), 3: trace(between._replace(digest="other"))},
    ]
    found = stage.bisect()

    assert found.step == 3
    assert found.blame is not None
    assert (found.blame.place, found.blame.layer) == ("weights", "conv")


def test_what_the_optimizer_remembers_may_part_first(stage: Stage) -> None:
    """Where its state differed before the step whose weights do, the step is looked for from the start."""
    stage.write("B", losses="1294", weights="wxz")
    memory = USUAL._replace(part="before", what="state momentum", name="conv.bias")
    made = memory._replace(part="optimizer")
    stage.states = [{1: {"optimizer": "s"}}, {1: {"optimizer": "other"}}]
    stage.traces = [
        {1: trace(made), 3: trace(memory)},
        {1: trace(made._replace(digest="x")), 3: trace(memory._replace(digest="x"))},
    ]
    found = stage.bisect()

    assert found.step == 1
    assert found.blame is not None
    assert (found.blame.place, found.blame.operation) == ("optimizer", "update")


def test_nothing_to_be_seen_is_no_answer(stage: Stage) -> None:
    """A difference that no trace shows is told as such, never guessed."""
    stage.write("B", losses="1294", weights="wxz")
    with pytest.raises(Inconclusive, match="BIS-005"):
        stage.bisect()


def test_seeds_explain_other_first_weights(stage: Stage) -> None:
    """Runs that begin elsewhere are traced at step 0, and their seeds are named."""
    first = USUAL._replace(part="before", what="weights", name="conv.bias")
    stage.write("B", weights="vxy")
    stage.seeds = [1, 2]
    stage.traces = [{0: trace(first)}, {0: trace(first._replace(digest="other"))}]
    found = stage.bisect()

    assert found.step == 0
    assert found.blame is not None
    assert found.blame.place == "random stream"
    assert "the seeds are 1 and 2" in found.blame.what


def test_samples_are_told_by_their_files(stage: Stage) -> None:
    """Position, file on either side, and whether its bytes are the same."""
    stage.write("B", losses="9234", weights="wzz", cat="e")
    cat, dog = identity("train/cat.png"), identity("train/dog.png")
    rows = [{"images": "1"}, {"images": "2"}, {"images": "3"}]
    stage.traces = [
        {1: trace(identities=[dog, cat, 7], rows=rows)},
        {1: trace(identities=[dog, cat, 7], rows=[{"images": "8"}, {"images": "9"}, {"images": "10"}])},
    ]
    found = stage.bisect()

    assert found.samples == (
        {"position": 0, "a": "train/dog.png", "b": "train/dog.png", "file": "same"},
        {"position": 1, "a": "train/cat.png", "b": "train/cat.png", "file": "changed"},
        {"position": 2, "a": f"{7:016x}", "b": f"{7:016x}", "file": "unknown"},
    )
