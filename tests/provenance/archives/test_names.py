import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.provenance.archives.names import DEEPEST, fault_of, twins


@pytest.mark.parametrize(
    "name", ["run.json", "code/files/a b.py", "a..b/c", "é/ü.png", "$HOME/%s", "-rf", "con"]
)
def test_names_that_stay_below_are_taken(name: str) -> None:
    """Whatever means one place below the folder may travel, odd as it looks."""
    assert fault_of(name) is None


@pytest.mark.parametrize(
    "name",
    [
        *("", "/etc/x", "../x", "a/../../x", "a/./b", "a//b", "a/", "\\x", "a\\b", "C:x", "c:/x"),
        *("a\nb", "a\x7fb", "a\x00b", "a\x9bb", "a\udc80b", "x" * 256, "d/" * DEEPEST + "x"),
    ],
)
def test_names_that_lead_out_or_trick_are_refused(name: str) -> None:
    """Absolute, climbing, Windows-like, unseen, not UTF-8, too long or too deep: each has its reason."""
    assert fault_of(name)


@given(st.text(max_size=30))
def test_a_good_name_is_its_own_plain_path(name: str) -> None:
    """What is taken splits at slashes into names that no system obeys."""
    if fault_of(name) is None:
        assert not {"", ".", ".."} & set(name.split("/"))
        assert "\\" not in name


@pytest.mark.parametrize(
    ("files", "pairs"),
    [
        (["a/b", "a/c", "d"], []),
        (["a", "a"], [("a", "a")]),
        (["Read.me", "read.ME"], [("read.ME", "Read.me")]),
        (["\u00e9", "e\u0301"], [("e\u0301", "\u00e9")]),
        (["a", "a/b"], [("a/b", "a")]),
        (["a/b", "a"], [("a", "a")]),
        (["A/x", "a/y"], [("a/y", "A")]),
        (["stra\u00dfe", "STRASSE"], [("STRASSE", "stra\u00dfe")]),
    ],
)
def test_twins_are_found(files: list[str], pairs: list[tuple[str, str]]) -> None:
    """Names that differ in case or Unicode form alone are one place somewhere; so are file and folder."""
    assert list(twins(files)) == pairs


def test_a_folder_may_be_named_and_filled() -> None:
    """A folder that is a member itself is no twin of what lies in it, but of a file with its name."""
    assert list(twins(["a/b/c"], ["a", "a/b"])) == []
    assert list(twins(["a"], ["a"])) == [("a/", "a")]
