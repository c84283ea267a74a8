from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deepdiva.provenance import NumericClass, Source, Stamp, check, find_source
from deepdiva.record import RunWriter, create_run
from deepdiva.record.info import write_info
from deepdiva.record.lock import RunLock

Open = Callable[[Path], RunWriter]
Create = Callable[..., RunWriter]


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stamp, Source]:
    """Give what a run stands on, as the gate saw it in a small repository."""
    root = tmp_path_factory.mktemp("ground")
    repository, data = root / "repository", root / "data"
    repository.mkdir()
    data.mkdir()
    (repository / "idea.py").write_text("ANSWER = 42\n")
    (data / "sample.txt").write_text("one\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    source = find_source(repository / "idea.py", exempt=[])
    numbers = NumericClass(
        canary="0" * 64,
        level="strict",
        device="cpu",
        threads=1,
        torch="2",
        compile=False,
        precision="float32",
    )
    stamp = check(
        source=source,
        on_uncommitted="refuse",
        data_root=data,
        request_sha256="ab" * 32,
        seed=7,
        numeric_class=numbers,
    )
    return stamp, source


@pytest.fixture
def create(ground: tuple[Stamp, Source]) -> Iterator[Create]:
    """Give a function that makes a complete run folder below a folder."""
    stamp, source = ground
    writers: list[RunWriter] = []

    def make(out: Path, slug: str = "digits") -> RunWriter:
        about = {"task": "image-classification"}
        writers.append(
            create_run(out, slug=slug, request_toml="seed = 7\n", stamp=stamp, source=source, about=about)
        )
        return writers[-1]

    yield make
    for writer in writers:
        writer.close()


@pytest.fixture
def open_writer() -> Iterator[Open]:
    """Give a function that opens a writer on a folder which holds nothing else."""
    writers: list[RunWriter] = []

    def make(folder: Path) -> RunWriter:
        folder.mkdir(parents=True, exist_ok=True)
        info = {"id": folder.name, "status": "running", "seconds": None}
        lock = RunLock(folder)
        write_info(folder, info)
        writers.append(RunWriter(folder, lock, info))
        return writers[-1]

    yield make
    for writer in writers:
        writer.close()
