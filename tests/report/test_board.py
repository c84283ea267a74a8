from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deepdiva.record import RunWriter, list_runs
from deepdiva.report.drawn import is_drawn

Take = Callable[[RunWriter, int], None]


def test_a_run_without_pictures_is_drawn(writer: RunWriter, take_epoch: Take, tmp_path: Path) -> None:
    """A run whose companion failed, or whose `tensorboard` was deleted, is drawn when it is looked at."""
    from deepdiva.report.board import draw

    take_epoch(writer, 0)
    writer.finish("finished", {})
    assert not is_drawn(tmp_path / "run")

    draw(tmp_path / "run")
    assert is_drawn(tmp_path / "run")


@pytest.mark.filterwarnings("ignore")  # what TensorBoard's own modules warn of is theirs
def test_runs_have_the_names_they_have_on_disk(
    writer: RunWriter, take_epoch: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorBoard is asked over its own address on this machine: the run is there under its name."""
    from deepdiva.report import board as page

    take_epoch(writer, 0)
    writer.finish("finished", {})
    page.draw(tmp_path / "run")
    monkeypatch.setattr(page, "_launch", lambda folder, port: f"{folder}:{port}")
    with page.Board(tmp_path, 0) as board:
        board.show(list_runs(tmp_path))
        links = Path(board.url.removesuffix(":0"))
        assert (links / "run").resolve() == tmp_path / "run" / "tensorboard"
    assert not links.exists()
    assert (tmp_path / "run" / "tensorboard").is_dir()
