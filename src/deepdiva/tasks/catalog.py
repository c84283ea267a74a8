"""The tasks that come with DeepDIVA, and those that a file holds."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from deepdiva.engine import TaskPage
from deepdiva.errors import ConfigError
from deepdiva.provenance.listening import listen

MODULES = {
    "image-classification": "deepdiva.tasks.image_classification",
}
"""Name on the command line to the module whose `TASK` is its page; imported when asked for."""


def find(word: str) -> TaskPage:
    """Return the page of the task called `word`, or held by the file `word` (`*.py`).

    Raises:
        ConfigError: there is no such task (CFG-001), or the file holds none (EXT-001).
    """
    if word.endswith(".py"):
        return _page_of(_load_file(Path(word)), word)
    if word in MODULES:
        return _page_of(importlib.import_module(MODULES[word]), word)
    near = difflib.get_close_matches(word, MODULES, n=1)
    raise ConfigError(
        f"unknown task {word!r}",
        expected="one of " + ", ".join(MODULES) + ", or a file such as ./idea.py",
        remedy=f"did you mean {near[0]!r}?" if near else "take a name of the list",
        code="CFG-001",
    )


def _page_of(module: ModuleType, word: str) -> TaskPage:
    page = getattr(module, "TASK", None)
    if isinstance(page, TaskPage):
        return page
    raise ConfigError(
        f"{word} has no TASK",
        expected="a line such as TASK = TaskPage(name=..., config=..., build=...) at its end",
        remedy="copy a page of deepdiva/tasks and change it",
        code="EXT-001",
    )


@cache
def _load_file(path: Path) -> ModuleType:
    """Import the file once: all that a run builds comes from one reading of it."""
    if not path.is_file():
        raise ConfigError(
            f"there is no file {path}", expected="a Python file that holds a TASK", remedy="check the path"
        )
    # A name of its own, so that a file called `random.py` hides nothing.
    name = f"deepdiva_file_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    # The folder of the file, so that it can import its neighbors.
    if str(path.parent.resolve()) not in sys.path:
        sys.path.insert(0, str(path.parent.resolve()))
    listen()  # what the file reads while it is imported belongs to its runs
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as cause:
        raise ConfigError(
            f"{path} cannot be imported: {type(cause).__name__}: {cause}",
            expected="a Python file that imports without an error",
            remedy=f"mend it; `python {path}` shows where it fails",
            code="EXT-001",
        ) from cause
    return module
