"""Proves how many cores a process may keep busy."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from deepdiva.provenance import cores
from deepdiva.provenance.cores import physical_cores


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a machine of eight processors on four cores, without limits, and return its folder."""
    for number in range(8):
        folder = tmp_path / f"cpu{number}/topology"
        folder.mkdir(parents=True)
        (folder / "core_cpus_list").write_text(f"{number % 4},{number % 4 + 4}\n")
    (tmp_path / "groups/outer/inner").mkdir(parents=True)
    (tmp_path / "membership").write_text("0::/outer/inner\n")
    monkeypatch.setattr(cores, "_TOPOLOGY", tmp_path)
    monkeypatch.setattr(cores, "_CGROUPS", tmp_path / "groups")
    monkeypatch.setattr(cores, "_MEMBERSHIP", tmp_path / "membership")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    return tmp_path


@pytest.mark.usefixtures("machine")
def test_siblings_count_once() -> None:
    """Two threads of one core are one core."""
    assert physical_cores() == 4


@pytest.mark.usefixtures("machine")
def test_cores_outside_the_mask_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may run on one core and its sibling has one."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 5}, raising=False)
    assert physical_cores() == 1


@pytest.mark.parametrize(
    ("limit", "expected"), [("250000 100000", 2), ("max 100000", 4), ("10000 100000", 1)]
)
def test_the_quota_of_a_container_counts(machine: Path, limit: str, expected: int) -> None:
    """Half a core's worth of time more does not make another thread worth while; one is the least."""
    (machine / "groups/outer/inner/cpu.max").write_text(limit)
    assert physical_cores() == expected


def test_the_tightest_group_counts(machine: Path) -> None:
    """A limit of an outer group holds inside."""
    (machine / "groups/outer/cpu.max").write_text("100000 100000")
    (machine / "groups/outer/inner/cpu.max").write_text("300000 100000")
    assert physical_cores() == 1


def test_the_older_form_of_limits_counts(machine: Path) -> None:
    """Version 1 of control groups says it in two files."""
    (machine / "membership").write_text("3:cpu,cpuacct:/box\n2:memory:/box\n")
    folder = machine / "groups/cpu,cpuacct/box"
    folder.mkdir(parents=True)
    (folder / "cpu.cfs_quota_us").write_text("200000\n")
    (folder / "cpu.cfs_period_us").write_text("100000\n")
    assert physical_cores() == 2


def test_a_machine_that_says_nothing_has_its_processors(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without topology every processor is a core."""
    monkeypatch.setattr(cores, "_TOPOLOGY", machine / "nowhere")
    assert physical_cores() == 8
