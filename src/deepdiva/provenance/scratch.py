"""A restored tree that the gate sees as what it was: a repository of its own, or a plain folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import deepdiva
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


def import_path(restored: Path, code: dict[str, Any], links: Path) -> tuple[list[Path], str | None]:
    """Return where Python shall look first, so that a run is repeated by the code that ran.

    Args:
        restored: The restored tree.
        code: What the stamp of the run says of its code.
        links: An empty folder for a link, where the tree is the package itself.

    Returns:
        Folders, first things first; and a sentence where the `deepdiva` that ran is neither the
        installed one nor part of the tree, so that another one has to do.
    """
    wanted = str(code.get("package_sha256"))
    own = [place for place in (restored, restored / "src") if place.is_dir()]
    if read_own_files().digest == wanted:
        shadowed = any((place / PACKAGE).exists() for place in own)
        return [*_installed(shadowed), *own], None
    found = next((place for place in (*own, *_deeper(restored)) if _holds(place, wanted)), None)
    if found is not None:
        return [found, *own], None
    if (restored / "__init__.py").is_file() and hash_package(restored).digest == wanted:
        (links / PACKAGE).symlink_to(restored.resolve(), target_is_directory=True)
        return [links], None
    return [*_installed(True), *own], (
        f"the run was made by deepdiva {code.get('package')} ({wanted[:12]}), which is neither installed nor "
        f"part of its code; {deepdiva.__version__} ({read_own_files().digest[:12]}) repeats it"
    )


def _installed(needed: bool) -> Sequence[Path]:
    return [Path(deepdiva.__file__).resolve().parent.parent] if needed else []


def _holds(place: Path, wanted: str) -> bool:
    package = place / PACKAGE
    return (package / "__init__.py").is_file() and hash_package(package).digest == wanted


def _deeper(restored: Path) -> list[Path]:
    return sorted(package.parent for package in restored.glob(f"*/*/{PACKAGE}") if package.is_dir())
