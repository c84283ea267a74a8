"""Journeys: data sets from a folder and from a server, typed as a user types them."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.data.get import genuine
from tests.data.get.servers import Server, serving
from tests.journeys.commands import Desk, Result, make_desk


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a repository, and a state folder in which nothing is kept."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))
    return make_desk(tmp_path / "repository", tmp_path / "data")


def words_for(folder: Path) -> list[str]:
    """Return the checksums of all files in `folder` as words."""
    return [word for checksum in genuine.checksums(folder) for word in ("--checksum", checksum)]


def get(desk: Desk, name: str, mirror: str, folder: Path, *more: str, expect: int = 0) -> Result:
    """Type `data get` with a mirror and the checksums of what it holds."""
    words: tuple[str | Path, ...] = ("--to", desk.data, "--mirror", mirror, *words_for(folder), *more)
    return desk.type("data", "get", name, *words, expect=expect)


@pytest.mark.slow
def test_mnist_from_a_folder_runs(bare: Desk, tmp_path: Path) -> None:
    """Got, verified, trained on; the data folder is no uncommitted code; one flipped byte is refused."""
    mirror = genuine.write_mnist(tmp_path / "mirror", 300, 100)
    told = get(bare, "mnist", mirror.as_uri(), mirror, "--json").json

    assert told["samples"] == {"train": 270, "val": 30, "test": 100}
    assert sorted(told["replaced_checksums"]) == sorted(told["files"])
    assert (
        bare.type("data", "verify", told["data"], "--deep", "--json").json["data_sha256"]
        == told["data_sha256"]
    )
    run = ("image-classification", "--data", told["data"], "--epochs", "1", "--seed", "1", "--threads", "1")
    assert bare.type("run", *run, "--json").json["data_sha256"] == told["data_sha256"]

    file = mirror / "train-labels-idx1-ubyte.gz"
    words = words_for(mirror)
    content = bytearray(file.read_bytes())
    content[-9] ^= 1
    file.write_bytes(content)
    other: tuple[str | Path, ...] = ("--to", tmp_path / "other", "--mirror", mirror.as_uri(), *words)
    (tmp_path / "home").rename(tmp_path / "forgotten")
    refused = bare.type("data", "get", "mnist", *other, expect=4)
    assert "ARC-004: train-labels-idx1-ubyte.gz" in refused.err
    assert file.read_bytes() == content


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "write", "counts"),
    [
        ("cifar10", genuine.write_cifar10, {"train": 90, "val": 10, "test": 20}),
        ("svhn", genuine.write_svhn, {"train": 70, "val": 10, "test": 40}),
        ("stl10", genuine.write_stl10, {"train": 10, "val": 10, "test": 20}),
    ],
)
def test_published_data_from_a_server(
    bare: Desk, tmp_path: Path, name: str, write: Callable[[Path], Path], counts: dict[str, int]
) -> None:
    """A loopback mirror with format-true archives; the second get asks nobody."""
    mirror = write(tmp_path / "mirror")
    more = ("--extra",) if name == "svhn" else ()
    with serving(Server(files={f"/{file.name}": file.read_bytes() for file in mirror.iterdir()})) as server:
        told = get(bare, name, server.address, mirror, *more, "--json").json
        asked = len(server.asked)
        again = get(bare, name, server.address, mirror, *more)

        assert len(server.asked) == asked == len(list(mirror.iterdir()))
    assert told["samples"] == counts
    assert told["from"] == server.address
    assert "already there" in again.out
    assert told["data_sha256"] in again.out


def test_a_cut_off_download_goes_on_with_the_next_command(bare: Desk, tmp_path: Path) -> None:
    """Exit 4 with what to do; then the rest alone is fetched."""
    mirror = genuine.write_cifar10(tmp_path / "mirror", 100)
    content = (mirror / "cifar-10-python.tar.gz").read_bytes()
    with serving(Server(files={"/cifar-10-python.tar.gz": content}, dies_after=len(content) // 8)) as server:
        refused = get(bare, "cifar10", server.address, mirror, expect=4)
        server.dies_after = None
        get(bare, "cifar10", server.address, mirror)

        assert "ARC-005" in refused.err
        assert "type the command again" in refused.err
        assert server.asked[-1][1] == f"bytes={5 * (len(content) // 8)}-"


@pytest.mark.slow
def test_a_killed_get_leaves_nothing_that_is_taken_for_whole(bare: Desk, tmp_path: Path) -> None:
    """Killed while it writes: no data set is there; the next one is whole and cleans up."""
    mirror = genuine.write_mnist(tmp_path / "mirror", 20_000, 100)
    words = ["data", "get", "mnist", "--to", str(bare.data), "--mirror", mirror.as_uri(), *words_for(mirror)]
    killed = bare.start(*words)
    while not list(bare.data.glob(".deepdiva-*/train/*/*.png")):
        assert killed.poll() is None
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    left = next(bare.data.glob(".deepdiva-*"))
    os.utime(left, (0, 0))

    assert not (bare.data / "mnist").exists()
    assert bare.type(*words, "--json").json["samples"] == {"train": 18_000, "val": 2_000, "test": 100}
    assert [place.name for place in bare.data.iterdir()] == ["mnist"]


def test_an_archive_of_ones_own(bare: Desk, digits: Path, tmp_path: Path) -> None:
    """Class folders in a tar at an address: got, and the very data set that was packed."""
    files = {f"digits/{f.relative_to(digits).as_posix()}": f.read_bytes() for f in digits.rglob("*.png")}
    genuine.tar_gz(tmp_path / "mine-1.0.tar.gz", files)
    content = (tmp_path / "mine-1.0.tar.gz").read_bytes()
    expected = bare.type("data", "verify", digits, "--json").json["data_sha256"]
    with serving(Server(files={"/files/mine-1.0.tar.gz": content})) as server:
        address = f"{server.address}/files/mine-1.0.tar.gz?download=1"
        server.files["/files/mine-1.0.tar.gz?download=1"] = content
        words = ("--sha256", hashlib.sha256(content).hexdigest(), "--to", bare.data)
        told = bare.type("data", "get", address, *words, "--json").json
        named = bare.type("data", "get", address, *words, "--name", "digits", "--json").json

    assert told["data"] == str(bare.data / "mine-1.0")
    assert named["data"] == str(bare.data / "digits")
    assert told["data_sha256"] == named["data_sha256"] == expected
    assert told["from"] == f"{server.address}/files/mine-1.0.tar.gz"


def test_a_shape(bare: Desk) -> None:
    """The same seed gives the same digest anywhere."""
    here = bare.type("data", "get", "flag", "--to", bare.data, "--json").json
    there = bare.type("data", "get", "flag", "--to", bare.data / "there", "--json").json
    other = bare.type("data", "get", "flag", "--to", bare.data / "other", "--seed", "2", "--json").json

    assert here["data_sha256"] == there["data_sha256"] != other["data_sha256"]
    assert here["samples"] == {"train": 64, "val": 18, "test": 18}
