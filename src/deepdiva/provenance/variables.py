"""Environment variables that can move a bit: which are recorded, and which are misspelt.

Recording goes by an allow-list, so that nothing secret is written down by accident.
Libraries ignore a misspelt value in silence; here it is an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

_PREFIXES = (
    "ATEN_", "BLIS_", "CUBLAS_", "CUBLASLT_", "CUDA_", "CUDNN_", "DNNL_", "GOMP_", "GOTO_", "HIP_",
    "KMP_", "LC_", "MALLOC_", "MIOPEN_", "MKL_", "MPS_", "NCCL_", "NUMEXPR_", "NVIDIA_", "OMP_",
    "ONEDNN_", "OPENBLAS_", "PYTORCH_", "ROCBLAS_", "TORCH", "TRITON_", "VECLIB_", "XLA_",
)  # fmt: skip
_NAMES = frozenset({
    "GLIBC_TUNABLES", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LD_PRELOAD",
    "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES",
    "PYTHONHASHSEED", "PYTHONMALLOC", "PYTHONOPTIMIZE", "PYTHONPATH", "PYTHONUTF8", "SLURM_ARRAY_JOB_ID",
    "SLURM_ARRAY_TASK_ID", "SLURM_CPUS_PER_TASK", "SLURM_JOB_ID", "SLURM_NTASKS",
    "SLURM_PROCID", "SLURM_RESTART_COUNT", "TZ",
})  # fmt: skip
_SECRET = re.compile(r"TOKEN|KEY|SECRET|PASS|CREDENTIAL|AUTH|COOKIE|SIGNATURE|DSN", re.IGNORECASE)
_CREDENTIALS_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@]*@")
_ASSIGNED_SECRET = re.compile(
    r"\b([\w-]*(?:token|key|secret|pass|credential|auth)[\w-]*\s*[=:]\s*)[^\s,;&]+", re.IGNORECASE
)
_PLACE = re.compile(
    r"(?:(?<=[\s=:,;\"'])|^)(?:~|/(?!/)|[A-Za-z]:\\)[^\s:,;\"']*?([^\s:,;\"'/\\]*)(?=[\s:,;\"']|$)"
)
_LONGEST = 1000


def read_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables on the allow-list that are set, sorted by name, without secrets."""
    return {name: scrub(environment[name]) for name in sorted(environment) if is_recorded(name)}


def is_recorded(name: str) -> bool:
    """Tell whether the value of `name`, or that it is not set, goes into the record."""
    return (name in _NAMES or name.startswith(_PREFIXES)) and not _SECRET.search(name)


def scrub(value: str) -> str:
    """Return `value` without credentials and without the places of this machine.

    Example:
        >>> scrub("https://me:secret@host/a")
        'https://host/a'
        >>> scrub("mode=fast,token=abc")
        'mode=fast,token=...'
        >>> scrub("/home/me/lib.so:4096:8")
        '.../lib.so:4096:8'
    """
    value = _CREDENTIALS_IN_ADDRESS.sub("", value.replace("file://", ""))
    value = _ASSIGNED_SECRET.sub(r"\1...", value)
    value = _PLACE.sub(r".../\1", value)
    return value if len(value) <= _LONGEST else value[:_LONGEST] + "..."


# -- Spelling ------------------------------------------------------------------------

_MKL_BRANCHES = (
    "AUTO COMPATIBLE SSE2 SSE3 SSSE3 SSE4_1 SSE4_2 AVX AVX2 AVX512 AVX512_MIC "
    "AVX512_E1 AVX512_E2 AVX512_E3 AVX512_E4"
)
_ONEDNN_SETS = (
    "DEFAULT ALL SSE41 AVX AVX2 AVX2_VNNI AVX2_VNNI_2 AVX512_CORE AVX512_CORE_VNNI AVX512_CORE_BF16 "
    "AVX512_CORE_FP16 AVX512_CORE_AMX AVX512_CORE_AMX_FP16 AVX10_1_512 AVX10_1_512_AMX AVX10_1_512_AMX_FP16 "
    "AVX10_2 AVX10_2_512 AVX10_2_AMX_2 AVX10_2_512_AMX_2"
)


def _words(text: str, *, upper: bool = False) -> Callable[[str], bool]:
    known = frozenset(text.split())
    return lambda value: (value.upper() if upper else value) in known


def _mkl_branch(value: str) -> bool:
    branch, _, strictness = value.partition(",")
    return branch in _MKL_BRANCHES.split() and strictness in ("", "STRICT")


_SPELLINGS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "ATEN_CPU_CAPABILITY": (
        "default, avx2, avx512, sve256, vsx or zvector",
        _words("default avx2 avx512 sve256 vsx zvector"),
    ),
    "MKL_CBWR": (f"one of {_MKL_BRANCHES}, with or without ',STRICT'", _mkl_branch),
    "MKL_ENABLE_INSTRUCTIONS": (
        "SSE4_2, AVX, AVX2, AVX2_E1 or AVX512 to AVX512_E4",
        _words("SSE4_2 AVX AVX2 AVX2_E1 AVX512 AVX512_E1 AVX512_E2 AVX512_E3 AVX512_E4"),
    ),
    "ONEDNN_MAX_CPU_ISA": (f"one of {_ONEDNN_SETS}", _words(_ONEDNN_SETS, upper=True)),
    "DNNL_MAX_CPU_ISA": (f"one of {_ONEDNN_SETS}", _words(_ONEDNN_SETS, upper=True)),
    "ONEDNN_DEFAULT_FPMATH_MODE": ("STRICT, or the variable unset", _words("STRICT", upper=True)),
    "DNNL_DEFAULT_FPMATH_MODE": ("STRICT, or the variable unset", _words("STRICT", upper=True)),
    "NVIDIA_TF32_OVERRIDE": ("0, or the variable unset", _words("0")),
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": ("0, or the variable unset", _words("0")),
}
_STRICT_SPELLINGS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "CUBLAS_WORKSPACE_CONFIG": (":4096:8 or :16:8", _words(":4096:8 :16:8")),
}


def contrary_values(environment: Mapping[str, str], *, strict: bool) -> dict[str, str]:
    """Return every variable whose value is misspelt or contrary to repeatable numbers, and what fits.

    Example:
        >>> list(contrary_values({"MKL_CBWR": "COMPATIBEL"}, strict=True))
        ['MKL_CBWR']
        >>> contrary_values({"MKL_CBWR": "COMPATIBLE"}, strict=True)
        {}
    """
    spellings = _SPELLINGS | (_STRICT_SPELLINGS if strict else {})
    return {
        name: allowed
        for name, (allowed, fits) in sorted(spellings.items())
        if name in environment and not fits(environment[name])
    }
