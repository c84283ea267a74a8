"""Rules for what a record covers of all that can be read, and for what is nobody's input."""

from __future__ import annotations

import os
import sys
import sysconfig
import time
from pathlib import Path

import numpy as np
import pytest
from tests.provenance.conftest import Project
from tests.provenance.test_keep import NUMERIC_CLASS

from deepdiva.provenance import covered
from deepdiva.provenance.code import find_source
from deepdiva.provenance.covered import Ground, ground_of, installed
from deepdiva.provenance.gate import check
from deepdiva.provenance.places import state_folder


def stand(project: Project, *exempt: str) -> Ground:
    """Return the ground of a run as it is when the gate is passed."""
    data = project.room / "data"
    data.mkdir(exist_ok=True)
    (data / "a.txt").write_text("a")
    source = project.source(*exempt)
    stamp = check(
        source=source,
        on_uncommitted="snapshot",
        data_root=data,
        request_sha256="f" * 64,
        seed=7,
        numeric_class=NUMERIC_CLASS,
    )
    return ground_of(source, stamp, began=time.time_ns())


def covers(ground: Ground, place: str | Path, *, others: bool = False) -> bool:
    return ground.covers_file(str(place), others=others)


def test_the_source_tree_is_covered_as_far_as_it_is_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed, changed and new files are; ignored, exempt and too large ones are not."""
    monkeypatch.setattr("deepdiva.provenance.working_tree.LARGEST_KEPT", 10)
    project.write(".gitignore", b"*.npy\n")
    for path in ("same.txt", "changed.txt", "grown.txt", "runs/old.txt"):
        project.write(path, b"1")
    project.commit()
    project.write("changed.txt", b"2")
    project.write("grown.txt", b"2" * 11)
    for path in ("new.txt", "weights.npy", "runs/new.txt"):
        project.write(path, b"1")
    ground = stand(project, "runs")
    project.write("later.txt", b"1")
    project.git("add", "later.txt")

    paths = [p.relative_to(project.root).as_posix() for p in project.root.rglob("*.[tn]*") if p.is_file()]
    told = {path for path in paths if ".git/" not in path and not covers(ground, project.root / path)}
    assert told == {"grown.txt", "weights.npy", "runs/old.txt", "runs/new.txt", "later.txt"}


def test_a_link_covers_itself_and_not_what_it_leads_to(project: Project, tmp_path: Path) -> None:
    """The commit holds where it leads; the bytes lie elsewhere."""
    outside = tmp_path / "outside.csv"
    outside.write_text("1")
    project.write("inside.csv", b"1")
    (project.root / "out.csv").symlink_to(outside)
    (project.root / "in.csv").symlink_to("inside.csv")
    ground = stand(project)

    assert covers(ground, project.root / "in.csv")
    assert "out.csv" in ground.held
    assert not covers_until(ground, project.root / "out.csv", outside)


def covers_until(ground: Ground, place: Path, outside: Path) -> bool:
    """Ask as if `outside` were older than the run: these tests live among temporary files."""
    old = outside.stat().st_ctime_ns + 1
    return Ground(**{**vars(ground), "began": old}).covers_file(str(place), others=False)


def test_compiled_code_is_covered_with_its_source(project: Project) -> None:
    """Python reads `__pycache__` instead of the file that the commit holds."""
    project.write("neighbor.py", b"A = 1\n")
    project.write(".gitignore", b"__pycache__/\nhidden.py\n")
    project.write("hidden.py", b"A = 1\n")
    ground = stand(project)
    compiled = {n: project.write(f"__pycache__/{n}.cpython-311.pyc") for n in ("neighbor", "hidden")}

    assert covers(ground, compiled["neighbor"])
    assert not covers(ground, compiled["hidden"])


def test_submodules_are_covered(project: Project, tmp_path: Path) -> None:
    """The commit names their commit, which holds their files; what they ignore it does not."""
    inner = Project(tmp_path / "inner", tmp_path)
    inner.root.mkdir()
    inner.git("init", "-q")
    inner.write("part.py", b"1")
    inner.write(".gitignore", b"*.npy\n")
    inner.commit()
    project.git("submodule", "add", "--quiet", str(inner.root), "parts")
    project.write("parts/weights.npy", b"1")
    ground = stand(project)

    assert covers(ground, project.root / "parts/part.py")
    assert not covers(ground, project.root / "parts/weights.npy")


def test_data_is_covered_as_far_as_it_is_counted(project: Project) -> None:
    """A file of the data folder that came after the footprint is not."""
    ground = stand(project)
    (project.room / "data/later.txt").write_text("b")

    assert covers(ground, project.room / "data/a.txt")
    assert not covers(ground, project.room / "data/later.txt")


def test_noise_is_no_input(project: Project) -> None:
    """What is Python's, the system's, this package's, or made anew at any time."""
    ground = stand(project)
    noise = {
        os.__file__,
        sys.prefix + "/pyvenv.cfg",
        "/proc/cpuinfo",
        "/dev/urandom",
        "/usr/share/fonts/truetype/a.ttf",
        "/usr/share/zoneinfo/UTC",
        "/home/ada/.cache/matplotlib/fontlist-v390.json",
        "/home/ada/torchinductor_ada/aa/b.py",
        covered.__file__,
        str(state_folder() / "cache/x/pixels.npy"),
    }

    assert {place for place in noise if not covers(ground, place)} == set()


