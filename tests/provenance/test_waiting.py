"""Rules about long waits: silence at first, then a sign of life, never on standard output."""

from __future__ import annotations

import io
import sys

import pytest

from deepdiva.provenance import waiting
from deepdiva.provenance.waiting import shown


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count any wait as long."""
    monkeypatch.setattr(waiting, "SILENT", 0.0)


def test_short_waits_pass_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    """Who waits for less than a second needs no bar."""
    with shown("reading") as report:
        report(1, 2)

    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("impatient")
def test_without_a_terminal_there_is_a_plain_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """A log of a scheduler gets a line, not a thousand, and standard output none."""
    with shown("reading data") as report:
        for done in range(100):
            report(done + 1, 200)

    assert capsys.readouterr() == ("", "reading data: 0 %\n")


@pytest.mark.usefixtures("impatient")
def test_on_a_terminal_there_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names what is waited for, and is gone at the end."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with shown("reading data") as report:
        report(1, 2)

    assert "reading data" in terminal.getvalue()


def test_whoever_wants_to_be_told_is_told_instead(capsys: pytest.CaptureFixture[str]) -> None:
    """A program shows progress its own way."""
    told = []
    with shown("reading", lambda done, total: told.append((done, total))) as report:
        report(1, 2)

    assert told == [(1, 2)]
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("impatient")
def test_bytes_of_an_unknown_total_are_told_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """A server need not say how long its answer is."""
    with shown("fetching a", in_bytes=True) as report:
        report(1_000_000, 0)

    assert capsys.readouterr() == ("", "fetching a: 1,000,000 bytes\n")


@pytest.mark.usefixtures("impatient")
def test_bytes_are_shown_with_their_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """How much of how much, and how fast."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with shown("fetching a", in_bytes=True) as report:
        report(1_000_000, 4_000_000)

    assert "1.0/4.0 MB" in terminal.getvalue()
