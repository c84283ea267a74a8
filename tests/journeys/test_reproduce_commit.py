"""`deepdiva reproduce GIT-URL@COMMIT:request.toml`: a request that lies in somebody's repository."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.journeys.commands import Desk, facts, make_desk
from tests.journeys.test_reproduce import UNSEEDED, commit, page


@pytest.fixture
def desk(tmp_path: Path, digits: Path) -> Desk:
    """Return a repository with a page of its author's own."""
    made = make_desk(tmp_path / "repository", digits)
    (made.folder / "ideas").mkdir()
    (made.folder / "ideas" / "idea.py").write_text(page())
    commit(made, "Have an idea")
    return made


def publish(desk: Desk, to: Path) -> str:
    """Push all to a bare repository; return its address."""
    desk.git("clone", "--quiet", "--bare", str(desk.folder), str(to))
    return f"file://{to}"


def run_idea(desk: Desk) -> Path:
    words = ["./ideas/idea.py" if w == "image-classification" else w for w in desk.run_words(epochs=1)]
    return Path(desk.type(*words).json["run"])


def add_request(desk: Desk, run: Path) -> str:
    """Commit the request of `run` beside the page, as an author would write it; return the commit."""
    text = (run / "request.toml").read_text()
    assert 'task = "./ideas/idea.py"' in text
    text = text.replace("./ideas/idea.py", "idea.py").replace(str(desk.data), "data/digits")
    (desk.folder / "ideas" / "request.toml").write_text(text)
    commit(desk, "Ask for it")
    return desk.git("rev-parse", "HEAD").strip()


def test_a_committed_record_is_what_it_is_compared_with(desk: Desk, tmp_path: Path) -> None:
    """The run folder lies in the repository: from the address and the data alone, the same bits."""
    run = run_idea(desk)
    shutil.copytree(run, desk.folder / "published", symlinks=True)
    desk.git("add", "--force", "published")
    commit(desk, "Publish the run")
    desk.git("tag", "paper")
    full = desk.git("rev-parse", "HEAD").strip()
    address = publish(desk, tmp_path / "idea.git")
    before = facts(run)
    shutil.rmtree(desk.folder)
    reader = make_desk(tmp_path / "reader", desk.data)
    word = f"{address}@paper:published/request.toml"
    again = reader.type("reproduce", word, "--data", desk.data.parent, "--json")

    assert again.json["verdict"] == "REPRODUCED"
    assert again.json["recorded"] is True
    assert again.json["of"]["commit"] == full
    assert again.json["of"]["id"] == run.name
    assert again.json["differences"] == []
    assert full in again.json["sentence"]
    assert f"paper of idea.git is commit {full}" in again.err
    assert facts(again.json["run"]) == before
    assert json.loads(Path(again.json["run"], "verdict.json").read_text())["of"]["commit"] == full


@pytest.mark.slow
def test_without_a_record_it_is_run_twice_then_the_first_is_the_record(desk: Desk, tmp_path: Path) -> None:
    """It repeats itself, and the verdict says that no record came with it; the next time there is one."""
    full = add_request(desk, run_idea(desk))
    address = publish(desk, tmp_path / "idea.git")
    reader = make_desk(tmp_path / "reader", desk.data)
    word = f"{address}@{full[:10]}:ideas/request.toml"
    twice = reader.type("reproduce", word, "--data", desk.data.parent, "--json").json
    once = reader.type("reproduce", word, "--data", desk.data, "--json").json
    some = reader.type("reproduce", word, "--data", desk.data, "--steps", "3", "--out", "few", "--json").json

    assert (twice["verdict"], twice["recorded"]) == ("REPRODUCED", False)
    assert "run twice" in twice["sentence"]
    assert "no record came with it" in twice["sentence"]
    assert (once["verdict"], once["recorded"]) == ("REPRODUCED", True)
    assert once["of"]["id"] in (twice["of"]["id"], twice["id"])
    assert twice["of"]["commit"] == once["of"]["commit"] == full
    assert len([path for path in (reader.folder / "runs").iterdir() if not path.is_symlink()]) == 3 + 1
    assert (some["verdict"], some["recorded"], some["steps_compared"]) == ("REPRODUCED", False, 3)


