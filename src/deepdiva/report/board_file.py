"""A file that TensorBoard reads, by TensorBoard's own writer; needs no torch and no tensorflow."""

from __future__ import annotations

import time as clock
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.histogram_pb2 import HistogramProto
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.summary.writer.record_writer import RecordWriter

PATTERN = "events.out.tfevents.*"
RGBA = 4


class BoardFile:
    """Makes a new event file in `folder`, in place of those that are there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(PATTERN):
            old.unlink()
        self._stream = (folder / f"events.out.tfevents.{clock.time_ns()}.deepdiva").open("wb")
        self._writer = RecordWriter(self._stream)
        self._write(Event(wall_time=clock.time(), file_version="brain.Event:2"))

    def scalar(self, tag: str, value: float, step: int, time: float) -> None:
        """Put a point on the curve `tag`."""
        self._value(step, time, tag=tag, simple_value=value)

    def image(self, tag: str, png: bytes, size: tuple[int, int], step: int, time: float) -> None:
        """Show a PNG of `size` (width, height) pixels under `tag`."""
        width, height = size
        image = Summary.Image(width=width, height=height, colorspace=RGBA, encoded_image_string=png)
        self._value(step, time, tag=tag, image=image)

    def histogram(self, tag: str, counts: np.ndarray, edges: np.ndarray, step: int, time: float) -> None:
        """Show a histogram: `counts` [bins] between `edges` [bins + 1].

        Its sums are those of values in the middle of their bins.
        """
        middles = (edges[:-1] + edges[1:]) / 2
        histogram = HistogramProto(
            min=float(edges[0]),
            max=float(edges[-1]),
            num=float(counts.sum()),
            sum=float((counts * middles).sum()),
            sum_squares=float((counts * middles**2).sum()),
            bucket_limit=edges[1:].astype(float).tolist(),
            bucket=counts.astype(float).tolist(),
        )
        self._value(step, time, tag=tag, histo=histogram)

    def text(self, tag: str, markdown: str, time: float) -> None:
        """Show `markdown` under `tag`."""
        shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
        tensor = TensorProto(dtype=DT_STRING, string_val=[markdown.encode()], tensor_shape=shape)
        metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
        self._value(0, time, tag=tag, tensor=tensor, metadata=metadata)

    def flush(self) -> None:
        """Let TensorBoard see what was written."""
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    def _value(self, step: int, time: float, **value: Any) -> None:
        self._write(Event(wall_time=time, step=step, summary=Summary(value=[Summary.Value(**value)])))

    def _write(self, event: Event) -> None:
        self._writer.write(event.SerializeToString())
