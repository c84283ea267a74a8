"""Does a record contradict itself?  Everything that can be computed again is.

    seal          every sealed file has its digest; none is missing, none was added
    events        every line has its checksum; every array that a line names has its digest
    chain         every link follows from its loss, its samples and the link before it
    checkpoints   files agree with their digests, weights with the chain and the result
    result        what `run.json`, stamp, footprint, chain and events say of the same facts

The seal alone would not do: who edits a file can edit the seal.  Nothing here needs torch,
the data or the code, and nothing that the record names is opened outside its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deepdiva.errors import DataError, Inconclusive, Tampered
from deepdiva.record import chain
from deepdiva.record import events as event_lines
from deepdiva.record.agreement import (
    DAMAGE,
    Finding,
    checkpoints,
    is_finished,
    losses,
    results,
    whole_lines,
)
from deepdiva.record.reader import RunRecord, read_run
from deepdiva.record.seal import FILE_NAME as SEAL_FILE
from deepdiva.record.seal import broken_seals, seal_digest

MOST_NAMED = 20


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What was found when a record was compared with itself."""

    folder: Path
    status: str
    findings: tuple[Finding, ...]
    seal_sha256: str | None
    """One digest for all that is sealed; None where nothing is."""

    @property
    def lines(self) -> list[str]:
        """Return the findings, one a line."""
        return [f"{path}: {what}" for path, what in self.findings]

    def refuse(self) -> None:
        """Return where the record is whole.

        Raises:
            Tampered: it contradicts itself; each file is named (VER-010).
            Inconclusive: the run is not finished, so nothing seals its record (VER-011).
        """
        if self.findings:
            raise Tampered(
                f"{self.folder} contradicts itself:\n    " + "\n    ".join(_first(self.lines)),
                expected="a record that agrees with its own digests",
                remedy="do not rely on this record; take a copy of the run that is whole",
                code="VER-010",
            )
        if self.status != "finished" or self.seal_sha256 is None:
            raise Inconclusive(
                f"{self.folder} is {self.status}, its record not sealed yet; what can be computed agrees",
                expected="a run that finished",
                remedy=f"deepdiva resume {self.folder}",
                code="VER-011",
            )


def verify_run(folder: Path) -> Verification:
    """Compare the record in `folder` with itself.

    Raises:
        DataError: `folder` is no run (VER-003).
    """
    run = read_run(folder)
    findings: dict[Finding, None] = {}
    for check in (_seal, _events, _arrays, _chain, losses, checkpoints, results):
        for finding in _guarded(check, run):
            findings[finding] = None
    return Verification(
        folder=folder, status=run.status, findings=tuple(findings), seal_sha256=seal_digest(folder)
    )


def _guarded(check: Callable[[RunRecord], Iterator[Finding]], run: RunRecord) -> Iterator[Finding]:
    """Let a record that is damaged beyond reading be a finding too, and no trace."""
    try:
        yield from check(run)
    except DAMAGE as error:
        yield check.__name__.strip("_"), f"cannot be read ({type(error).__name__}: {error})"


def _seal(run: RunRecord) -> Iterator[Finding]:
    if not is_finished(run):
        return
    if not (run.folder / SEAL_FILE).exists():
        yield SEAL_FILE, "is missing, though the run finished"
        return
    yield from broken_seals(run.folder)


def _events(run: RunRecord) -> Iterator[Finding]:
    for number, line in enumerate(whole_lines(run, "events.jsonl"), start=1):
        if event_lines.parse(line) is None:
            yield "events.jsonl", f"line {number} contradicts its checksum"


def _arrays(run: RunRecord) -> Iterator[Finding]:
    for event in run.events:
        if event.array is not None:
            try:
                run.array(event)
            except DataError as error:
                yield event.array, f"is not what events.jsonl says ({error.code})"


def _chain(run: RunRecord) -> Iterator[Finding]:
    try:
        notes = chain.parse(b"\n".join(whole_lines(run, "chain.jsonl")))
    except ValueError as error:
        yield "chain.jsonl", str(error)
        return
    for what in chain.contradictions(notes):
        yield "chain.jsonl", what


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - MOST_NAMED
    return lines[:MOST_NAMED] + ([f"and {more} more"] if more > 0 else [])
