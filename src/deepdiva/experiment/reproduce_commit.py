"""Reproduce a request that lies in a commit: `GIT-URL@COMMIT:request.toml`.

What it is compared with, the first that there is:

    the record beside it     the request lies in a run folder that was committed
    a record below --out     a finished run of the same request, tree and data
    itself                   it is run twice, and the verdict says that no record came with it
"""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w

from deepdiva.engine import Progress, Silence
from deepdiva.errors import DataError, GateRefused, Inconclusive
from deepdiva.experiment.judge import judge, no_run
from deepdiva.experiment.reproduce import Wish, begin, reproduce
from deepdiva.experiment.request import FILE_NAME
from deepdiva.experiment.rerun import Rerun, run_at
from deepdiva.experiment.search_digest import search_digest
from deepdiva.experiment.verdict import Origin, Reproduction
from deepdiva.experiment.workplace import Workplace
from deepdiva.provenance.clone import CommitTree, GitWord, clone
from deepdiva.provenance.entries import FILE, PROGRAM
from deepdiva.provenance.manifest import safe_path
from deepdiva.provenance.scratch import begin_repository
from deepdiva.record import RunRecord, list_runs, read_run

_RECORD = ("run.json", "chain.jsonl", "seal.json")
"""What lies beside a request that belongs to a record."""


def reproduce_commit(
    word: GitWord, wish: Wish, scratch: Path, *, progress: Progress | None = None
) -> Reproduction:
    """Clone, find the request and what it is compared with, run, and compare.

    Args:
        scratch: An empty folder; what is written there is needed as long as the answer is.

    Raises:
        ResourceError: a disk or a permission stands in the way.
        Interrupted: a signal came.
    """
    progress = progress or Silence()
    origin = Origin(repository=word.told, commit=word.revision, request=word.path)
    blank = Reproduction(verdict="INCONCLUSIVE", original=None, reason="", origin=origin)
    try:
        progress.note(f"cloning {word.told}")
        tree = clone(word, scratch / "clone.git")
        origin = replace(origin, commit=tree.reader.commit)
        blank = replace(blank, origin=origin)
        progress.note(f"{word.revision} of {word.told} is commit {origin.commit}")
        table = _table(tree.read(word.path), word.path)
        if _is_record(tree, word.path):
            return _reproduce_record(tree, origin, wish, scratch, progress)
        return _Case(tree, table, blank, wish, scratch, progress).answer()
    except (DataError, GateRefused, Inconclusive) as error:
        return replace(blank, reason=error.found, cause=error)


