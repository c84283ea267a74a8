import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deepdiva.errors import ConfigError, ResourceError
from deepdiva.share import keys


def test_a_pair_signs_and_checks(tmp_path: Path) -> None:
    """What the private file signs, the public file checks; the private one is for its owner alone."""
    public = keys.new_key(tmp_path / "my.key")
    signature = keys.read_private(tmp_path / "my.key").sign(b"words")
    keys.read_public(public).verify(signature, b"words")

    assert public == tmp_path / "my.key.pub"
    assert stat.S_IMODE((tmp_path / "my.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["my.key", "my.key.pub"])
def test_no_key_is_overwritten(tmp_path: Path, name: str) -> None:
    """Whichever of the two is there, even as a dangling link, both stay as they are."""
    (tmp_path / name).symlink_to("nowhere")

    with pytest.raises(ConfigError, match="CFG-025"):
        keys.new_key(tmp_path / "my.key")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A key is not made in a folder that nobody made."""
    with pytest.raises(ResourceError, match="No such file"):
        keys.new_key(tmp_path / "none" / "my.key")


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_key_is_told(tmp_path: Path, content: bytes) -> None:
    """Neither half takes anything else for a key."""
    (tmp_path / "x").write_bytes(content)
    for read in (keys.read_private, keys.read_public):
        with pytest.raises(ConfigError, match="CFG-026"):
            read(tmp_path / "x")


def test_a_key_of_another_kind_is_told(tmp_path: Path) -> None:
    """A sound key that is not ed25519 is no key here, nor is a public key one that signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    (tmp_path / "private").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (tmp_path / "public").write_bytes(
        key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    public = keys.new_key(tmp_path / "good")

    for place in (tmp_path / "private", public):
        with pytest.raises(ConfigError, match="CFG-026"):
            keys.read_private(place)
    with pytest.raises(ConfigError, match="CFG-026"):
        keys.read_public(tmp_path / "public")


def test_without_cryptography_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A core installation says what to install."""
    monkeypatch.setattr(keys, "find_spec", lambda _: None)

    with pytest.raises(ConfigError, match=r"EXT-002.*\n.*\n.*pip install 'deepdiva\[share\]'"):
        keys.new_key(tmp_path / "my.key")
