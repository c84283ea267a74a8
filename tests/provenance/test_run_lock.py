from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from deepdiva.errors import Inconclusive
from deepdiva.provenance.gate import read_environment
from deepdiva.provenance.packages import as_lock
from deepdiva.provenance.run_lock import read_run_lock


def write_lock(run: Path, lock: str, python: str = "CPython 3.11.7 (GCC)") -> Path:
    folder = run / "environment"
    folder.mkdir(parents=True)
    (folder / "pylock.toml").write_text(lock)
    (folder / "platform.json").write_text(json.dumps({"python": python}))
    return run


def lock(requires_python: str = "==3.11.7", **package: Any) -> str:
    entry = {"name": "six", "version": "1.17.0"} | package
    return tomli_w.dumps({"requires-python": requires_python, "packages": [entry]})


def test_what_a_run_writes_is_read_back(tmp_path: Path) -> None:
    """Every package but `deepdiva`, with its version; and what is installed here is as recorded."""
    import platform
    import sysconfig

    here = read_environment()
    found = read_run_lock(write_lock(tmp_path, as_lock(here.packages), here.python))

    assert [locked.package for locked in found.packages] == [p for p in here.packages if p.name != "deepdiva"]
    assert found.python == platform.python_version()
    assert found.implementation == platform.python_implementation()
    assert found.differences(Path(sysconfig.get_path("purelib"))) == []


def test_hashes_come_along(tmp_path: Path) -> None:
    """As pip reads them."""
    digest = f"sha256:{'ab' * 32}"
    tool = {"deepdiva": {"distributed-hashes": [digest]}}
    (locked,) = read_run_lock(write_lock(tmp_path, lock(tool=tool))).packages

    assert locked.line == f"six==1.17.0 --hash={digest}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no toml",
        lock(name="six\n--index-url=x"),
        lock(name="six @ file:///etc"),
        lock(name="-r"),
        lock(version="1.0 --pre"),
        lock(version="1.0; x"),
        lock(version=1),
        lock(requires_python=">=3.11"),
        lock(requires_python="==3.11.7\n"),
        lock(tool={"deepdiva": {"distributed-hashes": ["md5:00"]}}),
        lock(tool=3),
    ],
)
def test_a_strangers_lock_holds_names_and_versions_only(tmp_path: Path, text: str) -> None:
    """Whatever could become an option of an installer is refused, without a trace."""
    with pytest.raises(Inconclusive) as refusal:
        read_run_lock(write_lock(tmp_path, text))

    assert refusal.value.code == "REP-008"


def test_a_run_without_a_lock_is_told(tmp_path: Path) -> None:
    """It may be an old one, or half of one."""
    with pytest.raises(Inconclusive) as refusal:
        read_run_lock(tmp_path)

    assert refusal.value.code == "REP-007"
