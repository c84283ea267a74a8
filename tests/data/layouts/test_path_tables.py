"""Tables whose rows name files."""

from pathlib import Path

import pytest
from tests.data.layouts.laying import found, lay

from deepdiva.data.layouts import Sample
from deepdiva.errors import DataError


def test_labels_of_the_original_are_read(tmp_path: Path) -> None:
    """`labels.csv` beside `images/`: 1 gives the label, -1 and 0 do not; other columns are kept."""
    table = "Filename,sea,sky,writer\n1.png,1,-1,7\n2.png,-1,0,1\n3.png,1,1,8\n"
    lay(tmp_path, "images/1.png", "images/2.png", "images/3.png", **{"labels.csv": table})
    samples = found(tmp_path).samples
    assert [sample.labels for sample in samples] == [("sea",), (), ("sea", "sky")]
    assert samples[0] == Sample(
        "images/1.png", None, ("images/1.png",), ("sea",), {"writer": "7"}, "labels.csv#2"
    )


def test_word_crops_keep_what_the_row_says(tmp_path: Path) -> None:
    """The transcription has one name whatever its column is called; a column split splits."""
    table = "path,transcript,writer,page,split\nw/1.png,und,3,1r,test\nw/2.png,oder,4,2v,train\n"
    samples = found(lay(tmp_path, "w/1.png", "w/2.png", **{"words.tsv": table.replace(",", "\t")})).samples
    assert [(s.name, s.split, s.cells["transcription"]) for s in samples] == [
        ("w/2.png", "train", "oder"),
        ("w/1.png", "test", "und"),
    ]
    assert samples[1].cells == {"transcription": "und", "writer": "3", "page": "1r"}


@pytest.mark.parametrize(
    ("table", "code", "told"),
    [
        ("path,sea\n1.png,1\n9.png,1\n", "DATA-057", "t.csv, line 3: there is no file 9.png"),
        ("path,sea\n1.png,1\n../1.png,1\n", "DATA-057", "line 3: there is no file ../1.png"),
        ("path,sea\n1.png,1\n\n1.png,0\n", "DATA-055", "line 4: 1.png again, first in t.csv, line 2"),
        ("path,sea\n1.png,1\n2.png,2\n", "DATA-058", "line 3: sea is '2'"),
        ("path,sea,split\n1.png,1,train\n2.png,1,dev\n", "DATA-058", "line 3: split 'dev'"),
    ],
)
def test_faults_of_a_table_are_named_with_their_line(
    tmp_path: Path, table: str, code: str, told: str
) -> None:
    """What a row says wrong is told with its line (faults, row 44)."""
    with pytest.raises(DataError) as caught:
        found(lay(tmp_path, "1.png", "2.png", **{"t.csv": table}))
    assert (caught.value.code, told in caught.value.found) == (code, True), str(caught.value)


def test_several_tables_are_not_chosen_from(tmp_path: Path) -> None:
    """Two tables of one sort, neither named by a split, are a question to the user."""
    tables = {"a.csv": "path,sea\n1.png,1\n", "b.csv": "path,sea\n1.png,0\n"}
    with pytest.raises(DataError, match="DATA-016.*a.csv, b.csv"):
        found(lay(tmp_path, "1.png", **tables))
