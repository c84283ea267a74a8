"""What a search makes of replays; the replays themselves are acted here, and done in the journeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.errors import ConfigError, Inconclusive
from deepdiva.experiment.cause import search as page
from deepdiva.experiment.cause.answer import Cause
from deepdiva.experiment.cause.bench import Bench, NoReplay, Seen
from deepdiva.experiment.cause.changes import Change
from deepdiva.experiment.cause.hunks import hunks_between
from deepdiva.experiment.cause.search import find_cause
from deepdiva.record.chain import StepNote
from deepdiva.record.parting import Chain, Moment

Effect = Callable[[frozenset[str]], str | None]
"""From names of changes to the loss of the second step, a digit; None where nothing runs."""
STEPS = 4


def chain(loss: str) -> Chain:
    losses = f"0{loss}00"
    steps = tuple(StepNote(n, f"0{digit}", "aa", "") for n, digit in enumerate(losses, start=1))
    return Chain(steps, {Moment(0, 0): "same", Moment(1, 2): loss, Moment(2, 4): loss})


class Acted(Bench):
    """A bench on which `effect` tells what comes out."""

    effect: Effect

    def __init__(self, a: Any, b: Any, steps: int) -> None:
        self.a, self.b, self.steps = a, b, steps

    def baseline(self) -> Seen:
        return Seen(chain=chain("0"), optimizer="o")

    def replay(self, changes: Sequence[Change], *, numeric_class: str | None = None) -> Seen | NoReplay:
        assert numeric_class in (None, "class")
        loss = type(self).effect(frozenset(change.path for change in changes))
        return NoReplay(why="NameError") if loss is None else Seen(chain=chain(loss), optimizer="o")


def search(names: Sequence[str], effect: Effect, *, b: str | None = None, most: int = 100) -> Cause:
    """Search among settings called `names`, and in `data/` files; B's loss is `b`, else what all give."""
    changes = tuple(
        Change(part="data" if "/" in name else "settings", path=name, a="0", b="1") for name in names
    )
    goal = effect(frozenset(names)) if b is None else b
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "read_chain", lambda run: chain("0" if run.name == "a" else str(goal)))
        patch.setattr(page, "opened", _opened)
        patch.setattr(page, "changes_between", lambda *_: changes)
        patch.setattr(page, "Bench", type("ActedHere", (Acted,), {"effect": staticmethod(effect)}))
        return find_cause(Path("a"), Path("b"), most_replays=most)


@contextmanager
def _opened(letter: str, run: Path, *, data: Sequence[Path]) -> Iterator[Any]:
    del letter, run, data
    yield SimpleNamespace(place=SimpleNamespace(notes=()), stamp={"numeric_class": {"name": "class"}})


def paths(changes: Sequence[Change]) -> list[str]:
    return [change.path for change in changes]


def test_each_mover_is_found_and_the_rest_is_proved_harmless() -> None:
    """Two settings that move the bits on their own, among others that do not."""
    found = search("abcdef", lambda on: str(("b" in on) + 2 * ("e" in on)))

    assert [paths(one.changes) for one in found.moved] == [["b"], ["e"]]
    assert [one.step for one in found.moved] == [2, 2]
    assert paths(found.harmless) == ["a", "c", "d", "f"]
    assert (found.all_give_b, found.harmless_give_a, found.movers_give_b) == (True, True, True)
    assert found.steps == 2


@given(st.integers(2, 8), st.data())
def test_every_change_gets_one_verdict_and_it_holds(count: int, data: st.DataObject) -> None:
    """For any movers, pairs that act together and one that joins: the movers give B, the harmless give A."""
    names = "abcdefgh"[:count]
    alone = data.draw(st.sets(st.sampled_from(names), max_size=3))
    pair = frozenset(data.draw(st.permutations(names))[:2])

    def effect(on: frozenset[str]) -> str:
        return "0123456789abcdef"[min(15, len(on & alone) + 5 * (pair <= on))]

    found = search(names, effect)
    told = [*paths(found.movers), *paths(found.together), *paths(found.harmless)]
    assert sorted(told) == sorted(names)
    if effect(frozenset(names)) != "0":
        assert effect(frozenset(paths([*found.movers, *found.together]))) == effect(frozenset(names))
        assert effect(frozenset(paths(found.harmless))) == "0"


