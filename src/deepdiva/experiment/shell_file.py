"""`reproduce.sh`: a reproduced run once more with plain commands, to be read before it is run.

It lies in the run folder, finds everything else beside itself, and holds no path of this machine.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from deepdiva.provenance.entries import LINK
from deepdiva.provenance.files import write_atomically
from deepdiva.provenance.manifest import Manifest, read_manifest
from deepdiva.provenance.packages import hash_package
from deepdiva.provenance.scratch import PACKAGE
from deepdiva.record import RunRecord

FILE_NAME = "reproduce.sh"


def write_shell_file(run: RunRecord, *, stop_after_steps: int | None = None) -> None:
    """Write the file into the folder of `run`, outside its seal.

    Args:
        stop_after_steps: Where the run itself was stopped; None where it went to its end.

    Raises:
        DataError: the record of the run cannot be read.
        ResourceError: the file cannot be written.
    """
    place = run.folder / FILE_NAME
    lines = [*_head(run), *_code(run), *_command(stop_after_steps), *_comparison()]
    write_atomically(place, ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))
    place.chmod(0o755)


def _head(run: RunRecord) -> Iterator[str]:
    stamp, info = run.stamp, run.info
    yield "#!/bin/sh"
    yield _comment(
        f"Repeats the run {info['id']} with plain commands, and compares the digests of all steps."
    )
    yield "#"
    yield "#     sh reproduce.sh DATA [FOLDER]"
    yield "#"
    yield f"# DATA    the data, whose digest is {str(info['data_sha256'])[:64]}"
    yield "# FOLDER  for code and run, new; a temporary one if none is named"
    yield "# PYTHON  an interpreter with the packages of environment/pylock.toml; python3 if none is named"
    yield "#"
    yield _comment(f"Python was {stamp['environment']['python']}")
    yield _comment(f"deepdiva was {stamp['code']['package']}, digest {stamp['code']['package_sha256']}")
    yield "set -eu"
    yield 'run=$(cd "$(dirname "$0")" && pwd)'
    yield 'data=$(cd "${1:?name the folder of the data}" && pwd)'
    yield "to=${2:-$(mktemp -d)}"
    yield "python=${PYTHON:-python3}"
    yield ""


def _code(run: RunRecord) -> Iterator[str]:
    """Give the commands that bring back the code, all of which the snapshot of a new run holds."""
    manifest, entry = read_manifest(run.folder / "code"), run.stamp["code"].get("entry")
    is_package = manifest.state.kind == "tree" and entry is None
    folder = f'"$to/code/{PACKAGE}"' if is_package else '"$to/code"'
    yield "# The code, byte for byte."
    yield f"mkdir -p {folder}"
    yield f'cp -R "$run/code/files/." {folder}'
    yield f"cd {folder}"
    yield from _links(manifest)
    yield from (_comment(f"not kept: {note.path}, {note.size} bytes") for note in manifest.state.left_out)
    if manifest.state.kind == "git":
        kind = "sha1" if len(manifest.state.tree) == 40 else "sha256"
        yield f"git init --quiet --object-format={kind} . && git add --force --all ."
    yield from _search(run, run.stamp["code"], is_package=is_package)
    yield ""


def _links(manifest: Manifest) -> Iterator[str]:
    for note in manifest.state.kept:
        if note.mode == LINK:
            path, target = shlex.quote(f"./{note.path}"), shlex.quote(manifest.targets[note.path])
            yield f'mkdir -p "$(dirname {path})" && ln -s -- {target} {path}'


def _search(run: RunRecord, code: dict[str, Any], *, is_package: bool) -> Iterator[str]:
    """Give the line that lets Python import the `deepdiva` that ran, where the code holds it."""
    inside = run.folder / "code" / "files" / "src" / PACKAGE
    if is_package:
        yield 'cd .. && export PYTHONPATH="$to/code"'
    elif inside.is_dir() and hash_package(inside).digest == code["package_sha256"]:
        yield 'export PYTHONPATH="$to/code/src"'


def _command(stop_after_steps: int | None) -> Iterator[str]:
    words = '"$python" -m deepdiva run "$run/request.toml" --data "$data" --out "$to/runs"'
    yield "# The run."
    yield f"{words} --on-uncommitted snapshot" + (
        "" if stop_after_steps is None else f" --stop-after-steps {stop_after_steps} || test $? -eq 130"
    )
    yield ""


def _comparison() -> Iterator[str]:
    yield 'if cmp "$run/chain.jsonl" "$to/runs/latest/chain.jsonl"; then'
    yield '    echo "REPRODUCED: the digests of all steps and weights agree; see $to/runs/latest"'
    yield "else"
    yield '    echo "DIVERGED: see the first line above; the new run is $to/runs/latest"'
    yield "    exit 5"
    yield "fi"


def _comment(text: str) -> str:
    return "# " + " ".join(text.split())
