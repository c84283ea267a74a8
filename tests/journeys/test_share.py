"""A run is handed to a stranger: packed, restored, signed, checked; nothing needs its repository."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.data.drawing import draw_class_folders
from tests.journeys.commands import Desk, Result, make_desk

from deepdiva.provenance.footprint import load
from deepdiva.share import open_crate, pack
from deepdiva.share.archive import Member, write_archive

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "guides" / "verify_statement.py"


@pytest.fixture(scope="module")
def crate(shared_desk: Desk, reference: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the crate of the reference run, without its data."""
    path = tmp_path_factory.mktemp("crate") / "run.crate.zip"
    shared_desk.type("pack", reference.json["run"], "-o", path)
    return path


@pytest.fixture(scope="module")
def full_crate(shared_desk: Desk, reference: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the crate of the reference run with its data."""
    path = tmp_path_factory.mktemp("crate") / "run.crate.zip"
    shared_desk.type("pack", reference.json["run"], "-o", path, "--with-data")
    return path


@pytest.fixture(scope="module")
def signed(shared_desk: Desk, reference: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a pair of keys and a statement about the reference run."""
    folder = tmp_path_factory.mktemp("signed")
    shared_desk.type("attest", "--new-key", folder / "my.key")
    words = ("attest", reference.json["run"], "--key", folder / "my.key", "-o")
    shared_desk.type(*words, folder / "a.statement.json")
    return folder


@pytest.fixture
def nowhere(tmp_path: Path) -> Desk:
    """Return a place of a stranger: no repository of the run, no data, no runs."""
    return make_desk(tmp_path / "elsewhere", tmp_path)


def copy_of(run: str, to: Path) -> Path:
    """Return a copy of a run that a test may spoil."""
    return Path(shutil.copytree(run, to, symlinks=True))


def packed_files(crate: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(crate) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# -- Pack ----------------------------------------------------------------------------


def test_two_packs_are_byte_identical(
    shared_desk: Desk, reference: Result, crate: Path, tmp_path: Path
) -> None:
    """Neither the moment, nor the place of the run or of the crate, nor a copy's times are in its bytes."""
    copy = copy_of(reference.json["run"], tmp_path / Path(reference.json["run"]).name)
    told = shared_desk.type("pack", copy, "-o", tmp_path / "other.zip", "--json").json

    assert told["sha256"] == hashlib.sha256(crate.read_bytes()).hexdigest()
    assert (tmp_path / "other.zip").read_bytes() == crate.read_bytes()


def test_a_crate_that_was_opened_packs_to_the_same_bytes(crate: Path, tmp_path: Path) -> None:
    """Nothing is lost on the way: an opened crate is the run again."""
    again = pack(open_crate(crate, tmp_path / "run"), tmp_path / "again.zip")

    assert again.sha256 == hashlib.sha256(crate.read_bytes()).hexdigest()


def test_a_crate_names_no_place_of_this_machine(shared_desk: Desk, crate: Path) -> None:
    """Apart from the path of the data as it was typed, no member knows where the run was made."""
    typed = f'data = "{shared_desk.data}"'.encode()
    holding = [
        name
        for name, content in packed_files(crate).items()
        if str(shared_desk.folder).encode() in content
        or str(shared_desk.data).encode() in content.replace(typed, b"")
    ]

    assert holding == []


def test_a_crate_holds_record_code_lock_and_footprint(crate: Path, full_crate: Path) -> None:
    """All that is needed to run it again is there; the data itself only when it was asked for."""
    names, full = set(packed_files(crate)), set(packed_files(full_crate))
    wanted = {"request.toml", "environment/pylock.toml", "data/footprint.json", "events.jsonl", "chain.jsonl"}

    assert wanted | {"ro-crate-metadata.json", "seal.json", "source/files/notes.md", "README.md"} <= names
    assert {name.partition("/")[0] for name in full - names} == {"dataset"}
    assert len(full - names) == 1797 + 1


def test_an_unfinished_run_is_not_packed(desk: Desk, reference: Result, tmp_path: Path) -> None:
    """Exit 7: nothing seals it yet."""
    copy = copy_of(reference.json["run"], tmp_path / "copy")
    info = json.loads((copy / "run.json").read_bytes())
    (copy / "run.json").write_text(json.dumps(info | {"status": "interrupted"}))
    (copy / "seal.json").unlink()

    assert "VER-011" in desk.type("pack", copy, "-o", tmp_path / "a.zip", expect=7).err
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize("name", ["events.jsonl", "environment/pylock.toml", "code/code.json"])
def test_a_run_that_contradicts_its_seal_is_not_packed(
    desk: Desk, reference: Result, tmp_path: Path, name: str
) -> None:
    """Exit 6 names the file; no crate is left."""
    copy = copy_of(reference.json["run"], tmp_path / "copy")
    (copy / name).write_bytes((copy / name).read_bytes().replace(b"1", b"2", 1))
    answer = desk.type("pack", copy, "-o", tmp_path / "a.zip", expect=6)

    assert name in answer.err
    assert not (tmp_path / "a.zip").exists()


def test_other_data_is_not_packed(desk: Desk, reference: Result, tmp_path: Path) -> None:
    """Exit 4: only the very files that the run read go into its crate."""
    data = desk.copy_of_data(tmp_path / "data")
    next(data.rglob("*.png")).write_bytes(b"another picture")
    words = ("pack", reference.json["run"], "-o", tmp_path / "a.zip", "--with-data", "--data", data)

    desk.type(*words, expect=4)
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["blake3", "sha1"])
def test_data_known_by_other_digests_travels_along(desk: Desk, tmp_path: Path, algorithm: str) -> None:
    """Whatever names the contents: packed with its data, verified, and run again from the crate alone."""
    data = draw_class_folders(tmp_path / "set")
    desk.type("data", "footprint", data, "--hash", algorithm)
    words = ("run", "image-classification", "--data", data, "--epochs", "1", "--threads", "1", "--seed", "1")
    run = Path(desk.type(*words, "--json").json["run"])
    crate = tmp_path / "run.crate.zip"
    desk.type("pack", run, "-o", crate, "--with-data")
    shutil.rmtree(data)
    shutil.rmtree(run)
    desk.type("verify", crate)
    told = desk.type("reproduce", crate, "--json").json

    assert told["verdict"] == "REPRODUCED", told
    assert load(Path(told["run"]) / "data" / "footprint.json").algorithm == algorithm


# -- RO-Crate ------------------------------------------------------------------------


def test_the_metadata_is_a_workflow_run_crate(full_crate: Path) -> None:
    """What RO-Crate 1.1 and Workflow Run Crate 0.5 require is there, and every reference finds its entity."""
    files = packed_files(full_crate)
    document = json.loads(files["ro-crate-metadata.json"])
    graph = {entity["@id"]: entity for entity in document["@graph"]}
    root, action, workflow = graph["./"], graph["#run"], graph["request.toml"]

    assert document["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    assert len(graph) == len(document["@graph"])
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert {"@id": "https://w3id.org/ro/crate/1.1"} in graph["ro-crate-metadata.json"]["conformsTo"]
    assert {"@id": "https://w3id.org/ro/wfrun/workflow/0.5"} in root["conformsTo"]
    assert all(root[name] for name in ("name", "description", "datePublished", "license"))
    assert root["mainEntity"] == action["instrument"] == {"@id": "request.toml"}
    assert {"File", "SoftwareSourceCode", "ComputationalWorkflow"} == set(workflow["@type"])
    assert action["@type"] == "CreateAction"
    assert root["mentions"] == {"@id": "#run"}


def test_every_file_is_described_as_it_is(full_crate: Path) -> None:
    """Each data entity is a member of the crate, with its size and SHA-256, and part of the root."""
    files = packed_files(full_crate)
    graph = {entity["@id"]: entity for entity in json.loads(files["ro-crate-metadata.json"])["@graph"]}
    parts = {part["@id"] for part in graph["./"]["hasPart"]}
    single = {name for name in files if not name.startswith(("source/", "dataset/", "ro-crate-metadata"))}

    assert parts == single | {"source/", "dataset/"} <= set(graph)
    for name in single:
        assert graph[name]["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert graph[name]["contentSize"] == str(len(files[name]))


def test_all_references_lead_somewhere(crate: Path) -> None:
    """No entity points at one that is neither described nor the address of a specification."""
    graph = json.loads(packed_files(crate)["ro-crate-metadata.json"])["@graph"]
    known = {entity["@id"] for entity in graph}
    dangling = {
        value["@id"]
        for entity in graph
        for values in entity.values()
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, dict) and value["@id"] not in known
    }

    assert dangling == {"https://w3id.org/ro/crate/1.1"}


# -- Restore and unpack --------------------------------------------------------------


def test_the_tree_comes_back_without_its_repository(desk: Desk, nowhere: Desk, tmp_path: Path) -> None:
    """Changed, new and executable files, links and odd names come out of the crate as they ran."""
    (desk.folder / "tool.sh").write_text("#!/bin/sh\n")
    (desk.folder / "tool.sh").chmod(0o755)
    (desk.folder / "here").symlink_to("notes.md")
    (desk.folder / "a b").mkdir()
    (desk.folder / "a b" / "é $x.py").write_text("x = 1\n")
    desk.git("add", ".")
    desk.git("commit", "-q", "-m", "More")
    (desk.folder / "notes.md").write_text("Another idea.\n")
    run = desk.type(*desk.run_words("--on-uncommitted", "snapshot", epochs=1)).json["run"]
    desk.type("pack", run, "-o", tmp_path / "a.zip")
    expected = Path(shutil.copytree(desk.folder, tmp_path / "expected", symlinks=True))
    shutil.rmtree(desk.folder)
    told = nowhere.type("restore", tmp_path / "a.zip", "--to", tmp_path / "back", "--json").json
    same = ["diff", "-r", "--no-dereference", "--exclude=.git", "--exclude=runs"]

    assert subprocess.run([*same, expected, tmp_path / "back"], check=False).returncode == 0
    assert os.access(tmp_path / "back" / "tool.sh", os.X_OK)
    assert (tmp_path / "back" / "here").readlink() == Path("notes.md")
    assert told["missing"] == []


def test_a_crate_is_verified_like_a_run(nowhere: Desk, crate: Path, tmp_path: Path) -> None:
    """Exit 0 for the crate; 6 for one whose record was changed and whose zip is sound."""
    spoiled = tmp_path / "spoiled.zip"
    with zipfile.ZipFile(spoiled, "w") as archive:
        for name, content in packed_files(crate).items():
            archive.writestr(name, content.replace(b"1", b"2", 1) if name == "chain.jsonl" else content)

    assert "is whole" in nowhere.type("verify", crate).out
    assert "chain.jsonl" in nowhere.type("verify", spoiled, expect=6).err


@pytest.mark.parametrize("name", ["source/files/notes.md", "dataset/"])
def test_what_a_crate_brings_besides_is_verified(
    nowhere: Desk, full_crate: Path, tmp_path: Path, name: str
) -> None:
    """Exit 6 where the code or the data beside the record is not what the record names."""
    files = packed_files(full_crate)
    spoiled = next(path for path in sorted(files) if path.startswith(name) and files[path])
    write_archive(
        tmp_path / "spoiled.zip",
        {path: Member.of(b"other" if path == spoiled else content) for path, content in files.items()},
    )

    assert name.partition("/")[0] in nowhere.type("verify", tmp_path / "spoiled.zip", expect=6).err
    assert "is whole" in nowhere.type("verify", full_crate).out


@pytest.mark.parametrize("verb", [("restore", "--to", "back"), ("verify",)])
def test_a_crate_that_climbs_is_refused(nowhere: Desk, crate: Path, verb: tuple[str, ...]) -> None:
    """Exit 4 names the member; nothing is written, outside or inside."""
    evil = nowhere.folder.parent / "evil.zip"
    shutil.copy(crate, evil)
    with zipfile.ZipFile(evil, "a") as archive:
        archive.writestr("../x", "escaped")
    before = sorted(path for path in nowhere.folder.parent.rglob("*") if ".git" not in path.parts)
    answer = nowhere.type(verb[0], evil, *verb[1:], expect=4)

    assert "ARC-001" in answer.err
    assert "../x" in answer.err
    assert sorted(path for path in nowhere.folder.parent.rglob("*") if ".git" not in path.parts) == before


# -- Sign ----------------------------------------------------------------------------


def test_a_private_key_is_for_its_owner_alone(signed: Path) -> None:
    """Nobody else can read it, whatever the umask says."""
    assert stat.S_IMODE((signed / "my.key").stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(desk: Desk, signed: Path) -> None:
    """Exit 2, and the key stays."""
    before = (signed / "my.key").read_bytes()

    assert "CFG-025" in desk.type("attest", "--new-key", signed / "my.key", expect=2).err
    assert (signed / "my.key").read_bytes() == before


def test_equal_runs_and_keys_give_equal_statements(desk: Desk, reference: Result, signed: Path) -> None:
    """A statement holds no time, no path and nothing random."""
    again = desk.folder / "again.json"
    desk.type("attest", reference.json["run"], "--key", signed / "my.key", "-o", again)

    assert again.read_bytes() == (signed / "a.statement.json").read_bytes()


def test_a_statement_is_verified_offline_against_a_crate(nowhere: Desk, crate: Path, signed: Path) -> None:
    """With the key of whom one trusts, and every file of the crate compared."""
    words = ("verify", signed / "a.statement.json", "--key", signed / "my.key.pub", "--of", crate, "--json")
    told = nowhere.type(*words).json

    assert told["trusted"] is True
    assert told["weights_sha256"] is not None


def test_without_a_key_a_statement_tells_that_nobody_vouches(nowhere: Desk, signed: Path) -> None:
    """Exit 0, as nothing was changed; but it says that anybody may have signed."""
    answer = nowhere.type("verify", signed / "a.statement.json")

    assert "give --key" in answer.out


def test_a_flipped_byte_of_a_statement_is_refused(nowhere: Desk, signed: Path, tmp_path: Path) -> None:
    """Exit 6."""
    content = bytearray((signed / "a.statement.json").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.statement.json").write_bytes(content)

    assert "VER-020" in nowhere.type("verify", tmp_path / "a.statement.json", expect=6).err


def test_another_run_is_not_the_one_that_was_signed(
    shared_desk: Desk, reference: Result, signed: Path, tmp_path: Path
) -> None:
    """Exit 6 names the file that differs."""
    copy = copy_of(reference.json["run"], tmp_path / "copy")
    (copy / "request.toml").write_text("seed = 2\n")
    answer = shared_desk.type("verify", signed / "a.statement.json", "--of", copy, expect=6)

    assert "request.toml is not what was signed" in answer.err


def ask_script(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", SCRIPT, *words], capture_output=True, text=True, check=False, cwd="/"
    )


def test_the_script_of_the_guide_verifies_without_us(reference: Result, signed: Path, tmp_path: Path) -> None:
    """At most 40 lines, standard library and cryptography: good is 0, another key or file is 6."""
    statement, key = signed / "a.statement.json", signed / "my.key.pub"
    copy = copy_of(reference.json["run"], tmp_path / "copy")
    good = ask_script(statement, key, copy)
    (copy / "events.jsonl").write_bytes(b"")
    spoiled = ask_script(statement, key, copy)
    envelope = json.loads(statement.read_bytes())
    envelope["payload"] = "e30K" + envelope["payload"]
    (tmp_path / "other.json").write_text(json.dumps(envelope))

    assert len(SCRIPT.read_text().splitlines()) <= 40
    assert "deepdiva" not in SCRIPT.read_text()
    assert (good.returncode, spoiled.returncode) == (0, 6), good.stderr
    assert "events.jsonl" in spoiled.stdout
    assert ask_script(tmp_path / "other.json", key).returncode == 6
