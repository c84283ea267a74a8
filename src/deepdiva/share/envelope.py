"""A signed envelope after DSSE: a text, who signed it, and an ed25519 signature.

What is signed is the text with its type and the lengths of both, as the specification says:

    DSSEv1 <length of type> <type> <length of text> <text>

The signer is named by the public key itself, so that a file can be checked by itself; only a
key that the reader brings tells who signed.  A file is checked byte for byte: one that says
the same in other bytes is refused.

    https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deepdiva.errors import DataError, Tampered
from deepdiva.provenance.files import resource_error
from deepdiva.share import keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
UNREADABLE = (ValueError, KeyError, TypeError, RecursionError)
_KEY_PREFIX = "ed25519:"
_LARGEST = 2**28
"""Bytes; a longer file is cut there, and so no JSON."""


class Envelope(NamedTuple):
    """What an envelope holds, before or after the signature was checked."""

    payload: bytes
    signer: str
    """`ed25519:` and the public key itself in base64."""
    signature: bytes

    @property
    def content(self) -> bytes:
        """The one way to write it."""
        signatures = [{"keyid": self.signer, "sig": _base64(self.signature)}]
        return as_json(
            {"payloadType": PAYLOAD_TYPE, "payload": _base64(self.payload), "signatures": signatures}
        )


def sign(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the envelope of `payload`: equal for equal keys."""
    signer = _KEY_PREFIX + _base64(keys.raw_bytes(key.public_key()))
    return Envelope(payload, signer, key.sign(_signed_bytes(payload))).content


def open_envelope(path: Path, key: Path | None) -> Envelope:
    """Return what the file at `path` holds if it is the very file that was signed.

    Args:
        path: As `sign` wrote it.
        key: The public key that must have signed; without it, the one that the file names.

    Raises:
        Tampered: a byte was changed, or another key signed (VER-020).
        DataError: it is no envelope of ours (VER-021).
        ConfigError: there is no public key at `key` (CFG-026), or no `cryptography` (EXT-002).
        ResourceError: the file cannot be read.
    """
    trusted = None if key is None else keys.read_public(key)
    content = _read(path)
    envelope = _parse(path, content)
    named = _named_key(path, envelope.signer)
    if trusted is not None and keys.raw_bytes(trusted) != keys.raw_bytes(named):
        raise _tampered(path, f"was signed by {envelope.signer}, not by the key in {key}")
    _check(path, named, envelope)
    if content != envelope.content:
        raise _tampered(path, "says the same in other bytes than were written")
    return envelope


def as_json(facts: object) -> bytes:
    """Return `facts` as they are signed and written: sorted, on one line, in ASCII."""
    return (json.dumps(facts, sort_keys=True, separators=(",", ":")) + "\n").encode()


def must(holds: bool, otherwise: str) -> None:
    """Let what must hold be said in a line.

    Raises:
        ValueError: it does not hold.
    """
    if not holds:
        raise ValueError(otherwise)


def no_statement(path: Path, why: object) -> DataError:
    """Return the refusal of a file that is something else."""
    return DataError(
        f"{path} is no statement about a run: {why}",
        expected="a file that `deepdiva attest` wrote",
        remedy="get it again from whom you trust",
        code="VER-021",
    )


def _signed_bytes(payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_LARGEST)
    except OSError as error:
        raise resource_error(error, path) from error


def _parse(path: Path, content: bytes) -> Envelope:
    try:
        facts = json.loads(content)
        [signature] = facts["signatures"]
        must(facts["payloadType"] == PAYLOAD_TYPE, f"it holds {facts['payloadType']!a}")
        return Envelope(
            base64.b64decode(facts["payload"], validate=True),
            str(signature["keyid"]),
            base64.b64decode(signature["sig"], validate=True),
        )
    except UNREADABLE as error:
        raise no_statement(path, error) from error


def _named_key(path: Path, signer: str) -> Ed25519PublicKey:
    try:
        must(signer.startswith(_KEY_PREFIX), "of another kind")
        return keys.public_from(base64.b64decode(signer.removeprefix(_KEY_PREFIX), validate=True))
    except ValueError as error:
        raise no_statement(path, f"{signer!a} is no ed25519 key") from error


def _check(path: Path, key: Ed25519PublicKey, envelope: Envelope) -> None:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(envelope.signature, _signed_bytes(envelope.payload))
    except InvalidSignature as error:
        raise _tampered(path, "does not bear the signature of the key that it names") from error


def _tampered(path: Path, found: str) -> Tampered:
    return Tampered(
        f"{path} {found}",
        expected="the very bytes that the signer wrote",
        remedy="do not rely on this statement; get it again from whom you trust",
        code="VER-020",
    )
