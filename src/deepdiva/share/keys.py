"""Ed25519 keys in files: the private one for its owner alone, the public one for everybody.

Both are PEM, as other programs write and read them.  `cryptography` is an extra: it is asked
for only where something is signed or a signature checked.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from deepdiva.errors import ConfigError
from deepdiva.provenance.files import resource_error, sync, write_atomically

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PUBLIC_SUFFIX = ".pub"
_LARGEST = 2**16
"""Bytes; no key is longer."""


def new_key(path: Path) -> Path:
    """Make a pair of keys: the private one at `path`, for its owner's eyes; return where the public one is.

    Raises:
        ConfigError: one of the two files is there already (CFG-025), or `cryptography` is not (EXT-002).
        ResourceError: a file cannot be written.
    """
    _require()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    public_path = path.with_name(path.name + PUBLIC_SUFFIX)
    for place in (path, public_path):
        if os.path.lexists(place):
            raise _occupied(place)
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _write_for_owner(path, private)
    write_atomically(public_path, public)
    return public_path


def read_private(path: Path) -> Ed25519PrivateKey:
    """Return the private key at `path`.

    Raises:
        ConfigError: it is no such key (CFG-026), or `cryptography` is not there (EXT-002).
    """
    _require()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    try:
        key = serialization.load_pem_private_key(_content(path), None)
    except (OSError, ValueError, TypeError) as error:
        raise _no_key(path, error) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise _no_key(path, "a key of another kind")
    return key


def read_public(path: Path) -> Ed25519PublicKey:
    """Return the public key at `path`.

    Raises:
        ConfigError: see `read_private`.
    """
    _require()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    try:
        key = serialization.load_pem_public_key(_content(path))
    except (OSError, ValueError) as error:
        raise _no_key(path, error) from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise _no_key(path, "a key of another kind")
    return key


def public_from(raw: bytes) -> Ed25519PublicKey:
    """Return the public key that these 32 bytes are.

    Raises:
        ValueError: there are not 32 of them.
    """
    _require()
    from cryptography.hazmat.primitives.asymmetric import ed25519

    return ed25519.Ed25519PublicKey.from_public_bytes(raw)


def raw_bytes(key: Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of `key`."""
    return key.public_bytes_raw()


def _require() -> None:
    if find_spec("cryptography") is None:
        raise ConfigError(
            "signing needs the package `cryptography`, which is not installed",
            expected="the extra `share`",
            remedy="pip install 'deepdiva[share]'",
            code="EXT-002",
        )


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_LARGEST)


def _write_for_owner(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            sync(stream.fileno())
    except FileExistsError as error:
        raise _occupied(path) from error
    except OSError as error:
        raise resource_error(error, path) from error


def _occupied(path: Path) -> ConfigError:
    return ConfigError(
        f"{path} is there already",
        expected="a new name, so that no key is ever overwritten",
        remedy="choose another name, or sign with the key that is there",
        code="CFG-025",
    )


def _no_key(path: Path, why: object) -> ConfigError:
    return ConfigError(
        f"{path} cannot be read as an ed25519 key: {why}",
        expected="a PEM file; the private one signs, the public one (.pub) checks",
        remedy="`deepdiva attest --new-key KEY` makes a pair",
        code="CFG-026",
    )