def test_system_files_count_where_the_researcher_reads_them(project: Project) -> None:
    """Packages look into /etc by themselves; who names such a file in a task depends on it."""
    ground = stand(project)

    assert covers(ground, "/etc/hostname", others=True)
    assert not covers(ground, "/etc/hostname")
    assert not covers(ground, "/home/ada/.cache/torch/hub/x.pth", others=True)
    assert not covers(ground, "/dev/shm/shared.npy")


def test_what_was_made_meanwhile_is_no_input(project: Project, tmp_path: Path) -> None:
    """Temporary files of programs that the run started, also after they are gone."""
    made = tmp_path / "made"
    made.write_text("1")
    ground = stand(project)
    older = Ground(**{**vars(ground), "began": made.stat().st_ctime_ns + 1})

    assert Ground(**{**vars(ground), "began": made.stat().st_ctime_ns}).covers_file(str(made), others=False)
    assert not covers(older, made)
    assert covers(older, tmp_path / "gone")


def test_folders_are_told_by_what_lies_in_them(project: Project, tmp_path: Path) -> None:
    """The source tree, the data, Python's own; not the runs and not what lies elsewhere."""
    project.write("runs/old.txt", b"1")
    ground = stand(project, "runs")
    (tmp_path / "elsewhere").mkdir()
    older = Ground(**{**vars(ground), "began": time.time_ns() + 10**12})
    known = (project.root, project.room / "data", Path(os.__file__).parent)

    assert all(older.covers_folder(str(place)) for place in known)
    assert not older.covers_folder(str(project.root / "runs"))
    assert not older.covers_folder(str(tmp_path / "elsewhere"))


def test_only_what_a_distribution_brought_is_installed(tmp_path: Path) -> None:
    """A file dropped among the packages belongs to nobody; their compiled forms belong to them."""
    site = tmp_path / "site-packages"
    (site / "part-1.dist-info").mkdir(parents=True)
    lines = ["part/__init__.py,sha256=x,1", '"part/a,b.json",sha256=x,1', "../../bin/part,,", "bare.txt,,"]
    (site / "part-1.dist-info/RECORD").write_text("\n".join(lines))
    (site / "old-1.egg-info").mkdir()
    (site / "old-1.egg-info/top_level.txt").write_text("old\n")
    brought = {
        f"{site}/{name}"
        for name in (
            "part/__init__.py",
            "part/__pycache__/__init__.cpython-311.pyc",
            "part/a,b.json",
            "old/x.py",
            "bare.txt",
        )
    }
    dropped = {f"{site}/lone.py", f"{site}/part/extra.npy", f"{site}/older/x.py"}

    assert installed(brought | dropped) == brought


def test_the_packages_of_this_process_are_installed() -> None:
    """Every file of NumPy that is imported stands in the list of its distribution."""
    files = {
        str(m.__file__) for name, m in sys.modules.items() if name.split(".")[0] == "numpy" and m.__file__
    }

    assert np.__file__ in files
    assert installed(files) == files
    assert not installed({f"{sysconfig.get_path('purelib')}/numpy/no-such-file.py"})


def test_a_folder_without_git_is_kept_whole(tmp_path: Path) -> None:
    """Outside git the snapshot holds the whole tree, so all of it is covered."""
    (tmp_path / "code").mkdir()
    (tmp_path / "data").mkdir()
    for name in ("code/idea.py", "code/weights.npy", "data/a.txt"):
        (tmp_path / name).write_text("1")
    source = find_source(tmp_path / "code/idea.py", exempt=[])
    stamp = check(
        source=source,
        on_uncommitted="refuse",
        data_root=tmp_path / "data",
        request_sha256="f" * 64,
        seed=7,
        numeric_class=NUMERIC_CLASS,
    )

    assert ground_of(source, stamp, began=0).held == {"idea.py", "weights.npy"}
