"""What a replay finds in place, for any of the changes; nothing is computed here."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deepdiva.engine.replay import Replayed, Span
from deepdiva.experiment.cause.bench import Bench, NoReplay, Seen
from deepdiva.experiment.cause.changes import Change, changes_between
from deepdiva.experiment.side import Side
from deepdiva.experiment.workplace import Workplace
from deepdiva.provenance.footprint import find_footprint, load, serialize, take_footprint
from deepdiva.record.parting import Chain

Tree = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Watched(Side):
    """A side that looks at what lies there instead of running it."""

    saw: list[tuple[Tree, dict[str, Any], Tree, int]] = field(default_factory=list)

    def look(self, span: Span, out: Path, *, numeric_class: str | None) -> Replayed:
        del span, numeric_class
        (out / "run").mkdir(parents=True)
        (out / "run" / "chain.jsonl").write_text("")
        request = tomllib.loads(self.place.request.read_text())
        threads = self.stamp["numeric_class"]["threads"]
        assert find_footprint(self.data) is None or (
            load(self.data / "footprint.json").contents == take_footprint(self.data).contents
        )
        self.saw.append((tree(self.place.tree), request, tree(self.data), threads))
        return Replayed()


def tree(root: Path) -> Tree:
    """Return every file below `root` with its content, every link with its target, and who may be run."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file() and name != "footprint.json":
            found[name] = path.read_bytes().decode("latin-1") + (" x" if os.access(path, os.X_OK) else "")
    return found


def side(
    folder: Path, code: dict[str, bytes], request: str, data: dict[str, str], threads: int = 1
) -> Watched:
    """Lay a run out in `folder`."""
    for name, content in code.items():
        place = folder / "code" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith(b"-> "):
            place.symlink_to(content[3:].decode())
        else:
            place.write_bytes(content)
            place.chmod(0o755 if name.endswith(".sh") else 0o644)
    for name, text in data.items():
        place = folder / "there" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (folder / "run" / "data").mkdir(parents=True)
    (folder / "run" / "data" / "footprint.json").write_bytes(serialize(take_footprint(folder / "there")))
    (folder / "request.toml").write_text(request)
    workplace = Workplace(tree=folder / "code", request=folder / "request.toml", search=(), notes=())
    return Watched(
        letter="A",
        run=folder / "run",
        scratch=folder,
        place=workplace,
        data=folder / "there",
        stamp={"numeric_class": {"threads": threads, "level": "strict", "name": "c"}},
        chain=Chain((), {}),
    )


OLD: dict[str, bytes] = {
    "idea.py": b"a = 1\nb = 2\nc = 3\n",
    "gone/deep.py": b"x\n",
    "weights.bin": b"\0\1",
    "link": b"-> idea.py",
    "same.py": b"s\n",
}
NEW: dict[str, bytes] = {
    "idea.py": b"a = 9\nb = 2\nc = 8",
    "new.sh": b"#!/bin/sh\n",
    "weights.bin": b"\0\2",
    "link": b"-> same.py",
    "same.py": b"s\n",
}
REQUEST = 'task = "t"\ndata = "here"\ndata_sha256 = "0"\nseed = 1\nname = "none"\n[config]\nrate = 0.1\n'
OTHER = 'task = "t"\ndata = "there"\ndata_sha256 = "1"\nseed = 2\n[config]\nrate = 0.1\nextra = true\n'


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Watched, Watched]:
    """Return two runs that differ in everything."""
    a = side(tmp_path / "a", OLD, REQUEST, {"train/1.png": "one", "train/2.png": "two", "val/3.png": "3"})
    b = side(
        tmp_path / "b", NEW, OTHER, {"train/1.png": "ONE", "val/3.png": "3", "val/4.png": "4"}, threads=2
    )
    return a, b


