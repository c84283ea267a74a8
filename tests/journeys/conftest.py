"""One data set and one repository for all journeys that spoil neither."""

from pathlib import Path

import pytest
from tests.journeys.commands import Desk, Result, make_desk


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return real digits, as `data get` writes them."""
    place = tmp_path_factory.mktemp("data")
    make_desk(place / "anywhere", place).type("data", "get", "digits", "--to", place)
    return place / "digits"


@pytest.fixture(scope="session")
def shared_desk(tmp_path_factory: pytest.TempPathFactory, digits: Path) -> Desk:
    """Return a repository that stays clean."""
    return make_desk(tmp_path_factory.mktemp("shared") / "repository", digits)


@pytest.fixture
def desk(tmp_path: Path, digits: Path) -> Desk:
    """Return a repository of the test's own."""
    return make_desk(tmp_path / "repository", digits)


@pytest.fixture(scope="session")
def reference(shared_desk: Desk) -> Result:
    """Return what the short run that others are compared with answered."""
    return shared_desk.type(*shared_desk.run_words())
