"""Replay A with some of the changes that lead to B: its code, request and data mixed in a scratch folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w

from deepdiva.config import read_toml
from deepdiva.engine.replay import Span
from deepdiva.errors import DeepDivaError, Inconclusive
from deepdiva.experiment.cause.changes import Change, settings_of
from deepdiva.experiment.cause.mixed_tree import lay_out
from deepdiva.experiment.side import Side
from deepdiva.provenance.file_table import FileEntry
from deepdiva.provenance.footprint import Footprint, load, save
from deepdiva.record.parting import Chain, Moment, find_parting, read_chain


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a replay gave."""

    chain: Chain
    """With the weights at its end among its weights."""
    optimizer: str | None
    """Digest of what the optimizer remembers at its end; None where it ended before."""

    def parts_from(self, other: Seen) -> int | None:
        """Return the first step that is known to have come out differently; None where none is."""
        at = find_parting(self.chain, other.chain).at
        lengths = len(self.chain.steps), len(other.chain.steps)
        if at is None and lengths[0] != lengths[1]:
            return min(lengths) + 1
        return lengths[0] if at is None and self.optimizer != other.optimizer else at


@dataclass(frozen=True, kw_only=True)
class NoReplay:
    """Why there was none."""

    why: str


class Bench:
    """Run A, changed; every replay lies in the same place, and is cleared away by the next."""

    def __init__(self, a: Side, b: Side, steps: int) -> None:
        self.a, self.b, self.steps = a, b, steps
        self.pristine = a.scratch / "pristine"
        a.place.tree.rename(self.pristine)
        self._request = read_toml(a.place.request)
        self._settings = settings_of(a)
        self._epochs = {moment.step: moment.epoch for moment in a.chain.weights}

    def baseline(self) -> Seen:
        """Return what A gives when nothing is changed.

        Raises:
            Inconclusive: it cannot be replayed (BIS-001 to BIS-003), or gives other bits than
                it wrote down (BIS-004).
        """
        self._lay_out(())
        seen = self._look(self.a, numeric_class=self.a.stamp["numeric_class"]["name"])
        self.a.refuse_other_record(seen.chain, self._span)
        return seen

    def replay(self, changes: Sequence[Change], *, numeric_class: str | None = None) -> Seen | NoReplay:
        """Return what A gives with `changes`.

        Args:
            numeric_class: Name of the class in which this must compute; any if None.

        Raises:
            Inconclusive: the numeric class is another (BIS-002).
        """
        try:
            self._lay_out([change for change in changes if change.part == "code"])
            side = replace(self.a, data=self._data(changes), stamp=self._stamp(changes))
            self._ask(changes)
            return self._look(side, numeric_class=numeric_class)
        except Inconclusive as error:
            if error.code == "BIS-002":
                raise
            return NoReplay(why=error.found.partition(": ")[2] or error.found)
        except (DeepDivaError, OSError) as error:
            return NoReplay(why=str(getattr(error, "found", error)))

    def _lay_out(self, changes: Sequence[Change]) -> None:
        lay_out(self.a.place.tree, self.pristine, self.b.place.tree, changes)

    @property
    def _span(self) -> Span:
        return Span(digest_from=self.steps, stop_at=self.steps)

    def _look(self, side: Side, *, numeric_class: str | None) -> Seen:
        out = self.a.scratch / "trial"
        shutil.rmtree(out, ignore_errors=True)
        state = side.look(self._span, out, numeric_class=numeric_class).states.get(self.steps, {})
        chain = read_chain(out / "run")
        if "weights" in state:
            moment = Moment(self._epochs.get(self.steps, 0), self.steps)
            chain = Chain(chain.steps, chain.weights | {moment: state["weights"]})
        return Seen(chain=chain, optimizer=state.get("optimizer"))

    # -- Request -----------------------------------------------------------------------

    def _ask(self, changes: Iterable[Change]) -> None:
        flat = dict(self._settings)
        for change in changes:
            if change.part == "settings":
                flat[change.path] = change.b
        # None: B does not know the setting
        table = _nested({key: value for key, value in flat.items() if value is not None})
        self.a.place.request.write_text(tomli_w.dumps({**table, "data": self._request["data"]}))

    def _stamp(self, changes: Iterable[Change]) -> dict[str, Any]:
        wanted = {change.path: change.b for change in changes if change.part == "settings"}
        numbers = dict(self.a.stamp["numeric_class"])
        numbers["threads"] = wanted.get("machine.threads", numbers["threads"])
        numbers["level"] = wanted.get("machine.determinism", numbers["level"])
        return self.a.stamp | {"numeric_class": numbers}

    # -- Data --------------------------------------------------------------------------

    def _data(self, changes: Iterable[Change]) -> Path:
        """Return a folder with the data of A after `changes`; its files were verified when found."""
        wanted = [change for change in changes if change.part == "data"]
        if not wanted:
            return self.a.data
        sides = dict.fromkeys(load(self.a.run / "data" / "footprint.json").files, self.a.data)
        for change in wanted:
            if change.b is None:
                del sides[change.path]
            else:
                sides[change.path] = self.b.data
        return self._mix(sides)

    def _mix(self, sides: Mapping[str, Path]) -> Path:
        root = self.a.scratch / "data"
        shutil.rmtree(root, ignore_errors=True)
        prints = {side.data: load(side.run / "data" / "footprint.json") for side in (self.b, self.a)}
        files = {}
        for path, source in sorted(sides.items()):
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(source / path, place)
            known = prints[source].files[path]
            files[path] = FileEntry(known.size, place.stat().st_mtime_ns, known.digest)
        save(Footprint(files, prints[self.a.data].algorithm), root)
        return root


def _link_or_copy(source: Path, place: Path) -> None:
    """Give a file a second name; a copy where the scratch folder lies on another disk."""
    with suppress(OSError):
        os.link(source.resolve(), place)
        return
    shutil.copy2(source, place)


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of tables; single values stay before tables.

    Example:
        >>> _nested({"seed": 1, "schedule.epochs": 2})
        {'seed': 1, 'schedule': {'epochs': 2}}
    """
    table: dict[str, Any] = {}
    for key, value in sorted(flat.items(), key=lambda item: "." in item[0]):
        *folders, name = key.split(".")
        inner = table
        for folder in folders:
            inner = inner.setdefault(folder, {})
        inner[name] = value
    return table
