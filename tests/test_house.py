import ast
import importlib
import os
import re
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "deepdiva"
ROOMS = sorted(folder.name for folder in SOURCE.iterdir() if (folder / "__init__.py").exists())
EMPTY_NAMES = {"base", "common", "helper", "helpers", "misc", "util", "utils"}
DANGEROUS = re.compile(r"allow_pickle=True|weights_only=False|add_safe_globals|shell=True|\.extractall\(")
COMMAND = [str(Path(sys.executable).with_name("deepdiva")), "--help"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_holds(room: str) -> None:
    """Every room opens with one sentence about itself."""
    assert ast.get_docstring(ast.parse((SOURCE / room / "__init__.py").read_text()))


@pytest.mark.parametrize("room", ROOMS)
def test_the_public_face_of_a_room_is_there(room: str) -> None:
    """Every name in `__all__` can be had from the room, and is named once."""
    module = importlib.import_module(f"deepdiva.{room}")
    face = getattr(module, "__all__", [])

    assert [name for name in face if not hasattr(module, name)] == []
    assert len(face) == len(set(face))


def test_names_of_data_are_no_names_of_its_modules() -> None:
    """They are imported when first asked for; a module of that name would be found in their place."""
    face = set(importlib.import_module("deepdiva.data").__all__)

    assert face & {path.stem for path in (SOURCE / "data").iterdir()} == set()


def test_no_file_is_called_after_nothing_in_particular() -> None:
    """A name such as `utils` hides what a file is for, and gathers what has no room."""
    assert [file for file in ROOT.glob("[!.]*/**/*.py") if file.stem in EMPTY_NAMES] == []


def test_nothing_that_runs_foreign_code_is_written() -> None:
    """Pickles, shells and archives that unpack where they like have no place in the package."""
    assert [file for file in SOURCE.rglob("*.py") if DANGEROUS.search(file.read_text())] == []


def test_help_imports_nothing_heavy() -> None:
    """The overview is read without torch, NumPy or any other package."""
    code = (
        "import sys; from deepdiva.cli.main import main; main(['--help']);"
        "print(sorted({'numpy', 'torch', 'tyro', 'rich', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_help_is_quick() -> None:
    """`deepdiva --help` costs at most 15 times `python -c pass`, each at its best of five."""
    nothing, overview = [], []
    for _ in range(5):
        nothing.append(seconds_of([sys.executable, "-c", "pass"]))
        overview.append(seconds_of(COMMAND))

    assert min(overview) <= 15 * min(nothing)


def seconds_of(command: list[str]) -> float:
    since = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - since


def locked() -> dict[str, list[str]]:
    """Return the lines of each package in the lock, by its pin."""
    pins: dict[str, list[str]] = {}
    pin = ""
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if line.startswith("#") or not line:
            continue
        if line.startswith(" "):
            pins[pin].append(line.strip().removesuffix(" \\"))
        else:
            pin = line.removesuffix(" \\")
            pins[pin] = []
    return pins


def test_the_lock_pins_everything_with_hashes() -> None:
    """Every line of the lock is one exact version, with nothing but SHA-256 after it."""
    pins = locked()

    assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9][\w.!+]*", pin)] == []
    assert [pin for pin, hashes in pins.items() if not hashes] == []
    assert {re.sub(r"[0-9a-f]{64}$", "", line) for lines in pins.values() for line in lines} == {
        "--hash=sha256:"
    }


def test_the_lock_holds_no_place() -> None:
    """A lock that travels names neither an address nor a path."""
    assert "/" not in (ROOT / "requirements.lock").read_text()


def test_the_lock_holds_all_that_is_asked_for() -> None:
    """What pyproject.toml asks for, extras and the build backend included, is in the lock."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [table["project"]["dependencies"], *table["project"]["optional-dependencies"].values()]
    asked = {re.split(r"[^\w-]", one)[0] for group in groups for one in group} | {"flit-core"}

    assert asked - {"deepdiva"} - {pin.partition("==")[0] for pin in locked()} == set()


@pytest.mark.slow
def test_a_wheel_brings_the_command(tmp_path: Path) -> None:
    """`pip install .` installs the `deepdiva` command and every file of the package."""
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    quiet = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([*pip, str(tmp_path), str(ROOT)], check=True, capture_output=True, env=quiet)
    with zipfile.ZipFile(next(tmp_path.glob("deepdiva-*.whl"))) as wheel:
        inside = set(wheel.namelist())
        entry = next(name for name in inside if name.endswith("entry_points.txt"))

        assert "deepdiva=deepdiva.cli.main:main" in wheel.read(entry).decode().replace(" ", "")
    assert {f"deepdiva/{file.relative_to(SOURCE).as_posix()}" for file in SOURCE.rglob("*.py")} <= inside
