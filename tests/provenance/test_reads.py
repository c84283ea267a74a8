"""Rules for the notes of a process: no order has a part in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deepdiva.provenance.callers import Caller, Line
from deepdiva.provenance.reads import Notebook, Reader, Subject

LINES = st.builds(Line, st.sampled_from(["/a.py", "/b.py"]), st.integers(1, 20))
NOTES = st.lists(
    st.tuples(
        st.builds(Subject, st.just("file"), st.sampled_from(["/x", "/y"])),
        st.builds(Reader, st.booleans(), LINES, st.booleans()),
    )
)


@given(NOTES, st.randoms(use_true_random=False))
def test_no_order_has_a_part(notes: list[tuple[Subject, Reader]], random: object) -> None:
    """The same reads in another order, or from several workers, give the same notes."""
    shuffled = list(notes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = Notebook(), Notebook()
    for subject, reader in notes:
        one.take({subject: reader})
    worker = Notebook()
    for subject, reader in shuffled:
        worker.take({subject: reader})
        other.take(worker.news())

    assert one.heard() == other.heard()
    assert worker.news() == {}


def note(book: Notebook, name: str) -> None:
    book.note("file", name, Caller("theirs", Line("/a.py", 1), Line("/a.py", 1)))


def test_what_was_read_before_counts_for_every_run() -> None:
    """A file that holds a task is imported once; what one run reads is not the other's."""
    book = Notebook()
    note(book, "/at-import")
    names = []
    for name in ("/first", "/second"):
        book.begin([])
        note(book, name)
        names.append({subject.name for subject in book.heard()})
        book.end()

    assert names == [{"/at-import", "/first"}, {"/at-import", "/second"}]


def test_what_is_known_needs_no_note() -> None:
    """Neither here nor from a worker; a neighbor that nobody counted does."""
    book = Notebook()
    book.begin([("/data/", {"train/a.png"})])
    note(book, "/data/train/a.png")
    note(book, "/data/train/b.png")
    note(book, "/data-2/train/a.png")

    assert {subject.name for subject in book.heard()} == {"/data/train/b.png", "/data-2/train/a.png"}


def test_a_copy_begins_anew() -> None:
    """A forked worker tells what it read, not what the main process had read before."""
    book = Notebook()
    book.begin([])
    note(book, "/main")
    book.begin_worker()
    note(book, "/worker")

    assert {subject.name for subject in book.news()} == {"/worker"}
