"""Say who vouches for a run: an in-toto statement in a DSSE envelope, signed with ed25519.

The statement names every file of the sealed record with its SHA-256, and what the run found.
It is signed as the specification of DSSE says: over

    DSSEv1 <length of type> <type> <length of statement> <statement>

A file is checked byte for byte: one that says the same in other bytes is refused.

    https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
    https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepdiva.errors import DataError, Tampered
from deepdiva.provenance.entries import open_plain
from deepdiva.provenance.files import resource_error
from deepdiva.provenance.keep import load_stamp
from deepdiva.record.result import read_result
from deepdiva.record.seal import FILE_NAME as SEAL
from deepdiva.record.verify import verify_run
from deepdiva.share import keys
from deepdiva.share.names import fault_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:x-deepdiva:run:v1"
"""What the predicate means is told in docs/guides/share.md; no address of anybody is claimed."""

_KEY_PREFIX = "ed25519:"
_LARGEST = 2**28
_VERDICT = "verdict.json"


@dataclass(frozen=True)
class Statement:
    """What was signed, and by which key."""

    facts: dict[str, Any]
    signer: str
    """`ed25519:` and the public key itself in base64."""
    trusted: bool
    """Whether it is the key that the reader asked for; without one, anybody may have signed."""


def attest(run_folder: Path, key: Path) -> bytes:
    """Return the signed statement about the run at `run_folder`: equal runs and keys, equal bytes.

    Raises:
        Tampered: the run contradicts its own digests (VER-010); nothing is signed then.
        Inconclusive: the run is not finished (VER-011).
        ConfigError: there is no private key at `key` (CFG-026), or no `cryptography` (EXT-002).
    """
    private = keys.read_private(key)
    verify_run(run_folder).refuse()
    return _sealed_in(_as_json(_statement(run_folder)), private)


def verify_statement(path: Path, key: Path | None = None) -> Statement:
    """Return the statement in the file at `path` if it is the very one that was signed.

    Args:
        path: As `deepdiva attest` wrote it.
        key: The public key of whom the reader trusts.  Without it the signature is compared
            with the key that the file names: that tells that nothing changed, not who signed.

    Raises:
        Tampered: a byte was changed, or another key signed (VER-020).
        DataError: it is no statement of a run (VER-021).
        ConfigError: there is no public key at `key` (CFG-026), or no `cryptography` (EXT-002).
        ResourceError: the file cannot be read.
    """
    content = _read(path)
    trusted = None if key is None else keys.read_public(key)
    payload, signer, signature = _envelope(path, content)
    named = _named_key(path, signer)
    if trusted is not None and keys.raw_bytes(trusted) != keys.raw_bytes(named):
        raise _tampered(path, f"was signed by {signer}, not by the key in {key}")
    _check(path, named, signature, payload)
    if content != _serialize(payload, signer, signature):
        raise _tampered(path, "says the same in other bytes than were written")
    return Statement(_facts(path, payload), signer, trusted is not None)


def broken_subjects(statement: Statement, folder: Path) -> list[str]:
    """Return a line for each file that `statement` names and that is other or absent below `folder`."""
    lines = []
    for subject in statement.facts["subject"]:
        found = _digest_below(folder, subject["name"])
        if found != subject["digest"]["sha256"]:
            lines.append(f"{subject['name']} is {'missing' if found is None else 'not what was signed'}")
    return lines


# -- Signing ------------------------------------------------------------------------


def _statement(run: Path) -> dict[str, Any]:
    sealed = json.loads((run / SEAL).read_bytes())["files"] | {SEAL: _digest(run / SEAL)}
    code = load_stamp(run)["code"]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sealed[name]}} for name in sorted(sealed)],
        "predicateType": PREDICATE_TYPE,
        "predicate": read_result(run)
        | {"run": run.resolve().name, "package": code["package"]}
        | _verdict(run)
        | {"code": {name: code[name] for name in ("commit", "tree", "package_sha256")}},
    }


def _verdict(run: Path) -> dict[str, Any]:
    """Return what came out when this run repeated another one, and which; nulls where it did not."""
    try:
        facts = json.loads((run / _VERDICT).read_bytes())
        return {"verdict": str(facts["verdict"]), "of": dict(facts["of"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {"verdict": None, "of": None}


def _sealed_in(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    signer = _KEY_PREFIX + _base64(keys.raw_bytes(key.public_key()))
    return _serialize(payload, signer, key.sign(_signed_bytes(payload)))


def _signed_bytes(payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def _serialize(payload: bytes, signer: str, signature: bytes) -> bytes:
    signatures = [{"keyid": signer, "sig": _base64(signature)}]
    return _as_json({"payloadType": PAYLOAD_TYPE, "payload": _base64(payload), "signatures": signatures})


def _as_json(facts: object) -> bytes:
    return (json.dumps(facts, sort_keys=True, separators=(",", ":")) + "\n").encode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# -- Checking -----------------------------------------------------------------------


def _envelope(path: Path, content: bytes) -> tuple[bytes, str, bytes]:
    """Return statement, signer and signature."""
    try:
        facts = json.loads(content)
        [signature] = facts["signatures"]
        _must(facts["payloadType"] == PAYLOAD_TYPE, f"it holds {facts['payloadType']!a}")
        return (
            base64.b64decode(facts["payload"], validate=True),
            str(signature["keyid"]),
            base64.b64decode(signature["sig"], validate=True),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_statement(path, error) from error


def _named_key(path: Path, signer: str) -> Ed25519PublicKey:
    try:
        _must(signer.startswith(_KEY_PREFIX), "of another kind")
        return keys.public_from(base64.b64decode(signer.removeprefix(_KEY_PREFIX), validate=True))
    except ValueError as error:
        raise _no_statement(path, f"{signer!a} is no ed25519 key") from error


def _check(path: Path, key: Ed25519PublicKey, signature: bytes, payload: bytes) -> None:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, _signed_bytes(payload))
    except InvalidSignature as error:
        raise _tampered(path, "does not bear the signature of the key that it names") from error


def _facts(path: Path, payload: bytes) -> dict[str, Any]:
    """Return the statement; whoever signed it, it must be about a run to be shown as one."""
    try:
        facts = json.loads(payload)
        kinds = (facts["_type"], facts["predicateType"])
        _must(kinds == (STATEMENT_TYPE, PREDICATE_TYPE), f"a statement of another kind, {kinds!a}")
        dict(facts["predicate"])
        for subject in facts["subject"]:
            _must(isinstance(subject["name"], str), "a subject without a name")
            _must(isinstance(subject["digest"]["sha256"], str), "a subject without a digest")
        return dict(facts)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_statement(path, error) from error


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_LARGEST)
    except OSError as error:
        raise resource_error(error, path) from error


def _digest_below(folder: Path, name: str) -> str | None:
    """Return the digest of the plain file of that name; None where there is none."""
    try:
        if fault_of(name):
            return None
        with open_plain(folder, name) as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _tampered(path: Path, found: str) -> Tampered:
    return Tampered(
        f"{path} {found}",
        expected="the very bytes that the signer wrote",
        remedy="do not rely on this statement; get it again from whom you trust",
        code="VER-020",
    )


def _no_statement(path: Path, why: object) -> DataError:
    return DataError(
        f"{path} is no statement about a run: {why}",
        expected="a file that `deepdiva attest` wrote",
        remedy="get it again from whom you trust",
        code="VER-021",
    )
