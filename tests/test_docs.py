import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference_pages import commands, help_of, messages_page

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the repository finds it."""
    dead = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]

    assert dead == []


def test_every_page_is_reachable_from_the_readme() -> None:
    """A page that nobody links to is a page that nobody reads."""
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [(page.parent / link).resolve() for link in LINK.findall(page.read_text())]

    assert set(PAGES) - seen == set()


def test_messages_are_those_of_the_code() -> None:
    """The page of messages is what `make docs` writes from the code as it is now."""
    assert (REFERENCE / "messages.md").read_text() == messages_page()


def test_no_message_is_missed() -> None:
    """Whatever looks like the code of a message in the package's texts stands on the page."""
    page = (REFERENCE / "messages.md").read_text()
    codes = {code for text in texts_of_the_package() for code in re.findall(r"^[A-Z]{2,4}-\d{3}$", text)}

    assert codes != set()
    assert {code for code in codes if f"| {code} |" not in page} == set()


def texts_of_the_package() -> Iterator[str]:
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.slow
def test_commands_are_those_of_the_code() -> None:
    """The page of commands names the very flags that each command's help names."""
    page = (REFERENCE / "commands.md").read_text()
    written = {part.splitlines()[0]: flags_in(part) for part in page.split("\n## ")[1:]}

    assert written == {" ".join(("deepdiva", *words)): flags_in(help_of(words)) for words in commands()}


def flags_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def names(requirements: list[str]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {match.group().lower() for match in found if match} - {"deepdiva"}


def test_dependencies_have_an_owner() -> None:
    """The page lists exactly the packages that pyproject.toml asks for, core and extras apart."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core, extras = (REFERENCE / "dependencies.md").read_text().split("## Extras")
    asked = {name for group in project["optional-dependencies"].values() for name in names(group)}

    assert set(re.findall(r"^\| ([a-z][\w-]+) \|", core, re.MULTILINE)) - {"package"} == names(
        project["dependencies"]
    )
    assert set(re.findall(r"^\| ([a-z][\w-]+) \|", extras, re.MULTILINE)) - {"package"} == asked
