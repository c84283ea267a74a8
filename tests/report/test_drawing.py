from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from deepdiva.record import RunWriter
from deepdiva.report.drawn import is_drawn
from deepdiva.report.follow import follow

Take = Callable[[RunWriter, int], None]
See = Callable[[Path], EventAccumulator]


def at_once(_: float) -> bool:
    """Wait for nothing: the run is over."""
    return True


@pytest.fixture
def drawn(writer: RunWriter, take_epoch: Take) -> Path:
    """Give a run of two epochs that was drawn."""
    for epoch in range(3):
        take_epoch(writer, epoch)
    assert follow(writer.folder, at_once) == []
    return writer.folder


def test_epochs_and_steps_have_curves_of_their_own(drawn: Path, seen: See) -> None:
    """`val/accuracy` counts epochs from 0, before training; `steps/loss` counts steps."""
    board = seen(drawn)

    assert [(point.step, point.value) for point in board.Scalars("val/accuracy")] == [
        (0, 0.0),
        (1, pytest.approx(0.1)),
        (2, pytest.approx(0.2)),
    ]
    assert [point.step for point in board.Scalars("train/loss")] == [1, 2]
    assert [point.step for point in board.Scalars("steps/loss")] == [1, 2, 3, 4, 5, 6]
    assert [point.value for point in board.Scalars("system/samples_per_second")] == [5000.0, 5000.0]


def test_every_validation_has_its_confusion_picture(drawn: Path, seen: See) -> None:
    """TensorBoard shows one for each epoch, and a browser can read it."""
    images = seen(drawn).Images("val/confusion")

    assert [image.step for image in images] == [0, 1, 2]
    picture = Image.open(io.BytesIO(images[-1].encoded_image_string))
    assert picture.size == (images[-1].width, images[-1].height)


def test_the_newest_confusion_is_a_file_too(drawn: Path, seen: See) -> None:
    """`figures/` holds what a paper needs, without TensorBoard."""
    newest = seen(drawn).Images("val/confusion")[-1].encoded_image_string

    assert (drawn / "figures" / "val-confusion.png").read_bytes() == newest


def test_weights_have_histograms(drawn: Path, seen: See) -> None:
    """Counts and edges are shown as they were recorded."""
    histograms = seen(drawn).Histograms("weights/conv.weight")

    assert [histogram.step for histogram in histograms] == [0, 1, 2]
    value = histograms[0].histogram_value
    assert (value.num, value.min, value.max) == (3.0, -1.0, 1.0)


def test_request_and_stamp_are_shown_as_text(drawn: Path, seen: See) -> None:
    """Whoever looks at curves sees what was asked and what it stood on, without the long list of packages."""
    board = seen(drawn)
    texts = {tag: board.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in ("request", "stamp")}

    assert texts["request"] == '    task = "image-classification"\n'
    assert '"seed": 7' in texts["stamp"]
    assert "packages" not in texts["stamp"]


def test_drawing_anew_replaces_the_old(drawn: Path, seen: See) -> None:
    """No curve has two lines because the run was drawn twice."""
    assert follow(drawn, at_once) == []

    assert len(list((drawn / "tensorboard").glob("events.out.tfevents.*"))) == 1
    assert len(seen(drawn).Scalars("val/accuracy")) == 3


def test_what_cannot_be_drawn_is_told_and_left_out(
    writer: RunWriter, take_epoch: Take, seen: See, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged array and a line of nonsense cost their own pictures; the trace goes to the log."""
    for epoch in range(2):
        take_epoch(writer, epoch)
    (writer.folder / "arrays" / "val-confusion-0000.npz").write_bytes(b"damaged")
    for name in ("events.jsonl", "system.jsonl"):
        with (writer.folder / name).open("ab") as stream:
            stream.write(b"nonsense\n")
    faults = follow(writer.folder, at_once)

    assert [fault.split(":")[0] for fault in faults] == [
        "val/confusion of epoch 0",
        "events.jsonl",
        "system.jsonl",
    ]
    assert "Traceback" in capsys.readouterr().err
    assert [image.step for image in seen(writer.folder).Images("val/confusion")] == [1]


def test_whether_all_is_drawn_is_known(writer: RunWriter, take_epoch: Take) -> None:
    """A run that went on after it was drawn is not drawn."""
    assert not is_drawn(writer.folder)
    take_epoch(writer, 0)
    follow(writer.folder, at_once)
    assert is_drawn(writer.folder)

    take_epoch(writer, 1)
    assert not is_drawn(writer.folder)


def test_a_number_that_is_none_is_marked(writer: RunWriter, seen: See) -> None:
    """TensorBoard shows where a loss became NaN; what is undefined has no point at all."""
    writer.scalar("val", "loss", float("nan"), epoch=1, step=1, scope="epoch")
    writer.scalar("val", "recall", None, epoch=1, step=1, scope="epoch")
    writer.flush()
    follow(writer.folder, at_once)

    board = seen(writer.folder)
    assert board.Scalars("val/loss")[0].value != board.Scalars("val/loss")[0].value
    assert "val/recall" not in board.Tags()["scalars"]
