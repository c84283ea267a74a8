"""The rule of memory: a million files take what their table takes, under 200 bytes each, and no more."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import simulated_listing

TABLE = 200
"""Bytes a file."""
BESIDE = 16 * 2**20
"""Bytes that may be taken besides tables, however many files there are."""


@pytest.mark.parametrize(
    "files", [10_000, pytest.param(1_000_000, marks=pytest.mark.slow)], ids=["10,000", "1,000,000"]
)
def test_memory_is_that_of_the_table(files: int) -> None:
    """Listing, writing, reading and comparing: beside the tables the same for few files and for many."""
    program = simulated_listing.__file__
    done = subprocess.run([sys.executable, program, str(files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    facts: dict[str, int] = json.loads(done.stdout)

    assert facts["files"] == files
    assert facts["table"] < TABLE * files
    assert facts["listing peak"] < TABLE * files + BESIDE, facts
    assert facts["whole peak"] < 2 * TABLE * files + BESIDE, "two tables are compared"
