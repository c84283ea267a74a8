"""Whole commands, typed as a user types them, in a repository of the user's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEEPDIVA = [sys.executable, "-m", "deepdiva"]


@dataclass(frozen=True)
class Result:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON object it must be."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Desk:
    """A researcher's repository, clean, with a data set beside it."""

    folder: Path
    data: Path

    def type(self, *words: str | Path, expect: int = 0) -> Result:
        """Run `deepdiva WORDS` in the repository; the exit status must be `expect`."""
        done = subprocess.run(
            [*DEEPDIVA, *map(str, words)], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == expect, (
            f"{words} ended with {done.returncode}:\n{done.stderr}\n{done.stdout}"
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start `deepdiva WORDS` and do not wait for it."""
        return subprocess.Popen(
            [*DEEPDIVA, *map(str, words)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def git(self, *words: str) -> str:
        """Run git in the repository."""
        return subprocess.run(
            ["git", *words], cwd=self.folder, capture_output=True, text=True, check=True
        ).stdout

    def run_words(self, *more: str | Path, epochs: int = 2, seed: int | None = 1) -> list[str | Path]:
        """Return the words of a short run."""
        seeded = [] if seed is None else ["--seed", str(seed)]
        words = (
            "run",
            "image-classification",
            "--data",
            self.data,
            "--epochs",
            str(epochs),
            "--threads",
            "1",
        )
        return [*words, *seeded, "--json", *more]

    def copy_of_data(self, to: Path) -> Path:
        """Return a copy of the data set that a test may spoil; times are those of the original."""
        shutil.copytree(self.data, to, copy_function=shutil.copy2)
        return to


def make_desk(folder: Path, data: Path) -> Desk:
    """Return a new repository with one commit."""
    folder.mkdir(parents=True)
    desk = Desk(folder, data)
    desk.git("init", "-q", "-b", "main")
    (folder / "notes.md").write_text("An idea.\n")
    (folder / ".gitignore").write_text("__pycache__/\n")
    desk.git("add", ".")
    desk.git("commit", "-q", "-m", "Begin")
    return desk


def facts(run: str | Path) -> tuple[bytes, list[dict[str, Any]]]:
    """Return the chain and the events of a run, times and checksums left out."""
    lines = Path(run, "events.jsonl").read_text().splitlines()
    events = [{k: v for k, v in json.loads(line).items() if k not in ("time", "checksum")} for line in lines]
    return Path(run, "chain.jsonl").read_bytes(), events


def set_content(path: Path, content: bytes, times: os.stat_result) -> None:
    """Write `content` and put the times back."""
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