def test_what_moves_only_beside_a_mover_is_told_as_such() -> None:
    """A factor that is harmless while the schedule is constant matters once the schedule moves."""
    found = search(["every", "name", "schedule"], lambda on: str(("schedule" in on) * (1 + ("every" in on))))

    assert [paths(one.changes) for one in found.moved] == [["schedule"]]
    assert paths(found.together) == ["every"]
    assert paths(found.harmless) == ["name"]
    assert found.movers_give_b


def test_what_cannot_run_alone_is_told_with_its_reason() -> None:
    """A change that needs a mover, and changes nothing beside it."""
    found = search("abc", lambda on: None if "c" in on and "a" not in on else str(int("a" in on)))

    assert [paths(one.changes) for one in found.moved] == [["a"]]
    assert {change.path: why for change, why in found.unresolved.items()} == {"c": "NameError"}
    assert paths(found.harmless) == ["b"]
    assert found.movers_give_b


def test_one_file_of_ten_thousand_takes_few_replays() -> None:
    """Files are tried all at once, then by folder, then by halves."""
    names = [f"train/{number % 10}/{number:05d}.png" for number in range(10_000)]
    found = search(sorted(names), lambda on: str(int("train/3/07123.png" in on)), most=40)

    assert [paths(one.changes) for one in found.moved] == [["train/3/07123.png"]]
    assert len(found.harmless) == 9_999
    assert found.replays <= 40


def test_what_was_not_tried_matters_where_all_do_not_give_b() -> None:
    """Something that cannot be changed here moved the bits, too: it is said, and nothing is proved."""
    found = search("ab", lambda on: str(int("a" in on)), b="7")

    assert [paths(one.changes) for one in found.moved] == [["a"]]
    assert (found.all_give_b, found.movers_give_b) == (False, False)


def test_where_nothing_that_was_tried_matters_all_is_harmless() -> None:
    """Harmless is what was replayed; that the cause lies elsewhere is said."""
    found = search("ab", lambda _: "0", b="7")

    assert (found.moved, paths(found.harmless), found.all_give_b) == ([], ["a", "b"], False)


def test_replays_are_limited() -> None:
    """What is not told apart when they are used up is never called harmless."""
    found = search("abcdefgh", lambda on: str(int("h" in on)), most=3)

    assert found.replays == 3
    assert (found.moved, found.harmless) == ([], [])
    assert paths(found.unsettled) == list("abcdefgh")


def test_all_changes_together_must_run() -> None:
    """Where A with all that B has does not even start, there is no answer."""
    with pytest.raises(Inconclusive, match="WHY-002"):
        search("ab", lambda on: None if len(on) == 2 else "0", b="7")


def test_a_limit_without_an_answer_is_refused() -> None:
    """One replay proves nothing."""
    with pytest.raises(ConfigError, match="WHY-001"):
        search("a", lambda on: str(len(on)), most=1)


def test_a_shorter_replay_and_another_memory_count_as_moved() -> None:
    """A replay that ends early, or whose optimizer remembers something else, is not the same."""
    usual = Seen(chain=chain("0"), optimizer="o")
    short = Seen(chain=Chain(chain("0").steps[:3], {Moment(0, 0): "same"}), optimizer=None)

    assert usual.parts_from(usual) is None
    assert usual.parts_from(short) == 4
    assert usual.parts_from(Seen(chain=chain("0"), optimizer="p")) == 4


def test_names_tell_lines_as_editors_count_them() -> None:
    """The first line is 1, and what is only added has the line that it follows."""
    hunks = [*hunks_between(b"a\nb\nc\n", b"x\nb\nc\nd\n")]
    names = [Change(part="code", path="idea.py", a="100644", b="100644", hunk=hunk).name for hunk in hunks]

    assert names == ["idea.py, line 1", "idea.py, after line 3"]
