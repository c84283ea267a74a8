"""Rules for the list of undeclared inputs in a run folder, and for what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.errors import GateRefused
from deepdiva.provenance.inputs import Input, lines_between, load, merged, notice, refuse, save

FILE = Input("file", "weights.npy", "idea.py:12", "a" * 64, 3)
VARIABLE = Input("variable", "MY_LR", "idea.py:3", found=False)
INPUTS = st.builds(
    Input,
    st.sampled_from(["file", "variable"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["idea.py:9", "idea.py:12"]),
    st.sampled_from(["", "a" * 64]),
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Nothing of the machine stands beside it but in the hints."""
    save(tmp_path, (FILE, VARIABLE), {"weights.npy": "/home/ada/weights.npy"})

    assert load(tmp_path) == (FILE, VARIABLE)
    assert "ada" not in (tmp_path / "environment/inputs.json").read_text()
    hints = json.loads((tmp_path / "environment/where.json").read_text())
    assert hints == {"weights.npy": "/home/ada/weights.npy"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "other", "inputs": []}', '{"inputs": 3}'])
def test_what_cannot_be_read_tells_nothing(tmp_path: Path, text: str) -> None:
    """An older record has no such file, a damaged one none that helps: neither is an empty list."""
    assert load(tmp_path) is None
    (tmp_path / "environment").mkdir()
    (tmp_path / "environment/inputs.json").write_text(text)

    assert load(tmp_path) is None


@given(st.lists(INPUTS), st.randoms(use_true_random=False))
def test_a_list_has_one_order(inputs: list[Input], random: object) -> None:
    """Whoever reads first: the same list, each input once, under the first line that read it."""
    shuffled = list(inputs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert merged(shuffled) == merged(inputs) == merged([*merged(inputs), *inputs])
    assert len({(e.kind, e.name, e.content) for e in inputs}) == len(merged(inputs))


def test_refusing_names_every_one_and_the_way_out() -> None:
    """With the line that read it; nothing found is nothing to refuse."""
    refuse(())
    with pytest.raises(GateRefused, match="INP-001") as caught:
        refuse((FILE, VARIABLE))

    assert "file weights.npy, read at idea.py:12, sha256 aaaaaaaaaaaa" in caught.value.found
    assert "variable MY_LR (not set), read at idea.py:3" in caught.value.found
    assert "commit the file" in caught.value.remedy


def test_a_long_list_is_cut() -> None:
    """Twenty are named, the others counted; the record holds them all."""
    many = [Input("variable", f"V{n:02}", "idea.py:1") for n in range(25)]

    assert "and 5 more" in notice(many)
    assert "V19" in notice(many)
    assert "V20" not in notice(many)


def test_a_name_cannot_move_a_terminal() -> None:
    """File names are anybody's."""
    assert "\x1b" not in str(Input("file", "a\x1b[2J", "idea.py:1"))


def test_two_lists_are_compared_by_content() -> None:
    """Added, gone, changed; where one run was not watched there is nothing to say."""
    other = Input("file", "weights.npy", "idea.py:40", "b" * 64, 3)

    assert lines_between((FILE,), (other, VARIABLE)) == [
        "inputs: file weights.npy was aaaaaaaaaaaa, is bbbbbbbbbbbb",
        "inputs: variable MY_LR was absent, is not set",
    ]
    assert lines_between((FILE,), (FILE,)) == []
    assert lines_between(None, (FILE,)) == lines_between((FILE,), None) == []
