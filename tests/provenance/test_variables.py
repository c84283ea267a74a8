"""Proves which environment variables are recorded, and that no secret is among them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.provenance.variables import contrary_values, read_variables, scrub


@pytest.mark.parametrize(
    "name",
    [
        "OMP_NUM_THREADS", "MKL_CBWR", "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "CUDA_VISIBLE_DEVICES",
        "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "PYTHONHASHSEED", "LC_ALL", "TZ", "TORCH_HOME",
        "TORCHINDUCTOR_CACHE", "PYTORCH_CUDA_ALLOC_CONF", "SLURM_JOB_ID", "MALLOC_TOP_PAD_", "KMP_AFFINITY",
    ],
)  # fmt: skip
def test_what_moves_a_bit_is_recorded(name: str) -> None:
    """Variables of the numeric libraries, of Python's hashing, of locale and time, and the job's number."""
    assert read_variables({name: "1", "HOME": "x"}) == {name: "1"}


@pytest.mark.parametrize(
    "name",
    [
        "HOME", "PATH", "USER", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "WANDB_API_KEY", "HF_TOKEN",
        "LS_COLORS", "TORCH_HUB_TOKEN",
        "CUDA_SECRET", "MKL_LICENSE_KEY", "NVIDIA_API_KEY", "TORCH_PASSWORD", "OMP_PASS",
        "LC_CREDENTIALS", "SLURM_JWT", "DATABASE_URL",
    ],
)  # fmt: skip
def test_everything_else_is_not(name: str) -> None:
    """Names off the list, and names on it that smell of a secret, are left out."""
    assert read_variables({name: "x"}) == {}


def test_the_order_is_that_of_the_names() -> None:
    """Two equal environments are recorded as equal text."""
    assert list(read_variables({"TZ": "UTC", "LC_ALL": "C", "OMP_DYNAMIC": "FALSE"})) == [
        "LC_ALL",
        "OMP_DYNAMIC",
        "TZ",
    ]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("http://me:secret@proxy:80", "http://proxy:80"),
        ("a=1,api_key=secret;b=2", "a=1,api_key=...;b=2"),
        ("password: secret", "password: ..."),
        ("/home/me/lib.so /opt/x/y.so", ".../lib.so .../y.so"),
        ("~/cache", ".../cache"),
        ("file:///home/me/cache", ".../cache"),
        ("expandable_segments:True", "expandable_segments:True"),
        (":4096:8", ":4096:8"),
        ("Europe/Zurich", "Europe/Zurich"),
    ],
)
def test_values_lose_secrets_and_places(value: str, kept: str) -> None:
    """Credentials and folders of this machine are taken out of what is recorded."""
    assert scrub(value) == kept


def test_long_values_are_cut() -> None:
    """A value cannot fill the record."""
    assert len(scrub("x" * 10_000)) < 1100


@given(st.text(alphabet=st.characters(exclude_characters="\0"), max_size=200))
def test_scrubbing_takes_any_value(value: str) -> None:
    """Whatever a variable holds, scrubbing it a second time changes nothing more."""
    assert scrub(scrub(value)) == scrub(value)


def test_only_strict_asks_for_the_workspace() -> None:
    """The workspace of cuBLAS matters to level strict alone."""
    environment = {"CUBLAS_WORKSPACE_CONFIG": ":0:0"}
    assert contrary_values(environment, strict=False) == {}
    assert list(contrary_values(environment, strict=True)) == ["CUBLAS_WORKSPACE_CONFIG"]
