"""`deepdiva resume RUN`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from deepdiva.cli import words as typed
from deepdiva.cli.find_run import find_run
from deepdiva.errors import DeepDivaError


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `deepdiva resume`."""

    run: tyro.conf.Positional[str] = "latest"
    """The run folder; or `latest`, its name, or a part that only one name has, below --out."""
    out: Path = Path("runs")
    """Folder below which runs are looked for by name."""
    data: Path | None = None
    """Where the data lies now, if it was moved."""
    allow_change: tuple[str, ...] = ()
    """What may differ from when the run began: code, environment, data, numeric_class."""
    strict_resume: bool = False
    """Refuse if the newest checkpoint is damaged, instead of taking the one before it."""
    json: bool = False
    """Print the result as one JSON object."""


def main(words: list[str]) -> int:
    """Go on with a run; the environment is settled before torch is imported, hence the late imports."""
    said = typed.read(
        Words,
        words,
        verb="resume",
        does="Go on with an interrupted run, to the very bits of one that was not.",
        example="deepdiva resume latest",
    )
    folder = find_run(said.run, said.out)
    _settle(folder)
    from deepdiva import experiment
    from deepdiva.cli import result
    from deepdiva.cli.progress import progress_on

    with progress_on() as progress:
        try:
            record = experiment.resume(
                folder,
                data=said.data,
                allow_change=said.allow_change,
                strict=said.strict_resume,
                progress=progress,
            )
        except DeepDivaError:
            result.tell_broken(progress.folder, as_json=said.json)
            raise
    result.tell(record, as_json=said.json)
    return 0


def _settle(run: Path) -> None:
    from deepdiva.config import read_toml
    from deepdiva.provenance.levels import default_threads, settle

    machine = read_toml(run / "request.toml").get("machine", {})
    level, threads = machine.get("determinism", "strict"), machine.get("threads")
    settle(level, threads if isinstance(threads, int) else default_threads(level))
