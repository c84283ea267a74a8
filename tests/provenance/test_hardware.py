"""Proves what is said of the machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deepdiva.provenance import hardware
from deepdiva.provenance.hardware import cpu_model, read_hardware

INTEL = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz
stepping\t: 4
flags\t\t: fpu sse sse2 ssse3 sse4_1 fma avx avx2 avx512f bmi2 smep smx

processor\t: 1
model name\t: another
"""
ARM = """processor\t: 0
BogoMIPS\t: 50.00
Features\t: fp asimd evtstrm sve bf16 smefa64 sme
CPU implementer\t: 0x41
CPU variant\t: 0x1
CPU part\t: 0xd40
CPU revision\t: 1
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a Linux machine that says nothing yet."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(hardware, "_PROCESSORS", tmp_path / "cpuinfo")
    monkeypatch.setattr(hardware, "_DRIVER", tmp_path / "nvidia")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_model_and_instruction_sets(machine: Path) -> None:
    """Of the flags, those remain by which numeric libraries choose their kernels."""
    (machine / "cpuinfo").write_text(INTEL)
    cpu = read_hardware()["cpu"]

    assert cpu["model"] == "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz"
    assert cpu["instruction_sets"] == [
        "avx",
        "avx2",
        "avx512f",
        "bmi2",
        "fma",
        "sse",
        "sse2",
        "sse4_1",
        "ssse3",
    ]


def test_a_processor_without_a_name_is_told_by_its_parts(machine: Path) -> None:
    """ARM processors on Linux give numbers instead of a name."""
    (machine / "cpuinfo").write_text(ARM)

    assert cpu_model() == "0x41 0xd40 0x1 1"
    assert read_hardware()["cpu"]["instruction_sets"] == ["asimd", "bf16", "sme", "sve"]


@pytest.mark.usefixtures("machine")
def test_a_silent_machine_is_no_error() -> None:
    """What a machine does not tell is None or empty."""
    facts = read_hardware()

    assert (facts["gpus"], facts["gpu_driver"]) == ([], None)
    assert facts["cpu"]["instruction_sets"] == []


def test_gpus_are_read_from_the_driver(machine: Path) -> None:
    """Model and driver of each GPU stand in the driver's own files, in the order of the bus."""
    for bus in ("0000:41:00.0", "0000:01:00.0"):
        (machine / f"nvidia/gpus/{bus}").mkdir(parents=True)
        (machine / f"nvidia/gpus/{bus}/information").write_text(
            f"Model: \t\t NVIDIA {bus[5:7]}\nIRQ:   \t\t 18\nGPU UUID: \t GPU-1\nGPU Firmware: \t 580.1\n"
        )
    (machine / "nvidia/version").write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build\n"
    )
    facts = read_hardware()

    assert facts["gpus"] == [
        {"model": "NVIDIA 01", "firmware": "580.1"},
        {"model": "NVIDIA 41", "firmware": "580.1"},
    ]
    assert facts["gpu_driver"] == "580.95.05"


def test_gpus_are_asked_for_where_the_driver_has_no_files(machine: Path) -> None:
    """Without the driver's files its program answers."""
    program = machine / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA X, 550.1, 95.0'\n")
    program.chmod(0o755)

    facts = read_hardware()
    assert (facts["gpus"], facts["gpu_driver"]) == ([{"model": "NVIDIA X", "firmware": "95.0"}], "550.1")


@pytest.mark.parametrize("script", ["exit 9", "echo 'No devices were found'", "kill -9 $$"])
def test_a_broken_gpu_program_is_no_error(machine: Path, script: str) -> None:
    """A program that fails or talks prose means that there is no GPU to speak of."""
    program = machine / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)

    assert read_hardware()["gpus"] == []


def test_a_gpu_program_that_hangs_is_left(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a driver that does not answer."""
    monkeypatch.setattr(hardware, "_SECONDS", 0.2)
    program = machine / "nvidia-smi"
    program.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    program.chmod(0o755)

    assert read_hardware()["gpus"] == []
