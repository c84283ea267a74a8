"""Check a signed statement about a run without DeepDIVA; `cryptography` is all that is needed.

    python verify_statement.py RUN.statement.json KEY.pub [FOLDER]

KEY.pub is the public key of whom you trust.  FOLDER is the run, or its crate unpacked:
each file that the statement names is then compared too.  Exit 0 if all agrees, else 6.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def main(statement: str, key: str, folder: str | None = None) -> int:
    """Check and tell; return the exit code."""
    envelope = json.loads(Path(statement).read_bytes())
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"], validate=True)
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    try:
        load_pem_public_key(Path(key).read_bytes()).verify(  # type: ignore[union-attr, call-arg]
            base64.b64decode(envelope["signatures"][0]["sig"], validate=True), signed
        )
    except InvalidSignature:
        print("TAMPERED: the signature is not by this key over these bytes")
        return 6
    facts = json.loads(payload)
    files = {subject["name"]: subject["digest"]["sha256"] for subject in facts["subject"]} if folder else {}
    found = {name: Path(folder or "", name).read_bytes() for name in files}
    broken = [name for name in files if hashlib.sha256(found[name]).hexdigest() != files[name]]
    print(json.dumps(facts["predicate"], indent=1))
    print(f"TAMPERED: {broken}" if broken else f"The signature is good, and so are {len(files)} files.")
    return 6 if broken else 0


sys.exit(main(*sys.argv[1:]))
