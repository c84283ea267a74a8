"""What a recorded run needs to run again: its code in a scratch folder, and its request beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from deepdiva.config import read_toml
from deepdiva.errors import DataError
from deepdiva.experiment.request import FILE_NAME
from deepdiva.provenance.keep import load_stamp
from deepdiva.provenance.manifest import safe_path
from deepdiva.provenance.restore import restore
from deepdiva.provenance.scratch import begin_repository, import_path


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Where a process finds what ran."""

    tree: Path
    """The restored tree: the folder to work in."""
    request: Path
    """The request; a file that holds its task is named as it lies in the tree."""
    search: tuple[Path, ...]
    """Folders in which Python looks for modules first."""
    notes: tuple[str, ...]
    """In what it is not the same."""
    alone: bool = False
    """Whether Python looks nowhere else but among the packages of its own environment."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that make Python look there."""
        inherited = [] if self.alone else os.environ.get("PYTHONPATH", "").split(os.pathsep)
        return {"PYTHONPATH": os.pathsep.join([*map(str, self.search), *filter(None, inherited)])}


def bring_back(run: Path, scratch: Path, *, alone: bool = False, places: Sequence[Path] = ()) -> Workplace:
    """Restore the code of `run` into the folder `scratch`.

    Args:
        alone: For an interpreter of another environment, which lacks the `deepdiva` of this one.
        places: Repositories in which its commit is looked for first.

    Raises:
        DataError: it cannot be restored, see `provenance.restore`; or the stamp does not tell
            where the task's file lies in it (SRC-010).
        Inconclusive: it is to be alone, and the `deepdiva` that ran is not at hand (REP-011).
    """
    code = load_stamp(run)["code"]
    tree, links = scratch.resolve() / "code", scratch.resolve() / "links"
    restored = restore(run, tree, places=places)
    if restored.code.kind == "git":
        begin_repository(tree, restored.code.tree)
    links.mkdir()
    first, sentence = import_path(tree, code, links, alone=alone)
    request = scratch.resolve() / FILE_NAME
    request.write_bytes(_request(run, code.get("entry")))
    lacking = [f"not restored: {line}" for line in restored.missing]
    notes = (*lacking, *filter(None, [sentence]))
    return Workplace(tree=tree, request=request, search=tuple(first), notes=notes, alone=alone)


def _request(run: Path, entry: object) -> bytes:
    """Return the request of the run; a file that holds its task is named as it lies in the tree."""
    table = read_toml(run / FILE_NAME)
    if str(table.get("task")).endswith(".py"):
        try:
            table["task"] = safe_path(entry)
        except (ValueError, TypeError) as error:
            raise DataError(
                f"{run / 'stamp.json'} does not tell where in its tree {table['task']} lies",
                expected="`entry`, a path below the source tree",
                remedy="do not trust this run; ask where it comes from",
                code="SRC-010",
            ) from error
    return tomli_w.dumps(table).encode()