def _table(content: bytes, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise Inconclusive(
            f"{path} is no request: {error}",
            expected="a TOML file, such as the `request.toml` of a run",
            remedy="name another file, or another commit",
            code="REP-004",
        ) from error


def _is_record(tree: CommitTree, path: str) -> bool:
    folder, name = posixpath.split(path)
    return name == FILE_NAME and all(posixpath.join(folder, part) in tree.entries for part in _RECORD)


def _reproduce_record(
    tree: CommitTree, origin: Origin, wish: Wish, scratch: Path, progress: Progress
) -> Reproduction:
    """Reproduce the run whose folder was committed; its own commit is looked for in the clone first."""
    below = posixpath.dirname(origin.request)
    folder = scratch / "record" / (posixpath.basename(below) or "run")
    tree.write(folder, f"{below}/" if below else "")
    return reproduce(folder, wish, origin=origin, places=[tree.reader.place], progress=progress)


@dataclass(frozen=True)
class _Case:
    """A request that lies in no record."""

    tree: CommitTree
    table: Mapping[str, Any]
    blank: Reproduction
    wish: Wish
    scratch: Path
    progress: Progress

    def answer(self) -> Reproduction:
        """Run it, find a record to compare it with, or run it a second time."""
        if self.wish.environment == "rebuild":
            raise Inconclusive(
                f"no record came with {self._path}, so no lock tells what to rebuild",
                expected="a request that lies in a committed run folder, beside its lock",
                remedy="leave out `--environment`, or reproduce a run folder or a crate",
                code="REP-007",
            )
        first, data = self._place("first"), self._data()
        again = self._run(first, data)
        if again.folder is None:
            return no_run(self.blank, again)
        new = read_run(again.folder)
        record = _find_record(new, self.wish.out)
        if record is None:
            return self._twice(new, data)
        self.progress.note(f"it is compared with the record {record.folder}")
        blank, refused = begin(record.folder, self.blank.origin)
        return blank if refused else self._judge(blank, record, again)

    def _twice(self, first: RunRecord, data: Path) -> Reproduction:
        self.progress.note(f"no run below {self.wish.out} is a record of it: it is run a second time")
        blank = replace(self.blank, original=first, recorded=False)
        stopped = self.wish.steps is not None and first.status == "interrupted"
        if first.status != "finished" and not stopped:
            return replace(blank, reason=f"the first run is {first.status}; its message tells why")
        return self._judge(blank, first, self._run(self._place("second"), data))

    def _judge(self, blank: Reproduction, record: RunRecord, again: Rerun) -> Reproduction:
        any_class = self.wish.environment == "ignore"
        return judge(blank, record, again, steps=self.wish.steps, any_class=any_class)

    def _run(self, place: Workplace, data: Path) -> Rerun:
        return run_at(place, data=data, out=self.wish.out, stop_after_steps=self.wish.steps)

    def _place(self, name: str) -> Workplace:
        """Write the tree of the commit, and the request with its task as it lies there."""
        scratch = (self.scratch / name).resolve()
        code = scratch / "code"
        lacking = self.tree.write(code)
        begin_repository(code, self.tree.tree)
        request = scratch / FILE_NAME
        request.write_bytes(tomli_w.dumps({**self.table, "task": self._task()}).encode())
        search = tuple(folder for folder in (code / "src", code) if folder.is_dir())
        notes = tuple(f"not restored: {line}" for line in lacking)
        return Workplace(tree=code, request=request, search=search, notes=notes)

    def _task(self) -> object:
        """Return the task as it is named from the root of the tree."""
        task = self.table.get("task")
        if not isinstance(task, str) or not task.endswith(".py"):
            return task
        for folder in (posixpath.dirname(self._path), ""):
            path = posixpath.normpath(posixpath.join(folder, task))
            entry = self.tree.entries.get(path)
            if entry is not None and entry.mode in (FILE, PROGRAM):
                return safe_path(path)
        raise Inconclusive(
            f"{task!a}, the task of {self._path}, is no file of commit {self.tree.reader.commit}",
            expected="a path from the folder of the request, or from the root of the tree",
            remedy="commit the task, and name it by such a path in the request",
            code="REP-005",
        )

    def _data(self) -> Path:
        """Find the data: where it was typed from here, or in the tree itself."""
        typed, digest = str(self.table.get("data")), self.table.get("data_sha256")
        root = (self.scratch / "first" / "code").resolve()
        inside = (root / typed).resolve()
        in_tree = inside.is_relative_to(root) and inside.is_dir()
        places = [Path(typed), *([inside] if in_tree else [])]
        known = digest if isinstance(digest, str) and digest != "none" else None
        found = search_digest(known, typed=places, given=self.wish.data)
        self.progress.note(f"data found in {found}" + (", every file read" if known else ""))
        return found

    @property
    def _path(self) -> str:
        return self.blank.origin.request if self.blank.origin else ""


def _find_record(new: RunRecord, out: Path) -> RunRecord | None:
    """Return a finished run of the same request, tree and data; of one numeric class if there is one."""
    found = [run for run in list_runs(out) if run.status == "finished" and _is_same(run, new)]
    return min(found, key=lambda run: run.info["numeric_class"] != new.info["numeric_class"], default=None)


def _is_same(run: RunRecord, new: RunRecord) -> bool:
    facts = ("request_sha256", "data_sha256")
    trees = [record.stamp.get("code", {}).get("tree") for record in (run, new)]
    return (
        run.folder.name != new.folder.name
        and all(run.info.get(name) == new.info.get(name) for name in facts)
        and trees[0] == trees[1]
    )
