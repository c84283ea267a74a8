"""Let one of two runs be replayed: its code restored, its data found, a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deepdiva.config import read_toml
from deepdiva.engine.replay import Replayed, Span
from deepdiva.engine.trace_files import load_replayed
from deepdiva.errors import DataError, GateRefused, Inconclusive
from deepdiva.experiment.child import Told, last_words, read_error, start
from deepdiva.experiment.replay import Job
from deepdiva.experiment.search_data import search_data
from deepdiva.experiment.workplace import Workplace, bring_back
from deepdiva.provenance.keep import load_stamp
from deepdiva.provenance.levels import required_variables
from deepdiva.record.parting import Chain, find_parting, read_chain


@dataclass(frozen=True, kw_only=True)
class Side:
    """A run that can be replayed."""

    letter: str
    run: Path
    scratch: Path
    place: Workplace
    data: Path
    stamp: dict[str, Any]
    chain: Chain

    def replay(self, span: Span) -> Replayed:
        """Run the run again as far as `span` says, and return what was seen.

        Raises:
            Inconclusive: the numeric class is another (BIS-002), the replay could not be done
                (BIS-003), or it is not what the run wrote down (BIS-004).
        """
        out = self.scratch / f"replay-{span.digest_from}-{span.trace_at}-{span.stop_at}"
        seen = self.look(span, out, numeric_class=self.stamp["numeric_class"]["name"])
        if span.stop_at:
            self.refuse_other_record(read_chain(out / "run"), span)
        return seen

    def look(self, span: Span, out: Path, *, numeric_class: str | None) -> Replayed:
        """Run the run again as far as `span` says, and judge nothing; its chain is in `out / "run"`.

        Args:
            out: A new folder for what is seen.
            numeric_class: Name of the class in which to compute; None allows any.

        Raises:
            Inconclusive: the numeric class is another (BIS-002), or there is no replay (BIS-003).
        """
        job = Job(
            request=str(self.place.request),
            data=str(self.data),
            out=str(out),
            threads=self.stamp["numeric_class"]["threads"],
            numeric_class=numeric_class,
            **asdict(span),
        )
        told = self.scratch / "job.json"
        told.write_text(json.dumps(asdict(job)))
        self._start(told, out)
        return load_replayed(out)

    def _start(self, job: Path, out: Path) -> None:
        numbers = self.stamp["numeric_class"]
        settled = required_variables(numbers["level"], numbers["threads"])
        variables = settled | self.place.variables
        done = start("deepdiva.experiment.replay", job, cwd=self.place.tree, variables=variables)
        if done.returncode:
            raise self._fault(read_error(out), last_words(done))

    def _fault(self, told: Told | None, said: str) -> Inconclusive:
        """Return why there is no replay: an error of ours, or the last line of what was said."""
        if told is not None:
            return Inconclusive(
                f"{self.letter} ({self.run.name}): {told.found}",
                expected=told.expected,
                remedy=told.remedy,
                code=told.code if told.code.startswith("BIS") else "BIS-003",
            )
        return Inconclusive(
            f"{self.letter} ({self.run.name}) could not be replayed: {said}",
            expected="code that runs as it did",
            remedy="`deepdiva restore` brings its code back, to see where it fails",
            code="BIS-003",
        )

    def refuse_other_record(self, replayed: Chain, span: Span) -> None:
        """Raise unless a replay is what the run wrote down (BIS-004)."""
        parting = find_parting(self.chain, replayed)
        if parting.at is not None or len(replayed.steps) < min(span.stop_at, len(self.chain.steps)):
            step = len(replayed.steps) + 1 if parting.at is None else parting.at
            raise Inconclusive(
                f"{self.letter} ({self.run.name}) does not repeat itself: from step {step} on, its replay "
                "is not what it wrote down",
                expected="a run that gives the same bits when it is run again",
                remedy=f"`deepdiva reproduce {self.run}` tells more; look for draws from generators "
                "that nobody seeded",
                code="BIS-004",
            )


@contextmanager
def opened(letter: str, run: Path, *, data: Sequence[Path]) -> Iterator[Side]:
    """Restore the code of `run` into a scratch folder, find its data, and clear up at the end.

    Raises:
        Inconclusive: code or data are missing (BIS-001).
    """
    with TemporaryDirectory(prefix="deepdiva-bisect-") as folder:
        scratch = Path(folder).resolve()
        try:
            side = _prepare(letter, run, scratch, data)
        except (DataError, GateRefused) as error:
            raise Inconclusive(
                f"{letter} ({run.name}) cannot be replayed: {error.found}",
                expected=error.expected,
                remedy=error.remedy,
                code="BIS-001",
            ) from error
        yield side


def _prepare(letter: str, run: Path, scratch: Path, data: Sequence[Path]) -> Side:
    place = bring_back(run, scratch)
    typed = str(read_toml(place.request).get("data"))
    return Side(
        letter=letter,
        run=run,
        scratch=scratch,
        place=place,
        data=search_data(run, typed=typed, given=data),
        stamp=load_stamp(run),
        chain=read_chain(run),
    )
