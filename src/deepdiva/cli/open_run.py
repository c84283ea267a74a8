"""From what a person types to a run folder, also where the run lies in a crate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from deepdiva.cli.find_run import find_run


@contextmanager
def open_run(word: str, out: Path) -> Iterator[Path]:
    """Give the run folder that `word` means; one out of a crate is gone at the end.

    Args:
        word: A crate, or what `find_run` understands.
        out: Where runs lie.

    Raises:
        ConfigError, DataError: see `find_run`, and `share.open_crate` for a crate.
    """
    if not Path(word).is_file():
        yield find_run(word, out)
        return
    from deepdiva.share import open_crate

    with TemporaryDirectory(prefix="deepdiva-") as scratch:
        yield open_crate(Path(word), Path(scratch) / (Path(word).name.partition(".")[0] or "run"))
