"""The page in a crate for people who never heard of DeepDIVA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FILE_NAME = "README.md"


def readme(facts: Mapping[str, Any], *, with_data: bool) -> bytes:
    """Return what this crate is and how to use it.

    Args:
        facts: What `run.json` holds.
        with_data: Whether the data lies in the crate.
    """
    scores = facts["test"] or facts["val"] or {}
    split = "test" if facts["test"] else "val"
    told = ", ".join(f"{metric} {value:.4f}" for metric, value in sorted(scores.items()) if value is not None)
    data = "dataset/" if with_data else "not in the crate, but each file is listed in data/footprint.json"
    return (
        f"# {facts['task']}, seed {facts['seed']}\n\n"
        "One training run with all that is needed to run it again, packed by DeepDIVA.\n\n"
        f"- run: {facts['id']}\n"
        f"- {split}: {told}\n"
        f"- weights: SHA-256 {facts['weights_sha256']}\n"
        f"- data: SHA-256 {facts['data_sha256']}; {data}\n"
        "- settings: request.toml\n"
        "- code: source/files/\n"
        "- packages: environment/pylock.toml\n"
        "- measurements: events.jsonl, one JSON object a line\n\n"
        "    deepdiva restore THIS.zip --to code     its source tree, byte for byte\n"
    ).encode()
