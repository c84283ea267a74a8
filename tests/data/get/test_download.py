"""Rules for files from afar: whole and right, or not there; gone on with; nobody else's file is touched."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import pytest
from tests.data.get.servers import Server

from deepdiva.data.get import transfer as transfer_page
from deepdiva.data.get.checksum import Checksum
from deepdiva.data.get.download import fetch
from deepdiva.errors import ConfigError, DataError, ResourceError

pytestmark = pytest.mark.usefixtures("fresh_home")

CONTENT = os.urandom(100_000)


def checksum(content: bytes = CONTENT, algorithm: str = "sha256") -> Checksum:
    return Checksum(algorithm, hashlib.new(algorithm, content).hexdigest())


def kept(home: Path) -> set[str]:
    """Return what is kept, locks left out."""
    return {path.name for path in (home / "downloads").iterdir() if path.suffix != ".lock"}


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_file_comes_whole_and_stays(server: Server, fresh_home: Path, algorithm: str, length: bool) -> None:
    """The second time needs no network: it is kept under its checksum, whatever the address."""
    server.files["/a"], server.length = CONTENT, length
    first = fetch(f"{server.address}/a", checksum(algorithm=algorithm))
    second = fetch("https://nowhere.invalid/b", checksum(algorithm=algorithm))

    assert first.place.read_bytes() == CONTENT
    assert (first.cached, second.cached) == (False, True)
    assert first.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (second.place, len(server.asked)) == (first.place, 1)
    assert kept(fresh_home) == {first.place.name}


def test_a_file_of_this_machine_is_copied(tmp_path: Path) -> None:
    """And stays as it was, also when it is another one than expected."""
    place = tmp_path / "my files" / "a"
    place.parent.mkdir()
    place.write_bytes(CONTENT)

    assert fetch(place.as_uri(), checksum()).place.read_bytes() == CONTENT
    with pytest.raises(DataError, match="ARC-004"):
        fetch(place.as_uri(), checksum(b"other"))
    assert place.read_bytes() == CONTENT


def test_another_file_is_refused_and_not_kept(server: Server, fresh_home: Path) -> None:
    """ARC-004 names the file, where it came from, what was found and what was expected."""
    server.files["/set/a.gz"] = CONTENT[:-1] + b"!"
    with pytest.raises(DataError) as caught:
        fetch(f"{server.address}/set/a.gz", checksum())
    told = str(caught.value)

    assert caught.value.exit_code == 4
    assert "ARC-004: a.gz from" in told
    assert checksum().digest in told
    assert checksum(server.files["/set/a.gz"]).digest in told
    assert kept(fresh_home) == set()


def test_a_server_that_hangs_up_is_asked_for_the_rest(server: Server) -> None:
    """As long as every try brings something, the command goes on by itself."""
    server.files["/a"], server.dies_after = CONTENT, 30_000
    found = fetch(f"{server.address}/a", checksum())

    assert found.place.read_bytes() == CONTENT
    ranges = [wished for _, wished in server.asked]
    assert ranges == [None, "bytes=30000-", "bytes=60000-", "bytes=90000-"]


def test_the_next_command_goes_on(server: Server, fresh_home: Path) -> None:
    """What arrived before is not fetched twice; until then the file is not there."""
    server.files["/a"], server.dies_after = CONTENT, 10_000
    with pytest.raises(DataError, match=r"ARC-005.*cut off 5 times; 50,000 bytes are here"):
        fetch(f"{server.address}/a", checksum())
    assert {Path(name).suffix for name in kept(fresh_home)} == {".part", ".part-validator"}
    server.dies_after = None
    found = fetch(f"{server.address}/a", checksum())

    assert found.place.read_bytes() == CONTENT
    assert server.asked[-1] == ("/a", "bytes=50000-")
    assert kept(fresh_home) == {found.place.name}


@pytest.mark.parametrize("change", ["ranges", "tag", "content", "shorter"])
def test_what_cannot_be_gone_on_with_begins_anew(server: Server, change: str) -> None:
    """A server without ranges, another tag, or other content behind the same tag: right all the same."""
    before = CONTENT if change != "content" else os.urandom(100_000)
    server.files["/a"], server.dies_after = before, 10_000
    with pytest.raises(DataError, match="ARC-005"):
        fetch(f"{server.address}/a", checksum())
    server.dies_after = None
    server.files["/a"] = CONTENT
    wanted = CONTENT
    if change == "ranges":
        server.ranges = False
    elif change == "tag":
        server.tag = '"2"'
    elif change == "shorter":
        server.files["/a"] = wanted = CONTENT[:40_000]
    found = fetch(f"{server.address}/a", checksum(wanted)) if change != "shorter" else None
    if found is None:
        part = next(iter((Path(os.environ["DEEPDIVA_HOME"]) / "downloads").glob("*.part")))
        renamed = checksum(wanted)
        name = part.name.replace(checksum().digest, renamed.digest)
        part.rename(part.with_name(name))
        found = fetch(f"{server.address}/a", renamed)

    assert found.place.read_bytes() == wanted


def test_a_kept_file_that_changed_is_fetched_again(server: Server) -> None:
    """It is checked before every use."""
    server.files["/a"] = CONTENT
    place = fetch(f"{server.address}/a", checksum()).place
    place.write_bytes(b"!" + CONTENT[1:])
    found = fetch(f"{server.address}/a", checksum())

    assert not found.cached
    assert found.place.read_bytes() == CONTENT


def test_a_web_page_is_no_file(server: Server, fresh_home: Path) -> None:
    """What portals and dead links answer with 200."""
    server.files["/a"] = b"\n<!DOCTYPE html><p>Please log in"
    with pytest.raises(DataError, match="ARC-005.*a web page came instead"):
        fetch(f"{server.address}/a", checksum())
    assert not any(name.endswith(checksum().digest) for name in kept(fresh_home))


def test_what_is_not_there_is_told_with_a_way_out(server: Server) -> None:
    """The address, what the server said, and how to use a file of one's own."""
    with pytest.raises(DataError) as caught:
        fetch(f"{server.address}/none", checksum())

    assert f"ARC-005: {server.address}/none: the server answers 404" in str(caught.value)
    assert "--mirror file:///" in str(caught.value)


