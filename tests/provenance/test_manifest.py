"""Proves that no manifest, however made, gives more than an error of ours."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.errors import DataError
from deepdiva.provenance.entries import Entry
from deepdiva.provenance.manifest import read_manifest, refuse_clashes, safe_path

NOTE = {"path": "a", "mode": "100644", "size": 1, "sha256": "0" * 64, "object_id": "0" * 40}
FACTS = {
    "format": "deepdiva code 1", "kind": "git", "commit": "0" * 40, "branch": "main", "remote": None,
    "tree": "0" * 40, "changed": ["a"], "deleted": [], "kept": [NOTE], "left_out": [], "package": "1",
    "package_sha256": "0" * 64,
}  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def test_a_whole_manifest_is_read(tmp_path: Any) -> None:
    """What a run writes is read back."""
    (tmp_path / "code.json").write_text(json.dumps(FACTS))
    assert read_manifest(tmp_path).state.kept[0].path == "a"


@pytest.mark.parametrize("key", sorted(FACTS))
def test_no_key_may_be_missing(tmp_path: Any, key: str) -> None:
    """A manifest without one of its keys is not trusted."""
    (tmp_path / "code.json").write_text(json.dumps({k: v for k, v in FACTS.items() if k != key}))
    with pytest.raises(DataError, match=rf"SRC-010: .*'{key}' is missing"):
        read_manifest(tmp_path)


@given(key=st.sampled_from(sorted(FACTS)), value=ANYTHING)
def test_any_value_is_fine_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: object
) -> None:
    """Whatever stands under a key: it is what it should be, or the manifest is refused."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "code.json").write_text(json.dumps(FACTS | {key: value}))
    with suppress(DataError):
        assert read_manifest(folder).state.kind in ("git", "tree")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mode", "100600"),
        ("mode", "040000"),
        ("size", -1),
        ("size", True),
        ("sha256", "0" * 63),
        ("object_id", "g" * 40),
    ],
)
def test_notes_are_exact(tmp_path: Any, key: str, value: object) -> None:
    """Modes, sizes and digests are none but those that git and we write."""
    (tmp_path / "code.json").write_text(json.dumps(FACTS | {"kept": [NOTE | {key: value}]}))
    with pytest.raises(DataError, match="SRC-010"):
        read_manifest(tmp_path)


def test_a_link_needs_a_target(tmp_path: Any) -> None:
    """A kept link without a target is refused."""
    (tmp_path / "code.json").write_text(json.dumps(FACTS | {"kept": [NOTE | {"mode": "120000"}]}))
    with pytest.raises(DataError, match="'target' is missing"):
        read_manifest(tmp_path)


@given(st.text(max_size=20))
def test_a_safe_path_stays_below(path: str) -> None:
    """What passes as a safe path never climbs, begins at the root or enters `.git`."""
    try:
        parts = safe_path(path).split("/")
    except ValueError:
        return
    assert not {"", ".", "..", ".git"} & {part.lower() for part in parts}


def test_a_file_below_a_file_is_refused() -> None:
    """Nothing lies below what is no folder."""
    link, file = Entry("120000", "0" * 40), Entry("100644", "0" * 40)
    with pytest.raises(ValueError, match="'a/b/c' lies below 'a/b'"):
        refuse_clashes({"a/b": link, "a/b/c": file})
    refuse_clashes({"a/b": link, "a/bc": file, "a-b": file})
