"""Requests as text: TOML, with every setting written out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from deepdiva.config.table import as_table
from deepdiva.errors import ConfigError


def as_toml(settings: Any) -> str:
    """Return the dataclass `settings` as TOML, single values before tables."""
    table = as_table(settings)
    ordered = sorted(table.items(), key=lambda item: isinstance(item[1], dict))
    return tomli_w.dumps(dict(ordered))


def read_toml(path: Path) -> dict[str, Any]:
    """Return the table in the file `path`.

    Raises:
        ConfigError: the file cannot be read, or is not TOML (duplicate keys among the reasons).
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise ConfigError(
            f"{path} cannot be read: {cause}",
            expected="a TOML file, such as the `request.toml` of a run",
            remedy="mend the place named above, or start from a run's own `request.toml`",
            code="CFG-005",
        ) from cause
