"""The name of a request: one digest over everything that was asked."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from deepdiva.config.table import as_table


def fingerprint(settings: Any) -> str:
    """Return the SHA-256 of the dataclass `settings` in hexadecimal digits.

    Any setting that changes, changes it; the order in which fields were declared does not.
    """
    text = json.dumps(as_table(settings), sort_keys=True, ensure_ascii=True, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()
