import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.provenance.conftest import Project, listing

from deepdiva.errors import DataError
from deepdiva.provenance.code import read_code_state
from deepdiva.provenance.restore import restore
from deepdiva.provenance.snapshot import keep_code
from deepdiva.provenance.whole import keep_whole


def keep(project: Project) -> Path:
    """Keep the project in a run, whole, and take the repository away; return the run."""
    source, run = project.source(), project.room / "run"
    keep_code(source, read_code_state(source), run / "code")
    keep_whole(run, run / "source")
    shutil.move(project.root, project.room / "hidden")
    return run


def test_the_tree_comes_back_without_the_repository(project: Project) -> None:
    """Committed, changed, new and deleted files, programs, links and odd names: all are as they ran."""
    project.write("gone.py", b"x")
    project.write("changed.py", b"1")
    project.write("tool.sh", b"#!/bin/sh\n", program=True)
    project.write(b"odd \xff\n\\name", b"2")
    (project.root / "dangling").symlink_to("no/where")
    project.commit()
    (project.root / "gone.py").unlink()
    project.write("changed.py", b"3")
    project.write("new/file.py", b"4")
    expected, state = listing(project.root), read_code_state(project.source())
    restored = restore(keep(project), project.room / "restored")

    assert project.restored == expected
    assert restored.code == state
    assert restored.missing == ()


def test_a_whole_tree_names_no_place(project: Project) -> None:
    """Neither the scratch folder nor the repository is told."""
    project.commit()
    run = keep(project)
    texts = [path.read_bytes() for path in (run / "source").rglob("*") if path.is_file()]

    assert [path.name for path in (run / "source").iterdir() if path.name != "files"] == ["code.json"]
    assert not any(str(project.room).encode() in text or b"deepdiva-" in text for text in texts)


def test_a_whole_tree_gives_equal_bytes(project: Project) -> None:
    """Kept twice, also out of a whole tree itself, it is the same."""
    project.commit()
    run = keep(project)
    keep_whole(run, project.room / "again")

    assert listing(project.room / "again") == listing(run / "source")


@pytest.mark.parametrize("name", ["files/idea.py", "code.json"])
def test_a_changed_whole_tree_is_refused(project: Project, name: str) -> None:
    """What comes out is compared with the tree that the run's own `code/` names."""
    project.commit()
    run = keep(project)
    place = run / "source" / name
    if name == "code.json":
        facts = json.loads(place.read_bytes())
        place.write_text(json.dumps(facts | {"tree": "0" * len(facts["tree"])}))
    else:
        place.write_bytes(b"print('evil')\n")

    with pytest.raises(DataError, match="SRC-013"):
        restore(run, project.room / "restored")
    assert not (project.room / "restored").exists()


def test_a_submodule_is_named(project: Project, tmp_path: Path) -> None:
    """It is no part of the tree; whoever keeps it is told, and so is whoever restores it."""
    library = tmp_path / "library"
    for words in (["init", "-q", str(library)], ["-C", str(library), "commit", "-qm", "1", "--allow-empty"]):
        subprocess.run(["git", *words], check=True)
    project.git("submodule", "--quiet", "add", str(library), "part")
    project.commit()
    source, run = project.source(), project.room / "run"
    keep_code(source, read_code_state(source), run / "code")
    [told] = keep_whole(run, run / "source")
    shutil.move(project.root, project.room / "hidden")
    shutil.rmtree(library)

    assert told.startswith("submodule part, commit ")
    assert restore(run, project.room / "restored").missing == (told,)
