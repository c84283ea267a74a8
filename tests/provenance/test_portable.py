"""What level portable asks of processor and environment."""

from __future__ import annotations

import pytest

from deepdiva.errors import LevelRefused
from deepdiva.provenance.portable import VALUES, Violation, contrary_variables, refuse, unfit_processor


def test_the_values_of_the_level_are_not_contrary() -> None:
    """What the level sets itself, and the thread counts that it overrides, are no violations."""
    assert contrary_variables(VALUES | {"OMP_NUM_THREADS": "8", "MKL_NUM_THREADS": "4"}) == []


@pytest.mark.parametrize(
    "variable",
    [
        "ATEN_CPU_CAPABILITY=default",
        "ONEDNN_MAX_CPU_ISA=AVX512_CORE",
        "DNNL_MAX_CPU_ISA=AVX",
        "MKL_CBWR=COMPATIBLE,STRICT",
        "MKL_ENABLE_INSTRUCTIONS=AVX2",
        "MKL_DEBUG_CPU_TYPE=5",
    ],
)
def test_other_kernels_are_contrary(variable: str) -> None:
    """A value that leads torch, oneDNN or MKL to other kernels is named with its remedy."""
    name, _, value = variable.partition("=")
    violation = contrary_variables({name: value})[0]

    assert violation.found == f"{name}={value!r}"
    assert violation.remedy.startswith(f"unset {name}")


@pytest.mark.parametrize(
    ("sets", "machine", "found"),
    [
        (["sse", "sse2", "avx"], "x86_64", "the processor lacks AVX2 and FMA"),
        (["avx", "avx2"], "AMD64", "the processor lacks FMA"),
        (["neon"], "aarch64", "the processor is aarch64, not x86-64"),
    ],
)
def test_lesser_processors_are_unfit(sets: list[str], machine: str, found: str) -> None:
    """Without AVX2 and FMA, or on another architecture, the level cannot be had."""
    assert unfit_processor(sets, machine)[0].found == found


@pytest.mark.parametrize("sets", [["avx2", "fma"], ["avx2_0", "fma"], ["avx2", "fma", "avx512f"], []])
def test_fit_processors_pass(sets: list[str]) -> None:
    """Whatever lies above AVX2 does not matter; a system that tells nothing is believed."""
    assert unfit_processor(sets, "x86_64") == []


def test_violations_are_raised_together() -> None:
    """One error tells them all; none raise nothing."""
    refuse([])
    with pytest.raises(LevelRefused, match=r"ENV-002(.|\n)*one: do this\n    two: do that"):
        refuse([Violation("one", "do this"), Violation("two", "do that")])
