"""What came out when a run was run again: a verdict, and one line that a paper can quote.

REPRODUCED    every bit that was compared agrees
DIVERGED      the bits part, at a step that is named
TAMPERED      the record contradicts itself, so there is nothing to compare with
INCONCLUSIVE  something is missing, or another arithmetic computed: no answer, never a pass
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import deepdiva
from deepdiva.errors import DeepDivaError, Diverged, Inconclusive, Tampered
from deepdiva.provenance.files import write_atomically
from deepdiva.record import RunRecord
from deepdiva.record.chain import StepNote
from deepdiva.record.info import KEYS
from deepdiva.record.parting import Parting, loss_of

FILE_NAME = "verdict.json"
Verdict = Literal["REPRODUCED", "DIVERGED", "TAMPERED", "INCONCLUSIVE"]
TOLERANCE = 0.01
"""Scores of another arithmetic agree if they differ by no more, absolutely or relatively."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The commit that a request was taken from."""

    repository: str
    """Its address, without credentials; of a folder, its name."""
    commit: str
    """The full hash; what was typed, where no commit was found."""
    request: str
    """Path of the request in the tree."""


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """What came out."""

    verdict: Verdict
    original: RunRecord | None
    """The run that the new one is compared with; None where it did not come to one."""
    seal_sha256: str | None = None
    """Digest of the seal of the original: which record it was."""
    reason: str
    """What agrees, or why not; the end of the sentence."""
    origin: Origin | None = None
    """Where the request came from, if it came from a commit."""
    recorded: bool = True
    """Whether the original is a record that was there before; else both runs are new."""
    cause: DeepDivaError | None = None
    """The refusal that left no answer, if it was one."""
    run: RunRecord | None = None
    """The new run; None where it did not come to one."""
    steps: int | None = None
    """Steps that were compared; None where none were."""
    parting: Parting | None = None
    """Where the chains part."""
    agree: Mapping[str, bool] | None = None
    """Chain, weights, predictions and scores: whether all their bits agree."""
    differences: tuple[str, ...] = ()
    """In which facts the ground of the two runs differs."""
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """One line that says what was done and what came out."""
        return " ".join(f"{self.verdict}: {self._subject}{self._done}: {self.reason}.".split())

    @property
    def _subject(self) -> str:
        origin, known = self.origin, self._ground
        if origin is None:
            return known
        what = f"{origin.request} at commit {origin.commit} of {origin.repository}"
        return f"{what}, {known}" if known else what

    @property
    def _ground(self) -> str:
        if self.original is None:
            return ""
        info, code = self.original.info, self.original.stamp.get("code", {})
        ground = str(code.get("commit") or code.get("tree"))[:12]
        return f"run {info['id']} (seed {info['seed']}, code {ground}, data {str(info['data_sha256'])[:12]})"

    @property
    def _done(self) -> str:
        if self.run is None:
            return ""
        version = f"with DeepDIVA {deepdiva.__version__}"
        return (
            f" was run again {version}"
            if self.recorded
            else f" was run twice {version}, as no record came with it"
        )

    @property
    def first_difference(self) -> dict[str, Any] | None:
        """The first step that parts, and what differs there: batch, loss or weights."""
        if self.parting is None or self.parting.at is None:
            return None
        step, line = self.parting.at, self.parting.line
        if line is None or line[0].step != step:
            return {"step": step, "differs": ["weights"], "recorded": None, "repeated": None}
        differs = [name for name in ("batch", "loss") if getattr(line[0], name) != getattr(line[1], name)]
        recorded, repeated = map(_told, line)
        return {"step": step, "differs": differs, "recorded": recorded, "repeated": repeated}

    def as_json(self) -> dict[str, Any]:
        """Return the facts that scripts read: those of the new run, and the verdict."""
        facts = dict.fromkeys(("run", *KEYS)) if self.run is None else self.run.as_json()
        return facts | {"verdict": self.verdict, "first_difference": self.first_difference} | self._more()

    def write(self) -> None:
        """Write `verdict.json` into the new run, outside its seal, if there is one.

        Raises:
            ResourceError: it cannot be written.
        """
        if self.run is not None:
            facts = {"verdict": self.verdict, "first_difference": self.first_difference} | self._more()
            content = json.dumps(facts, indent=2, sort_keys=True) + "\n"
            write_atomically(self.run.folder / FILE_NAME, content.encode())

    def refuse(self) -> None:
        """Return where the run was reproduced.

        Raises:
            Diverged, Tampered, Inconclusive: it was not (VER-012, VER-010, VER-013).
        """
        if self.verdict == "DIVERGED":
            raise Diverged(
                self.sentence,
                expected="the bits that were recorded",
                remedy="`deepdiva diff` of both tells what differs, `deepdiva bisect` where the cause lies",
                code="VER-012",
            )
        if self.verdict == "TAMPERED":
            raise Tampered(
                self.sentence,
                expected="a record that agrees with its own digests",
                remedy="take a copy of the run that is whole",
                code="VER-010",
            )
        if self.verdict == "INCONCLUSIVE":
            cause = self.cause
            raise Inconclusive(
                self.sentence,
                expected=cause.expected if cause else "everything that the run stood on",
                remedy=cause.remedy if cause else "bring what is missing, and reproduce it again",
                code=cause.code if cause and cause.code.startswith("REP") else "VER-013",
            )

    def _more(self) -> dict[str, Any]:
        return {
            "sentence": self.sentence,
            "of": self._of(),
            "recorded": self.recorded,
            "steps_compared": self.steps,
            "agree": None if self.agree is None else dict(self.agree),
            "differences": list(self.differences),
            "notes": list(self.notes),
        }

    def _of(self) -> dict[str, Any]:
        """Return what the verdict is about: the record, and the commit where it came from one."""
        names = ("id", "weights_sha256", "data_sha256", "numeric_class")
        info = dict.fromkeys(names) if self.original is None else self.original.info
        known = {name: info[name] for name in names} | {"seal_sha256": self.seal_sha256}
        return known | ({} if self.origin is None else asdict(self.origin))


def _told(note: StepNote) -> dict[str, Any]:
    return {"loss": loss_of(note), "loss_bits": note.loss, "batch": note.batch}
