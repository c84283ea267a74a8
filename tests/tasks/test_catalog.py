"""Tasks by name, and from a file."""

from pathlib import Path

import pytest

from deepdiva.engine import TaskPage
from deepdiva.errors import ConfigError
from deepdiva.tasks import catalog, image_classification


@pytest.mark.parametrize("name", catalog.MODULES)
def test_every_name_leads_to_its_page(name: str) -> None:
    """The word on the command line is the name on the page."""
    page = catalog.find(name)

    assert isinstance(page, TaskPage)
    assert page.name == name


@pytest.mark.parametrize("name", catalog.MODULES)
def test_every_page_tells_its_settings(name: str) -> None:
    """Settings have defaults, so that a name and a data folder are enough."""
    assert catalog.find(name).config() is not None


def test_copied_page_is_found(tmp_path: Path) -> None:
    """A page that was copied runs as it is."""
    copy = tmp_path / "my_idea.py"
    copy.write_text(Path(image_classification.__file__).read_text())

    assert catalog.find(str(copy)).name == "image-classification"


def test_file_called_like_a_module_hides_nothing(tmp_path: Path) -> None:
    """A page in a file `random.py` leaves Python's own module alone."""
    copy = tmp_path / "random.py"
    copy.write_text(Path(image_classification.__file__).read_text())
    catalog.find(str(copy))
    import random

    assert random.random() < 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x = 1", "has no TASK"),
        ("import no_such_module", "No module named"),
        ("def broken(:", "SyntaxError"),
        ("TASK = 'a word'", "has no TASK"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_file_without_a_task_is_refused(tmp_path: Path, content: str, told: str) -> None:
    """What is wrong with the file is told, without a trace."""
    (tmp_path / "idea.py").write_text(content)

    with pytest.raises(ConfigError, match=told):
        catalog.find(str(tmp_path / "idea.py"))


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is told as that."""
    with pytest.raises(ConfigError, match="there is no file"):
        catalog.find(str(tmp_path / "idea.py"))
