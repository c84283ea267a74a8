"""Tables whose rows are all there is."""

from pathlib import Path

import pytest
from tests.data.layouts.laying import found, lay

from deepdiva.data.layouts import Sample
from deepdiva.errors import DataError


def test_texts_of_three_tables(tmp_path: Path) -> None:
    """train, val and test may be of different kinds; a row is named by table and line."""
    lay(tmp_path, **{
        "train.csv": "label,text,source\nkind,\"a\nb\",x\nrude,c,y\n",
        "val.jsonl": '{"text": "d", "label": 1, "source": null}\n',
        "test.tsv": "text\tlabel\tsource\ne, f\tkind\tz\n",
    })  # fmt: skip
    assert found(tmp_path).samples == (
        Sample("train.csv#2", "train", (), ("kind",), {"text": "a\nb", "source": "x"}, "train.csv#2"),
        Sample("train.csv#4", "train", (), ("rude",), {"text": "c", "source": "y"}, "train.csv#4"),
        Sample("val.jsonl#1", "val", (), ("1",), {"text": "d", "source": ""}, "val.jsonl#1"),
        Sample("test.tsv#2", "test", (), ("kind",), {"text": "e, f", "source": "z"}, "test.tsv#2"),
    )


def test_points_stay_as_written(tmp_path: Path) -> None:
    """Numbers are checked and kept to the last digit as text."""
    samples = found(lay(tmp_path, **{"points.csv": "x,y,label\n0.10,-1e-3,a\n"})).samples
    assert samples[0].cells == {"x": "0.10", "y": "-1e-3"}


@pytest.mark.parametrize(
    ("table", "code", "told"),
    [
        ("x;y;label\n1,5;2;a\n", "DATA-056", "t.csv, line 2: x is '1,5'"),
        ("x,y,label\n1,nan,a\n", "DATA-056", "line 2: y is 'nan'"),
        ("x,y,label\n1,2,\n", "DATA-056", "line 2: the label is empty"),
        ("x,y,label\n", "DATA-059", "no row"),
    ],
)
def test_faults_of_a_table_are_named_with_their_line(
    tmp_path: Path, table: str, code: str, told: str
) -> None:
    """A decimal comma is told as such, and so is what is no number (faults, row 44)."""
    with pytest.raises(DataError) as caught:
        found(lay(tmp_path, **{"t.csv": table}))
    assert (caught.value.code, told in caught.value.found) == (code, True), str(caught.value)
    assert ("decimals" in caught.value.expected) == ("1,5" in table)


def test_a_table_that_lacks_a_column_the_others_have_is_named(tmp_path: Path) -> None:
    """All tables of a data set have the columns that make it one."""
    with pytest.raises(DataError, match="DATA-054: test.csv, line 1: no column label"):
        found(lay(tmp_path, **{"train.csv": "text,label\na,b\n", "test.csv": "text,mark\na,b\n"}))
