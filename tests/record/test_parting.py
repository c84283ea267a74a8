from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepdiva.errors import DataError
from deepdiva.record.chain import StepNote, WeightsNote
from deepdiva.record.parting import Chain, Moment, find_parting, loss_of, read_chain


def chain(*losses: str, weights: dict[tuple[int, int], str] | None = None, batch: str = "aa") -> Chain:
    """Return a chain of one step per loss; heads are not looked at."""
    steps = tuple(StepNote(n, loss, batch, f"{n}{loss}") for n, loss in enumerate(losses, start=1))
    return Chain(steps, {Moment(*place): digest for place, digest in (weights or {}).items()})


def test_equal_chains_do_not_part() -> None:
    """Equal lines and equal weights agree to the last digest."""
    one = chain("00", "01", weights={(0, 0): "w0", (1, 2): "w2"})
    parting = find_parting(one, one)

    assert (parting.at, parting.agreed, parting.line, parting.weights) == (None, 2, None, None)


def test_the_first_line_that_differs_counts() -> None:
    """The step is named, and up to where the weights before it were equal."""
    weights = {(0, 0): "w0", (1, 2): "w2"}
    parting = find_parting(
        chain("00", "01", "02", "03", weights=weights), chain("00", "01", "12", "13", weights=weights)
    )

    assert (parting.at, parting.agreed) == (3, 2)
    assert parting.line is not None
    assert [note.loss for note in parting.line] == ["02", "12"]


def test_weights_may_differ_before_any_loss_does() -> None:
    """A digest of the weights narrows where the losses still agree."""
    a = chain("00", "01", "02", weights={(0, 0): "w", (1, 1): "x", (2, 2): "y"})
    b = chain("00", "01", "99", weights={(0, 0): "w", (1, 1): "x", (2, 2): "z"})
    parting = find_parting(a, b)

    assert (parting.at, parting.agreed, parting.weights) == (2, 1, Moment(2, 2))


def test_other_first_weights_leave_nothing_agreed() -> None:
    """Runs that begin with other weights part at step 0."""
    parting = find_parting(chain("00", weights={(0, 0): "w"}), chain("00", weights={(0, 0): "x"}))

    assert (parting.at, parting.agreed) == (0, None)


def test_a_shorter_run_does_not_differ() -> None:
    """Steps that only one of the two took are counted, not called a difference."""
    parting = find_parting(chain("00"), chain("00", "01"))

    assert (parting.at, parting.steps) == (None, (1, 2))


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    """What a kill has torn is no step."""
    line = json.dumps({"step": 1, "loss": "3f800000", "batch": "aa", "chain": "bb"})
    (tmp_path / "chain.jsonl").write_text(f'{line}\n{{"step":2,"lo')
    read = read_chain(tmp_path)

    assert read == Chain((StepNote(1, "3f800000", "aa", "bb"),), {})
    assert loss_of(read.steps[0]) == 1.0


def test_weights_are_read_by_moment(tmp_path: Path) -> None:
    """A digest is known by its epoch and step."""
    (tmp_path / "chain.jsonl").write_text('{"epoch":1,"step":17,"weights":"ab"}\n')

    assert read_chain(tmp_path).weights == {Moment(1, 17): "ab"}
    assert WeightsNote(1, 17, "ab")[:2] == Moment(1, 17)


@pytest.mark.parametrize(("content", "code"), [(None, "VER-002"), ("no line of a chain\n", "VER-001")])
def test_a_chain_that_cannot_be_read_is_told(tmp_path: Path, content: str | None, code: str) -> None:
    """A missing and a damaged chain are errors of their own, never an empty chain."""
    if content is not None:
        (tmp_path / "chain.jsonl").write_text(content)
    with pytest.raises(DataError, match=code):
        read_chain(tmp_path)
