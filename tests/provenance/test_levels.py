"""Proves that a level's environment is in force before torch is imported, or the run refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import deepdiva
from deepdiva.errors import ConfigError
from deepdiva.provenance.levels import required_variables
from deepdiva.provenance.stamp import Level

SOURCES = Path(deepdiva.__file__).resolve().parents[1]
PROGRAM = """
import json, os, sys
from deepdiva.errors import DeepDivaError
from deepdiva.provenance import levels
print("<started>", file=sys.stderr)
try:
    levels.settle(sys.argv[1], int(sys.argv[2]))
except DeepDivaError as error:
    sys.exit(f"{error.exit_code} {error}")
assert "torch" not in sys.modules or "before" in sys.argv
facts = {"environment": dict(os.environ), "inherited": levels.inherited(), "words": sys.argv[1:]}
print(json.dumps(facts | {"randomized": sys.flags.hash_randomization}))
"""
BARE = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES)}


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """Return a program called `deepdiva`, as installers make it."""
    place = tmp_path / "deepdiva"
    place.write_text(f"#!{sys.executable}\n{PROGRAM}")
    place.chmod(0o755)
    return place


def start(*words: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start a program with no variables but the ones given."""
    return subprocess.run(
        list(map(str, words)), env=BARE | variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("level", ["off", "seeded", "strict"])
def test_all_required_variables_are_in_force(command: Path, level: Level) -> None:
    """After settling, every variable that the level requires has its value."""
    facts = json.loads(start(command, level, 3).stdout)

    required = required_variables(level, 3)
    assert {name: facts["environment"].get(name) for name in required} == required


def test_the_command_starts_itself_again_once(command: Path) -> None:
    """From a bare environment the program starts twice, with the same words."""
    done = start(command, "strict", 2, "a b", "", "--flag=*")

    assert done.stderr.count("<started>") == 2
    assert json.loads(done.stdout)["words"] == ["strict", "2", "a b", "", "--flag=*"]


def test_nothing_starts_again_where_all_is_set(command: Path) -> None:
    """With the environment in force already, the program starts once."""
    assert start(command, "strict", 2, **required_variables("strict", 2)).stderr.count("<started>") == 1


def test_what_was_replaced_is_remembered(command: Path) -> None:
    """Inherited thread counts, time zone and the like are overridden, and their old values kept."""
    inherited = {"OMP_NUM_THREADS": "8", "TZ": "Asia/Tokyo", "GOMP_SPINCOUNT": "7", "PYTHONHASHSEED": "5"}
    facts = json.loads(start(command, "strict", 1, **inherited).stdout)

    assert facts["inherited"] == inherited
    assert facts["environment"]["OMP_NUM_THREADS"] == "1"
    assert "GOMP_SPINCOUNT" not in facts["environment"]


def test_portable_computes_with_one_thread(command: Path) -> None:
    """All its variables are set; thread counts that were inherited, or asked for, give way to one."""
    facts = json.loads(start(command, "portable", 8, OMP_NUM_THREADS="4").stdout)

    required = required_variables("portable", 1)
    assert {name: facts["environment"].get(name) for name in required} == required
    assert facts["inherited"]["OMP_NUM_THREADS"] == "4"


def test_portable_refuses_what_was_set_against_it(command: Path) -> None:
    """Every contrary variable is listed with its remedy, in one message."""
    done = start(command, "portable", 1, MKL_CBWR="AVX2", ATEN_CPU_CAPABILITY="avx512")

    assert done.stderr.splitlines()[1].startswith("3 ENV-002: level 'portable' cannot be met")
    assert "ATEN_CPU_CAPABILITY='avx512': unset ATEN_CPU_CAPABILITY, or set it to avx2" in done.stderr
    assert "MKL_CBWR='AVX2': unset MKL_CBWR, or set it to COMPATIBLE" in done.stderr


def test_misspelt_values_refuse_portable(command: Path) -> None:
    """A misspelt value is called so at every level."""
    assert "3 ENV-001: MKL_CBWR=" in start(command, "portable", 1, MKL_CBWR="COMPATIBEL").stderr


def test_a_child_with_other_threads_settles_again(command: Path) -> None:
    """What a parent noted down does not keep its children from starting themselves again."""
    parent = json.loads(start(command, "strict", 2, OMP_NUM_THREADS="8").stdout)["environment"]
    done = start(command, "strict", 1, **parent)

    assert json.loads(done.stdout)["environment"]["OMP_NUM_THREADS"] == "1"


def test_a_hash_seed_set_too_late_is_noticed(command: Path) -> None:
    """Python started with -R ignores the variable: the level refuses instead of believing it."""
    done = start(sys.executable, "-R", command, "strict", 1)

    assert done.stderr.count("<started>") == 2
    assert "3 ENV-003" in done.stderr
    assert "-E, -I or -R" in done.stderr


@pytest.mark.parametrize(
    "variable",
    [
        "MKL_CBWR=COMPATIBEL",
        "MKL_CBWR=AVX2,STRIKT",
        "ATEN_CPU_CAPABILITY=AVX2",
        "ONEDNN_MAX_CPU_ISA=AVX3",
        "ONEDNN_DEFAULT_FPMATH_MODE=BF16",
        "NVIDIA_TF32_OVERRIDE=1",
        "CUBLAS_WORKSPACE_CONFIG=:0:0",
    ],
)
def test_misspelt_and_contrary_values_refuse(command: Path, variable: str) -> None:
    """A value that a library would ignore silently, or that works against the level, is an error."""
    name, _, value = variable.partition("=")
    done = start(command, "strict", 1, **{name: value})

    assert done.stderr.splitlines()[1].startswith(f"3 ENV-001: {name}={value!r}")


@pytest.mark.parametrize(
    "variable",
    [
        "MKL_CBWR=COMPATIBLE",
        "MKL_CBWR=AVX2,STRICT",
        "ONEDNN_MAX_CPU_ISA=avx2",
        "CUBLAS_WORKSPACE_CONFIG=:16:8",
    ],
)
def test_values_that_fit_are_kept(command: Path, variable: str) -> None:
    """A well-spelt value that does not work against the level stays as the user set it."""
    name, _, value = variable.partition("=")
    facts = json.loads(start(command, "strict", 1, **{name: value}).stdout)

    assert facts["environment"][name] == value


def test_level_off_refuses_nothing(command: Path) -> None:
    """At level off a run is described, not judged."""
    assert start(command, "off", 1, MKL_CBWR="COMPATIBEL").returncode == 0


@pytest.mark.parametrize("level", ["seeded", "strict", "portable"])
def test_torch_imported_before_refuses_the_upper_levels(tmp_path: Path, level: str) -> None:
    """With torch already imported, nothing can be changed: strict and portable refuse, the others go on."""
    (tmp_path / "torch.py").touch()
    script = f"import sys, torch; sys.argv = ['deepdiva', '{level}', '1', 'before']\n{PROGRAM}"
    done = start(sys.executable, "-c", script, PYTHONPATH=f"{tmp_path}:{SOURCES}")

    assert (done.returncode != 0) == (level != "seeded")
    assert ("ENV-003: torch is already imported" in done.stderr) == (level != "seeded")
    assert (f"as level {level!r} needs them" in done.stderr) == (level != "seeded")


def test_a_script_is_never_started_again() -> None:
    """A notebook or script keeps its process: level strict tells what to export instead."""
    script = f"import sys; sys.argv = ['script', 'strict', '1']\n{PROGRAM}"
    done = start(sys.executable, "-c", script)

    assert done.stderr.count("<started>") == 1
    assert "export PYTHONHASHSEED=0" in done.stderr


def test_memory_settings_alone_refuse_nothing() -> None:
    """The allocator's variables move time, not bits: where it is too late for them, a run goes on."""
    variables = {k: v for k, v in required_variables("strict", 1).items() if not k.startswith("MALLOC_")}
    script = f"import sys; sys.argv = ['script', 'strict', '1']\n{PROGRAM}"

    assert start(sys.executable, "-c", script, **variables).returncode == 0


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_are_no_threads(threads: int) -> None:
    """Fewer threads than one cannot be had."""
    with pytest.raises(ConfigError, match="CFG-003"):
        required_variables("strict", threads)


def test_threads_are_pinned_at_every_level() -> None:
    """Every library's thread count is the one asked for; only level portable knows one number."""
    for level in ("off", "seeded", "strict"):
        variables = required_variables(level, 7)
        assert {value for name, value in variables.items() if name.endswith("_THREADS")} == {"7"}