def see(
    sides: tuple[Watched, Watched], *wanted: Sequence[str]
) -> list[tuple[Tree, dict[str, Any], Tree, int]]:
    """Replay A with the changes whose names begin with one of the words, for each list of words."""
    a, b = sides
    changes = changes_between(a, b)
    bench = Bench(a, b, 1)
    for words in wanted:
        bench.replay([change for change in changes if change.name.startswith(tuple(words))])
    return a.saw


def test_none_is_a_and_all_is_b(sides: tuple[Watched, Watched]) -> None:
    """Byte for byte, with modes and links; also after other changes were there before."""
    code, data = (tree(sides[1].place.tree), tree(sides[1].data))
    before = tree(sides[0].place.tree), tree(sides[0].data)
    none, all_of_them, again = see(sides, [], [""], [])

    assert (none[0], none[2], none[3]) == (*before, 1)
    assert (all_of_them[0], all_of_them[2], all_of_them[3]) == (code, data, 2)
    assert again == none
    assert tree(sides[1].data) == data
    assert tree(sides[0].data) == before[1]


def test_settings_are_changed_one_by_one(sides: tuple[Watched, Watched]) -> None:
    """Seed, name and a setting that only B knows; where the data lay is no setting."""
    seeded, extended, renamed = (found[1] for found in see(sides, ["seed"], ["config.extra"], ["name"]))
    usual = {"task": "t", "data": "here", "machine": {"threads": 1}}

    assert seeded == usual | {"seed": 2, "name": "none", "config": {"rate": 0.1}}
    assert extended == usual | {"seed": 1, "name": "none", "config": {"rate": 0.1, "extra": True}}
    assert renamed == usual | {"seed": 1, "config": {"rate": 0.1}}


def test_hunks_and_files_are_changed_one_by_one(sides: tuple[Watched, Watched]) -> None:
    """One hunk of two, a removed file with its folder, an added one."""
    hunk, gone, new = (found[0] for found in see(sides, ["idea.py, line 1"], ["gone"], ["new.sh"]))

    assert hunk["idea.py"] == "a = 9\nb = 2\nc = 3\n"
    assert "gone/deep.py" not in gone
    assert gone["idea.py"] == OLD["idea.py"].decode()
    assert new["new.sh"] == "#!/bin/sh\n x"


def test_files_of_the_data_are_mixed(sides: tuple[Watched, Watched]) -> None:
    """One changed file, one that is gone, one that came; the footprint fits (it is checked at every look)."""
    changed, gone, came = (found[2] for found in see(sides, ["train/1"], ["train/2"], ["val/4"]))

    assert changed == {"train/1.png": "ONE", "train/2.png": "two", "val/3.png": "3"}
    assert gone == {"train/1.png": "one", "val/3.png": "3"}
    assert came == {"train/1.png": "one", "train/2.png": "two", "val/3.png": "3", "val/4.png": "4"}


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """A file that B has where A has a link to a folder elsewhere cannot come alone."""
    outside = tmp_path / "outside"
    outside.mkdir()
    a = side(tmp_path / "a", {"place": f"-> {outside}".encode(), "x.py": b""}, REQUEST, {"1": "1"})
    b = side(tmp_path / "b", {"place/file.py": b"1\n", "x.py": b""}, REQUEST, {"1": "1"})
    removed, added = sorted(changes_between(a, b), key=lambda change: len(change.path))
    bench = Bench(a, b, 1)

    assert isinstance(bench.replay([added]), NoReplay)
    assert list(outside.iterdir()) == []
    assert isinstance(bench.replay([removed, added]), Seen)
    assert a.saw[-1][0]["place/file.py"] == "1\n"


def test_an_error_on_the_way_is_a_replay_that_could_not_be_done(sides: tuple[Watched, Watched]) -> None:
    """A change that does not fit the tree is told, never a traceback."""
    bench = Bench(*sides, 1)
    seen = bench.replay([Change(part="code", path="nowhere.py", a="100644")])

    assert isinstance(seen, NoReplay)
    assert "No such file" in seen.why
