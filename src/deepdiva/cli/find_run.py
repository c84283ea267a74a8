"""From what a person types to a run folder."""

from __future__ import annotations

import difflib
from pathlib import Path

from deepdiva.errors import ConfigError
from deepdiva.record import list_runs, read_run

RUN_FILE = "run.json"


def find_run(word: str, out: Path) -> Path:
    """Return the run folder that `word` means.

    Args:
        word: A folder; or `latest`, the name of a run, or a part that only one name has, below `out`.
        out: Where runs lie.

    Raises:
        ConfigError: no run is meant, or several are (CFG-022).
        DataError: a folder is meant that is no run (VER-003).
    """
    for place in (Path(word), out / word):
        if (place / RUN_FILE).exists():
            return place.parent / place.readlink() if place.is_symlink() else place
    runs = {str(run.folder.relative_to(out)): run.folder for run in list_runs(out)}
    meant = [name for name in runs if word in name]
    if len(meant) == 1:
        return runs[meant[0]]
    if Path(word).is_dir():
        return read_run(Path(word)).folder  # says what is missing
    near = meant[-5:] or difflib.get_close_matches(word, runs, n=3, cutoff=0.4)
    raise ConfigError(
        f"{len(meant)} runs are called {word!r}" if meant else f"no run is called {word!r}",
        expected=f"the folder of a run, `latest`, or a part of one name below {out}",
        remedy=f"did you mean {' or '.join(near)}?"
        if near
        else f"`deepdiva list --out {out}` shows what there is",
        code="CFG-022",
    )
