"""Tables become records, and what is wrong with one is told with its line."""

import csv
import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.data.records import records
from deepdiva.errors import ConfigError, DataError

CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('",;\t\n\r'), max_size=8)
ROWS = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[CELL.filter(bool)] * width), min_size=1))


@given(ROWS, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_csv_writes_is_read_back(
    rows: list[tuple[str, ...]], delimiter: str, end: str, marked: bool
) -> None:
    """Delimiters, line ends, quotes and a byte-order mark change nothing; the raw lines are the file."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow([f"column {place}" for place in range(len(rows[0]))])
    writer.writerows(rows)
    content = stream.getvalue().encode("utf-8-sig" if marked else "utf-8")
    head, *found = records("t.csv", content)
    assert [record.cells for record in found] == rows
    assert "".join([head.raw, *(record.raw for record in found)]) == stream.getvalue()


def test_lines_are_counted_as_an_editor_does() -> None:
    """A row stands at the line it begins in, whatever quoted line ends and empty lines came before."""
    found = list(records("t.csv", b'a,b\n"1\n2",x\n\ny,z\n'))
    assert [(record.line, record.cells) for record in found] == [
        (1, ("a", "b")),
        (2, ("1\n2", "x")),
        (5, ("y", "z")),
    ]


@pytest.mark.parametrize(
    ("name", "content", "code", "told"),
    [
        ("t.csv", b"", "DATA-051", "line 1: nothing stands there"),
        ("t.csv", b"a,b,a\n", "DATA-051", "line 1: column 'a' twice"),
        ("t.csv", b"a,,b\n", "DATA-051", "line 1: a column without a name"),
        ("t.csv", b"a,b\n1,2\n1\n", "DATA-052", "line 3: 1 cells, too few"),
        ("t.csv", b"a,b\n1,2,3\n", "DATA-053", "line 2: 3 cells, too many"),
        ("t.csv", b"a,b\nx,\xff\xfe\n", "DATA-050", "line 2: the bytes b'\\xff\\xfe\\n' are not UTF-8"),
        ("t.csv", b'a,b\nx,y\n"x,y\n', "DATA-050", "line 3: no CSV"),
        ("t.jsonl", b'{"a": 1}\n{"b": 1}\n', "DATA-052", "line 2: the key 'a' is missing"),
        ("t.jsonl", b'{"a": 1}\n\n{"a": 1, "b": 1}\n', "DATA-053", "line 3: the key 'b' is new"),
        ("t.jsonl", b'{"a": 1}\n{"a": [1]}\n', "DATA-050", "line 2: a list or object"),
        ("t.jsonl", b"[1]\n", "DATA-050", "line 1: JSON, but a list"),
        ("t.jsonl", b"{\n", "DATA-050", "line 1: no JSON"),
        ("t.parquet", b"PAR1", "DATA-050", "no Parquet"),
    ],
)
def test_faults_are_named_with_their_line(name: str, content: bytes, code: str, told: str) -> None:
    """What cannot be read is an error that says where (faults, row 44)."""
    with pytest.raises(DataError) as caught:
        list(records(name, content))
    assert (caught.value.code, told in caught.value.found) == (code, True), str(caught.value)


def test_json_lines_and_parquet_give_texts() -> None:
    """Numbers, truth and nothing become the same texts in both."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    stream = io.BytesIO()
    table = pyarrow.table({"a": ["x", None], "b": [1, 2], "c": [0.5, 1e-7], "d": [True, False]})
    parquet.write_table(table, stream)
    lines = b'{"a":"x","b":1,"c":0.5,"d":true}\n{"a":null,"b":2,"c":1e-07,"d":false}\n'
    expected = [("x", "1", "0.5", "1"), ("", "2", "1e-07", "0")]
    for name, content in (("t.parquet", stream.getvalue()), ("t.jsonl", lines)):
        head, *rows = records(name, content)
        assert head.cells == ("a", "b", "c", "d")
        assert [row.cells for row in rows] == expected


def test_binary_columns_of_parquet_are_refused() -> None:
    """Pictures inside a table are no text."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    stream = io.BytesIO()
    parquet.write_table(pyarrow.table({"image": [b"x"]}), stream)
    with pytest.raises(DataError, match="DATA-050.*'image' is nested or binary"):
        list(records("t.parquet", stream.getvalue()))


def test_parquet_without_its_reader_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is said with the words that install it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"(?s)EXT-003.*pip install 'deepdiva\[tables\]'"):
        list(records("t.parquet", b"PAR1"))