@pytest.mark.slow
def test_a_record_of_ones_own_clone_is_found_below_out(desk: Desk, tmp_path: Path) -> None:
    """A run that was made at that very commit is the record; one of other code is none."""
    add_request(desk, run_idea(desk))
    record = run_idea(desk)
    address = publish(desk, tmp_path / "idea.git")
    again = desk.type("reproduce", f"{address}@main:ideas/request.toml", "--data", desk.data, "--json").json

    assert (again["verdict"], again["recorded"], again["of"]["id"]) == ("REPRODUCED", True, record.name)


@pytest.mark.slow
def test_what_does_not_repeat_itself_diverges(desk: Desk, tmp_path: Path) -> None:
    """Exit 5 with the first step, although nobody recorded anything."""
    text = page().replace("\n        weights = None", UNSEEDED)
    text = text.replace("\nTASK = ", "\n_NOISE = torch.Generator()\n_NOISE.seed()\n\nTASK = ")
    add_request(desk, run_idea(desk))
    (desk.folder / "ideas" / "idea.py").write_text(text)
    commit(desk, "Add noise")
    reader = make_desk(tmp_path / "reader", desk.data)
    word = f"{desk.folder}@main:ideas/request.toml"
    told = reader.type("reproduce", word, "--data", desk.data, "--json", expect=5).json

    assert (told["verdict"], told["recorded"]) == ("DIVERGED", False)
    assert "it does not repeat itself: step 1" in told["sentence"]
    assert told["first_difference"]["step"] == 1


@pytest.mark.slow
def test_what_is_missing_is_inconclusive_and_other_words_are_wrong(desk: Desk, tmp_path: Path) -> None:
    """Repository, commit, file, request, task and data: 7 with a code; what is no such word: 2."""
    request = 'task = "nowhere.py"\ndata = "data/digits"\nseed = 1\ndata_sha256 = "' + "0" * 64 + '"\n'
    (desk.folder / "lost.toml").write_text(request)
    (desk.folder / "climbs.toml").write_text(request.replace("nowhere", "../../etc/nowhere"))
    (desk.folder / "empty.toml").write_text("task = \n")
    (desk.folder / "data.toml").write_text(request.replace("nowhere", "ideas/idea"))
    commit(desk, "Ask for too much")
    here = f"file://{desk.folder}"
    codes = {
        f"file://{tmp_path}/nothing.git@main:r.toml": "REP-001",
        f"{here}@{'0' * 40}:r.toml": "REP-002",
        f"{here}@main:r.toml": "REP-003",
        f"{here}@main:../r.toml": "REP-003",
        f"{here}@main:empty.toml": "REP-004",
        f"{here}@main:lost.toml": "REP-005",
        f"{here}@main:climbs.toml": "REP-005",
        f"{here}@main:data.toml": "REP-006",
    }
    for word, code in codes.items():
        answer = desk.type("reproduce", word, "--json", expect=7)
        assert code in answer.err, word
        assert (answer.json["verdict"], answer.json["run"]) == ("INCONCLUSIVE", None)
    rebuilt = desk.type("reproduce", f"{here}@main:data.toml", "--environment", "rebuild", expect=7)
    assert "no record came with data.toml" in rebuilt.out
    assert "CFG-022" in desk.type("reproduce", "ext::sh -c x@main:r.toml", expect=2).err
    assert "CFG-022" in desk.type("reproduce", "nothing@main:r.toml", expect=2).err


def test_a_path_that_is_there_wins(shared_desk: Desk, reference: object, tmp_path: Path) -> None:
    """A run folder may be called as if it were a commit."""
    assert reference
    run = (shared_desk.folder / "runs" / "latest").resolve()  # which moves on
    place = tmp_path / "idea@main:request.toml"
    shutil.copytree(run, place, symlinks=True)
    told = shared_desk.type("reproduce", place, "--steps", "2", "--json").json

    assert (told["verdict"], told["of"]["id"]) == ("REPRODUCED", run.name)
    assert "commit" not in told["of"]