def test_no_network_is_told(tmp_path: Path) -> None:
    """Nobody listens, or no such file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(DataError, match=r"ARC-005.*Connection refused"):
            fetch(f"http://127.0.0.1:{free.getsockname()[1]}/a", checksum())
    with pytest.raises(DataError, match=r"ARC-005.*No such file"):
        fetch((tmp_path / "none").as_uri(), checksum())


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_plain_file_is_not_read(tmp_path: Path, kind: str) -> None:
    """A pipe would never end."""
    (tmp_path / "a").mkdir() if kind == "folder" else os.mkfifo(tmp_path / "a")
    with pytest.raises(DataError, match="ARC-005.*no plain file"):
        fetch((tmp_path / "a").as_uri(), checksum())


def test_letters_beyond_ascii_are_sent_as_browsers_do(server: Server) -> None:
    """An address may be copied from anywhere."""
    server.files["/b%C3%BCcher%20a.zip"] = CONTENT
    assert fetch(f"{server.address}/bücher a.zip", checksum()).place.read_bytes() == CONTENT


def test_redirects_lead_to_servers_only(server: Server, tmp_path: Path) -> None:
    """One to a file of this machine would show it to a page that asked for it."""
    (tmp_path / "a").write_bytes(CONTENT)
    server.files["/a"] = CONTENT
    server.turns = {"/good": "/a", "/bad": (tmp_path / "a").as_uri(), "/worse": "ftp://127.0.0.1/a"}

    for bad in ("bad", "worse"):
        with pytest.raises(DataError, match=r"ARC-005"):
            fetch(f"{server.address}/{bad}", checksum())
    assert fetch(f"{server.address}/good", checksum()).place.read_bytes() == CONTENT


def test_an_endless_file_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the server does not tell how long it is."""
    monkeypatch.setattr(transfer_page, "LARGEST", 50_000)
    server.files["/a"] = CONTENT
    for server.length in (True, False):
        with pytest.raises(DataError, match="ARC-002"):
            fetch(f"{server.address}/a", checksum())


def test_no_room_is_told_before_it_is_full(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """RES-001 with what is needed and what is free."""
    monkeypatch.setattr(transfer_page, "free_bytes", lambda _: 10)
    server.files["/a"] = CONTENT
    with pytest.raises(ResourceError, match="RES-001.*100,000 bytes are to come, 10 are free"):
        fetch(f"{server.address}/a", checksum())


def test_messages_hold_no_secret(server: Server) -> None:
    """Tokens stand in queries, passwords before the host."""
    with pytest.raises(DataError) as caught:
        fetch(f"{server.address}/none?token=secret", checksum())
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org/a",
        "a.zip",
        "file://elsewhere/a",
        "https:///a",
        "http://[::1",
        "data:,a",
        "https://a/\x1b[2J",
        "https://a/\udcff",
    ],
)
def test_odd_addresses_are_refused(address: str) -> None:
    """CFG-031, before anything is asked."""
    with pytest.raises(ConfigError, match="CFG-031"):
        fetch(address, checksum())
