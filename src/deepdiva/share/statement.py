"""Say who vouches for a run: an in-toto statement, signed in an envelope.

The statement names every file of the sealed record with its SHA-256, and what the run found.

    https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepdiva.provenance.archives.names import fault_of
from deepdiva.provenance.entries import open_plain
from deepdiva.provenance.keep import load_stamp
from deepdiva.provenance.tree import printable
from deepdiva.record.result import read_result
from deepdiva.record.seal import FILE_NAME as SEAL
from deepdiva.record.seal import seal_digest
from deepdiva.record.verify import verify_run
from deepdiva.share import envelope, keys

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:x-deepdiva:run:v1"
"""What the predicate means is told in docs/guides/share.md; no address of anybody is claimed."""

_VERDICT = "verdict.json"
_CHUNK = 2**20


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
    return envelope.sign(envelope.as_json(_statement(run_folder)), private)


def verify_statement(path: Path, key: Path | None = None) -> Statement:
    """Return the statement in the file at `path` if it is the very one that was signed.

    Args:
        path: As `deepdiva attest` wrote it.
        key: The public key of whom the reader trusts.  Without it the signature is compared
            with the key that the file names: that tells that nothing changed, not who signed.

    Raises:
        Tampered, DataError, ConfigError, ResourceError: see `envelope.open_envelope`; a
            statement about something else is none (VER-021).
    """
    opened = envelope.open_envelope(path, key)
    return Statement(_facts(path, opened.payload), opened.signer, key is not None)


def broken_subjects(statement: Statement, folder: Path) -> list[str]:
    """Return a line for each file that `statement` names and that is other or absent below `folder`."""
    lines = []
    for subject in statement.facts["subject"]:
        name, found = subject["name"], _digest_below(folder, subject["name"])
        if found != subject["digest"]["sha256"]:
            lines.append(f"{printable(name)} is {'missing' if found is None else 'not what was signed'}")
    return lines


def _statement(run: Path) -> dict[str, Any]:
    sealed = json.loads((run / SEAL).read_bytes())["files"] | {SEAL: seal_digest(run)}
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
    except (OSError, *envelope.UNREADABLE):
        return {"verdict": None, "of": None}


def _facts(path: Path, payload: bytes) -> dict[str, Any]:
    """Return the statement; whoever signed it, it must be about a run to be shown as one."""
    try:
        facts = json.loads(payload)
        kinds = (facts["_type"], facts["predicateType"])
        envelope.must(kinds == (STATEMENT_TYPE, PREDICATE_TYPE), f"a statement of another kind, {kinds!a}")
        dict(facts["predicate"])
        for subject in facts["subject"]:
            envelope.must(isinstance(subject["name"], str), "a subject without a name")
            envelope.must(isinstance(subject["digest"]["sha256"], str), "a subject without a digest")
        return dict(facts)
    except envelope.UNREADABLE as error:
        raise envelope.no_statement(path, error) from error


def _digest_below(folder: Path, name: str) -> str | None:
    """Return the digest of the plain file of that name; None where there is none."""
    if fault_of(name):
        return None
    digest = hashlib.sha256()
    try:
        with open_plain(folder, name) as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()
