"""Pack a finished run into a crate: one zip, with which a stranger can run it again.

    ro-crate-metadata.json   what lies where, for machines (see `metadata`)
    README.md                what this is, and how to run it again
    run.json, seal.json      and every sealed file of the run, as they lie in its folder
    figures/, report.html    what was drawn from the record, where there is any
    source/                  the whole source tree as it ran (see `provenance.whole`)
    dataset/                 the data, only where it is asked for

Unpacked, a crate is a run folder again.  Left out is what holds times or paths of this
machine (`log.txt`, `system.jsonl`, the hints), and what is drawn anew (TensorBoard's events).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from deepdiva.errors import ConfigError, DataChanged, DataError, Tampered
from deepdiva.provenance.archives.names import fault_of, twins
from deepdiva.provenance.differences import between
from deepdiva.provenance.entries import open_plain
from deepdiva.provenance.footprint import FILE_NAME as FOOTPRINT
from deepdiva.provenance.footprint import Footprint, take_footprint
from deepdiva.provenance.footprint import load as load_footprint
from deepdiva.provenance.keep import load_stamp
from deepdiva.provenance.reading import TreeReader
from deepdiva.provenance.restore import WHOLE
from deepdiva.provenance.tree import printable
from deepdiva.provenance.whole import keep_whole
from deepdiva.record.seal import FILE_NAME as SEAL
from deepdiva.record.verify import verify_run
from deepdiva.share.archive import Member, MemberChanged, write_archive
from deepdiva.share.metadata import FILE_NAME as METADATA
from deepdiva.share.metadata import describe
from deepdiva.share.readme import FILE_NAME as README
from deepdiva.share.readme import readme

DATASET = "dataset"
_DRAWN = ("figures", "report.html")


@dataclass(frozen=True)
class Packed:
    """A crate that was written."""

    path: Path
    sha256: str
    size: int
    """Bytes."""
    members: int
    missing: tuple[str, ...]
    """What the source tree names but the crate does not hold: submodules, very large files."""


def pack(run_folder: Path, to: Path, *, data: Path | None = None, license_terms: str = "") -> Packed:
    """Write the run at `run_folder` as a crate to `to`; equal runs give equal bytes.

    Args:
        run_folder: A run that finished.
        to: The zip; what is there already is replaced.
        data: Where the data of the run lies, to pack it too; its bytes must be those of the footprint.
        license_terms: Under which terms the crate may be used: an address or a name.

    Raises:
        ConfigError: `to` lies inside the run (CFG-014).
        Tampered: the run contradicts its own digests (VER-010).
        Inconclusive: the run is not finished (VER-011).
        DataError: the code cannot be restored; the data is not that of the run (DATA-042,
            DATA-044); or a file has a name that cannot travel (ARC-006).
        ResourceError: the crate cannot be written.
    """
    _refuse_inside(to, run_folder)
    verify_run(run_folder).refuse()
    with TemporaryDirectory(prefix="deepdiva-") as scratch:
        whole = Path(scratch) / WHOLE
        missing = keep_whole(run_folder, whole)
        members = dict(_members_of_run(run_folder))
        members |= {f"{WHOLE}/{name}": _member(whole, name) for name in _files_below(whole)}
        if data is not None:
            members |= _members_of_data(data, load_footprint(run_folder / "data" / FOOTPRINT))
        _refuse_names(members)
        members |= {f"{top}/": Member.of(b"") for top in (WHOLE, DATASET) if _holds(members, top)}
        facts = json.loads(_content(run_folder, "run.json"))
        members[README] = Member.of(readme(facts, with_data=data is not None))
        version = load_stamp(run_folder)["code"]["package"]
        text = describe(facts, members, version=version, license_terms=license_terms)
        members[METADATA] = Member.of(text)
        _write(to, members, run_folder)
    return Packed(to, _digest_of(to), to.stat().st_size, len(members), missing)


def _holds(members: dict[str, Member], top: str) -> bool:
    return any(name.startswith(f"{top}/") for name in members)


def _refuse_inside(to: Path, run_folder: Path) -> None:
    if to.resolve().is_relative_to(run_folder.resolve()):
        raise ConfigError(
            f"{to} lies inside the run",
            expected="a place outside, as nothing is added to a finished run",
            remedy="choose another place for -o",
            code="CFG-014",
        )


# -- What goes in --------------------------------------------------------------------


def _members_of_run(run: Path) -> Iterator[tuple[str, Member]]:
    """Give every sealed file with the digest in the seal, and what else tells of the run."""
    seal = _content(run, SEAL)
    for name, sha256 in json.loads(seal)["files"].items():
        yield name, Member(_opener(run, name), (run / name).lstat().st_size, sha256)
    yield SEAL, Member.of(seal)
    yield "run.json", Member.of(_content(run, "run.json"))
    for top in _DRAWN:
        for name in [top] if (run / top).is_file() else (f"{top}/{path}" for path in _files_below(run / top)):
            yield name, Member.of(_content(run, name))


def _members_of_data(root: Path, footprint: Footprint) -> dict[str, Member]:
    """Return the files of the footprint; each is read through the folder, never through a link."""

    def opener(path: str) -> Callable[[], IO[bytes]]:
        def opened() -> IO[bytes]:
            with TreeReader(root) as reader:
                return os.fdopen(reader.open(path), "rb")

        return opened

    return {
        f"{DATASET}/{path}": Member(opener(path), entry.size, entry.digest)
        for path, entry in _in_sha256(root, footprint).table.rows()
    }


def _in_sha256(root: Path, footprint: Footprint) -> Footprint:
    """Return `footprint` with the digests that archives hold, its own being checked first."""
    if footprint.algorithm == "sha256":
        return footprint
    present = take_footprint(root, algorithm=footprint.algorithm)
    between(footprint.contents, present.contents).refuse(root, Path("data") / FOOTPRINT)
    return take_footprint(root)


def _files_below(folder: Path) -> Iterator[str]:
    for parent, _, files in os.walk(folder):
        for file in files:
            if not (Path(parent) / file).is_symlink():
                yield (Path(parent) / file).relative_to(folder).as_posix()


def _member(root: Path, name: str) -> Member:
    return Member(_opener(root, name), (root / name).stat().st_size, _digest_of(root / name))


def _opener(root: Path, name: str) -> Callable[[], IO[bytes]]:
    return lambda: open_plain(root, name)


def _content(root: Path, name: str) -> bytes:
    with open_plain(root, name) as content:
        return content.read()


def _digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# -- Refusing ------------------------------------------------------------------------


def _refuse_names(members: dict[str, Any]) -> None:
    """Refuse what `unpack` would: a crate that we write can be opened everywhere."""
    faults = [f"{printable(name)} {fault}" for name in sorted(members) if (fault := fault_of(name))]
    faults += [
        f"{printable(n)} is taken for {printable(o)} by some systems" for n, o in twins(sorted(members))
    ]
    if faults:
        raise DataError(
            f"{len(faults)} files cannot travel in a crate:\n    " + "\n    ".join(faults[:20]),
            expected="names that mean one place, and the same one, on every system",
            remedy="rename them in your repository and run again",
            code="ARC-006",
        )


def _write(to: Path, members: dict[str, Member], run: Path) -> None:
    try:
        write_archive(to, members)
    except MemberChanged as change:
        name = str(change)
        if name.startswith(f"{DATASET}/"):
            raise DataChanged(
                f"{printable(name.removeprefix(f'{DATASET}/'))} is missing, or not what the run read",
                expected=f"the data with which {run.name} ran, byte for byte",
                remedy="find that data and name its folder with --data DIR, or pack without --with-data",
                code="DATA-042",
            ) from change
        raise Tampered(
            f"{printable(name)} is not what was sealed, or changed while it was packed",
            expected="a record that agrees with its own digests",
            remedy="do not rely on this record; take a copy of the run that is whole",
            code="VER-010",
        ) from change
