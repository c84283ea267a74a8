"""A restored tree that the gate sees as what it was: a repository of its own, or a plain folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import deepdiva
from deepdiva.errors import Inconclusive
from deepdiva.provenance.git import ask
from deepdiva.provenance.packages import hash_package, read_own_files
from deepdiva.provenance.repository import Repository

PACKAGE = "deepdiva"


def begin_repository(folder: Path, tree: str) -> None:
    """Make a repository around the restored files in `folder`, with all of them in its index.

    The gate then guards the very files that it guarded in the original, ignored ones that
    were committed included, and gives their tree the same id.  Nothing is committed, and no
    setting, hook, filter or template of the user has a part in it.

    Args:
        tree: Id of the original's tree; tells how its repository names objects.

    Raises:
        GateRefused: git says no (GIT-002), or is not there (GIT-001).
    """
    kind = "sha1" if len(tree) == 40 else "sha256"
    ask(folder, "init", "--quiet", "--template=", f"--object-format={kind}", "--initial-branch=restored")
    Repository(folder.resolve()).ask("add", "--force", "--all", "--", ".")


def import_path(
    restored: Path, code: dict[str, Any], links: Path, *, alone: bool = False
) -> tuple[list[Path], str | None]:
    """Return where Python shall look first, so that a run is repeated by the code that ran.

    Args:
        restored: The restored tree.
        code: What the stamp of the run says of its code.
        links: An empty folder for a link, where the tree is the package itself, or `alone` needs it.
        alone: For an interpreter that has no `deepdiva` of its own, and is to see nothing else
            that is installed here.

    Returns:
        Folders, first things first; and a sentence where the `deepdiva` that ran is neither the
        installed one nor part of the tree, so that another one has to do.

    Raises:
        Inconclusive: another one would have to do, but it is to be alone (REP-011).
    """
    wanted = str(code.get("package_sha256"))
    own = [place for place in (restored, restored / "src") if place.is_dir()]
    if read_own_files().digest == wanted:
        if alone:
            return [_linked(Path(deepdiva.__file__).resolve().parent, links), *own], None
        shadowed = any((place / PACKAGE).exists() for place in own)
        return [*_installed(shadowed), *own], None
    found = package_in(restored, wanted)
    if found is not None:
        return ([_linked(found, links)] if found == restored else [found.parent, *own]), None
    if alone:
        raise no_deepdiva(code)
    own_digest = read_own_files().digest[:12]
    return [*_installed(True), *own], f"{_lacking(code)}; {deepdiva.__version__} ({own_digest}) repeats it"


def package_in(restored: Path, wanted: str) -> Path | None:
    """Return the `deepdiva` in the restored tree, or that is the tree, whose digest is `wanted`."""
    inside = (restored / PACKAGE, restored / "src" / PACKAGE, *_deeper(restored))
    return next((package for package in (*inside, restored) if _is_package(package, wanted)), None)


def no_deepdiva(code: dict[str, Any]) -> Inconclusive:
    """Return the refusal where the `deepdiva` that ran is nowhere to be had."""
    return Inconclusive(
        _lacking(code),
        expected="the very deepdiva that ran: it is on no index, so no lock brings it",
        remedy="install that version of deepdiva and do this with it",
        code="REP-011",
    )


def _lacking(code: dict[str, Any]) -> str:
    version, digest = code.get("package"), str(code.get("package_sha256"))[:12]
    return (
        f"the run was made by deepdiva {version} ({digest}), which is neither installed nor part of its code"
    )


def _linked(package: Path, links: Path) -> Path:
    (links / PACKAGE).symlink_to(package.resolve(), target_is_directory=True)
    return links


def _installed(needed: bool) -> Sequence[Path]:
    return [Path(deepdiva.__file__).resolve().parent.parent] if needed else []


def _is_package(folder: Path, wanted: str) -> bool:
    return (folder / "__init__.py").is_file() and hash_package(folder).digest == wanted


def _deeper(restored: Path) -> list[Path]:
    return sorted(package for package in restored.glob(f"*/*/{PACKAGE}") if package.is_dir())
