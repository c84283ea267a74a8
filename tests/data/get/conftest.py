from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.data.get.servers import Server, serving


@pytest.fixture
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a state folder in which nothing is kept yet."""
    monkeypatch.setenv("DEEPDIVA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def server() -> Iterator[Server]:
    """Give a server that holds nothing yet."""
    with serving(Server()) as one:
        yield one
