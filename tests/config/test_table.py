"""Dataclasses to tables and back."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.config import as_table, as_toml, fingerprint, from_table, read_toml
from deepdiva.errors import ConfigError


@dataclass(frozen=True)
class Inner:
    """A nested table."""

    rate: float = 0.5
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    """A request of every kind of value."""

    epochs: int = 5
    level: Literal["low", "high"] = "low"
    limit: float | None = None
    name: str | None = None
    on: bool = False
    inner: Inner = field(default_factory=Inner)


outers = st.builds(
    Outer,
    epochs=st.integers(-(2**62), 2**62),
    level=st.sampled_from(["low", "high"]),
    limit=st.none() | st.floats(allow_nan=False),
    name=st.none() | st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: text != "none"),
    on=st.booleans(),
    inner=st.builds(Inner, rate=st.floats(allow_nan=False), steps=st.lists(st.text(max_size=3)).map(tuple)),
)


@given(outers)
def test_tables_come_back_as_they_went(outer: Outer) -> None:
    """What a request says survives being written down."""
    assert from_table(Outer, as_table(outer)) == outer


@given(outers)
def test_toml_comes_back_as_it_went(tmp_path_factory: pytest.TempPathFactory, outer: Outer) -> None:
    """What a request says survives the file, to the last bit of every number."""
    path = tmp_path_factory.mktemp("toml") / "request.toml"
    path.write_text(as_toml(outer), encoding="utf-8", newline="")

    assert from_table(Outer, read_toml(path)) == outer


def test_unknown_name_is_answered_with_the_near_one() -> None:
    """A misspelt setting is refused, never swallowed."""
    with pytest.raises(ConfigError, match=r"inner\.raet(.|\n)*did you mean 'rate'"):
        from_table(Outer, {"inner": {"raet": 1.0}})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", "5"),
        ("epochs", 5.0),
        ("epochs", True),
        ("level", "middle"),
        ("on", "no"),
        ("limit", "1e-3"),
    ],
)
def test_other_types_are_refused(name: str, value: object) -> None:
    """A word is no number and a number no truth value: nothing is converted in silence."""
    with pytest.raises(ConfigError, match=f"CFG-002: {name}"):
        from_table(Outer, {name: value})


def test_whole_numbers_pass_as_floats() -> None:
    """`limit = 1` means 1.0, as every reader expects."""
    assert from_table(Outer, {"limit": 1}).limit == 1.0


def test_fingerprint_changes_with_every_setting() -> None:
    """Two requests that differ anywhere have different names."""
    others = [Outer(epochs=6), Outer(limit=0.0), Outer(on=True), Outer(inner=Inner(rate=0.25))]

    assert len({fingerprint(outer) for outer in [Outer(), *others]}) == 5


@pytest.mark.parametrize("text", ["a = 1\na = 2", "a = [", "\ufeffa = 1", "a = 012"])
def test_text_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    """Duplicate keys and broken text are named with their place, without a trace."""
    (tmp_path / "request.toml").write_text(text)

    with pytest.raises(ConfigError, match="CFG-005"):
        read_toml(tmp_path / "request.toml")


@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """No file, whatever it holds, makes the reader fail otherwise."""
    path = tmp_path_factory.mktemp("fuzz") / "request.toml"
    path.write_bytes(content)
    with suppress(ConfigError):
        assert isinstance(read_toml(path), dict)
