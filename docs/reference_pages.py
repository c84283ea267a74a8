"""Write docs/reference/messages.md and commands.md from the code (`make docs`).

A message is found where the code names it: by a text such as `DATA-001`, and nothing else.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deepdiva import errors
from deepdiva.cli import data
from deepdiva.cli.main import VERBS

REFERENCE = Path(__file__).resolve().parent / "reference"
SOURCE = Path(errors.__file__).resolve().parent
CODE = re.compile(r"[A-Z]{2,4}-\d{3}")

_KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.DeepDivaError)
}
_FAMILIES = {"BIS": 7, "CFG": 2, "DATA": 4, "ENV": 3, "EXT": 2, "GIT": 3, "NUM": 9, "RES": 8, "SRC": 3}
"""Exit codes of messages whose error is made elsewhere than the message."""


@dataclass(frozen=True, order=True)
class Message:
    """One place in the code that speaks to the user."""

    code: str
    file: str
    line: int
    kind: str
    """Name of the error, or of whatever the code is handed to."""
    found: str
    """What it says, with {...} where something is filled in."""

    @property
    def exit(self) -> str:
        """Exit code of the command that ends with it."""
        if self.kind in _KINDS:
            return str(_KINDS[self.kind].exit_code)
        return str(_FAMILIES.get(self.code.partition("-")[0], ""))


def messages() -> list[Message]:
    """Return all messages with a code, sorted by it."""
    return sorted(found for file in SOURCE.rglob("*.py") for found in _messages_of(file))


def _messages_of(file: Path) -> Iterator[Message]:
    tree = ast.parse(file.read_text())
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            place = _speaker(node, above)
            kind = ast.unparse(place.func) if isinstance(place, ast.Call) else ""
            yield Message(node.value, file.relative_to(SOURCE).as_posix(), node.lineno, kind, _text(place))


def _speaker(code: ast.AST, above: Mapping[ast.AST, ast.AST]) -> ast.AST:
    """Return the call, or else the tuple, that the code stands in."""
    place = code
    while not isinstance(place, ast.Call | ast.Tuple | ast.stmt):
        place = above[place]
    return place


def _text(place: ast.AST) -> str:
    """Return the first text of a call or tuple that is no code; else what the call says was expected."""
    parts = place.args if isinstance(place, ast.Call) else getattr(place, "elts", [])
    texts = [_filled(part) for part in parts]
    if isinstance(place, ast.Call):
        texts += [f"(expected: {_filled(word.value)})" for word in place.keywords if word.arg == "expected"]
    return next((text for text in texts if text and not CODE.fullmatch(text)), "")


def _filled(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_filled, node.values))
    if isinstance(node, ast.FormattedValue):
        name = node.value
        return "{" + (name.id if isinstance(name, ast.Name) else getattr(name, "attr", "...")) + "}"
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def messages_page() -> str:
    """Return the page of all messages, by code."""
    lines = [
        "# Messages",
        "",
        "Every message says what was found, what was expected and how to go on. Its code is stable. This",
        "page is written from the code by `make docs`; what stands in braces is filled in.",
        "",
        "| code | exit | says | said in |",
        "|---|--:|---|---|",
    ]
    by_place = {(m.code, m.file, m.found): m for m in messages()}
    lines += [f"| {m.code} | {m.exit} | {_cell(m.found)} | `{m.file}` |" for m in by_place.values()]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def commands() -> list[tuple[str, ...]]:
    """Return the words before `--help` of every page of help."""
    verbs = [(verb,) for verb in VERBS if verb not in ("data", "run")]
    return [(), *verbs, ("run", "image-classification"), ("data",), *(("data", verb) for verb in data.VERBS)]


def help_of(words: tuple[str, ...]) -> str:
    """Return what `deepdiva WORDS --help` prints, 100 characters wide."""
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    command = [sys.executable, "-m", "deepdiva", *words, "--help"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip()


def commands_page() -> str:
    """Return the page of all commands: their help, one after the other."""
    parts = ["# Commands\n\nThe help of every command, as it prints it; written by `make docs`.\n"]
    for words in commands():
        title = " ".join(("deepdiva", *words))
        parts.append(f"## {title}\n\n```text\n{help_of(words)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    (REFERENCE / "messages.md").write_text(messages_page())
    (REFERENCE / "commands.md").write_text(commands_page())
