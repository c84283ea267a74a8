"""Write a stamp into a run folder, and compare a later one with it.

    stamp.json           everything the run stands on, in short
    code/                see `snapshot`
    environment/         pylock.toml, platform.json, variables.json, deepdiva.json (its own files)
    data/                footprint.json; where.json: where the data lies on this machine, a hint

Apart from the two `where.json`, which lie outside every digest, nothing holds an absolute path.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepdiva.errors import DataError
from deepdiva.provenance.code import Source
from deepdiva.provenance.files import make_folder, write_atomically
from deepdiva.provenance.footprint import write
from deepdiva.provenance.packages import as_lock, read_own_files
from deepdiva.provenance.snapshot import as_json, keep_code
from deepdiva.provenance.stamp import Stamp

FORMAT = "deepdiva stamp 1"
STAMP_FILE = "stamp.json"

_PARTS = ("code", "environment", "data", "numeric_class")


def keep(stamp: Stamp, source: Source, folder: Path) -> None:
    """Write `stamp`, and all that is needed to stand on the same ground again, into the run at `folder`.

    Raises:
        GateRefused: the code is no longer what the stamp says.
        ResourceError: the folder cannot be written.
    """
    keep_code(source, stamp.code, folder / "code")
    environment = folder / "environment"
    make_folder(environment)
    lock = as_lock(stamp.environment.packages, source.root)
    write_atomically(environment / "pylock.toml", lock.encode())
    facts = stamp.environment
    platform = {"python": facts.python, "platform": facts.platform, "hardware": facts.hardware}
    write_atomically(environment / "platform.json", as_json(platform))
    variables = {"in_force": facts.variables, "replaced": facts.inherited}
    write_atomically(environment / "variables.json", as_json(variables))
    own = {
        "version": stamp.code.package,
        "sha256": stamp.code.package_sha256,
        "files": read_own_files().files,
    }
    write_atomically(environment / "deepdiva.json", as_json(own))
    make_folder(folder / "data")
    write(stamp.data.footprint, folder / "data" / "footprint.json")
    write_atomically(folder / "data" / "where.json", as_json({"root": str(stamp.data.root.absolute())}))
    facts_kept = stamp_facts(stamp)
    facts_kept["code"]["entry"] = _entry(source)
    write_atomically(folder / STAMP_FILE, as_json(facts_kept))


def _entry(source: Source) -> str | None:
    """Return where in its tree the file that is run lies; None for a built-in task."""
    return None if source.entry is None else source.entry.relative_to(source.root).as_posix()


def stamp_facts(stamp: Stamp) -> dict[str, Any]:
    """Return what `stamp.json` holds: equal for equal ground, on whatever path it lies."""
    code = dataclasses.asdict(stamp.code)
    del code["kept"]  # code/code.json holds it
    environment = dataclasses.asdict(stamp.environment)
    environment["packages"] = {
        package.name: {"version": package.version, "sha256": package.sha256}
        for package in stamp.environment.packages
    }
    footprint = stamp.data.footprint
    return {
        "format": FORMAT,
        "code": code | {"dirty": bool(stamp.code.changed)},
        "environment": environment,
        "data": {"sha256": footprint.digest, "files": len(footprint.files), "algorithm": footprint.algorithm},
        "seed": stamp.seed,
        "numeric_class": dataclasses.asdict(stamp.numeric_class) | {"name": stamp.numeric_class.name},
        "request_sha256": stamp.request_sha256,
    }


def load_stamp(folder: Path) -> dict[str, Any]:
    """Return the facts in the `stamp.json` of the run at `folder`.

    Raises:
        DataError: there is none, or it is not one of ours (SRC-010).
    """
    place = folder / STAMP_FILE
    try:
        return _parse(place.read_bytes())
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{place} cannot be read as a stamp: {error!r}",
            expected=f"a complete {FORMAT!r}",
            remedy="check that this is a run folder, and that it was copied as a whole",
            code="SRC-010",
        ) from error


def _parse(content: bytes) -> dict[str, Any]:
    facts = json.loads(content)
    if facts["format"] != FORMAT:
        raise ValueError(f"format {facts['format']!r} is not known here")
    parts = {part: dict(facts[part]) for part in _PARTS}
    _versions(parts["environment"]["packages"])
    return {**facts, **parts}


def differences(stamp_now: Stamp, folder: Path) -> list[str]:
    """Return how the ground of today differs from that of the run at `folder`, for people to read.

    Each line begins with `code`, `environment`, `data` or `numeric_class`.  What cannot move
    a number (branch, remote, host, time) is not compared.

    Raises:
        DataError: see `load_stamp`.
    """
    return compare(load_stamp(folder), json.loads(as_json(stamp_facts(stamp_now))))


def compare(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return how the facts of one stamp differ from those of an earlier one; see `differences`."""
    lines = [
        *_code_lines(then["code"], now["code"]),
        *_environment_lines(then["environment"], now["environment"]),
    ]
    lines += _changed("data", {"sha256": then["data"].get("sha256")}, {"sha256": now["data"]["sha256"]})
    return lines + _changed("numeric_class", then["numeric_class"], now["numeric_class"])


def _code_lines(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    yield from _changed("code", *({"tree": code.get("tree")} for code in (then, now)))
    if then.get("tree") != now["tree"]:
        yield from _changed("code", *({"commit": code.get("commit")} for code in (then, now)))
        for path in sorted({*then.get("changed", ()), *now["changed"]}):
            yield f"code: {path!a} has changes that no commit holds"
    keys = ("package", "package_sha256")
    yield from _changed("code", *({key: code.get(key) for key in keys} for code in (then, now)))


def _environment_lines(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    yield from _changed("environment", *({"python": facts.get("python")} for facts in (then, now)))
    # `deepdiva` is compared by its files, above: how it was installed moves no bit.
    packages = (
        {k: v for k, v in facts.get("packages", {}).items() if k != "deepdiva"} for facts in (then, now)
    )
    yield from _changed("environment", *map(_versions, packages))


def _versions(packages: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: f"{facts['version']} ({facts['sha256'][:12]})" for name, facts in dict(packages).items()}


def _changed(part: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [
        f"{part}: {key} was {then.get(key, 'absent')}, is {now.get(key, 'absent')}"
        for key in sorted({*then, *now})
        if then.get(key) != now.get(key) and key != "name"
    ]
