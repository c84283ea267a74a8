from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.record.events import ArrayNote, Event, Scalar, encode, parse

names = st.text(min_size=1, max_size=20)
counts = st.integers(0, 10**12)
floats = st.floats(allow_nan=False, allow_infinity=False)


def line_of(value: float | None, time: float = 1.0) -> bytes:
    return encode([("val", "loss", "epoch", 3, 51, value, time)])


@given(names, names, counts, counts, floats)
def test_a_value_comes_back_bit_for_bit(split: str, metric: str, epoch: int, step: int, value: float) -> None:
    """A measurement read back years later is the very number that was taken, under the very name."""
    event = parse(encode([(split, metric, "step", epoch, step, value, 2.5)]))

    assert event is not None
    assert (event.split, event.metric, event.epoch, event.step) == (split, metric, epoch, step)
    assert struct.pack("d", event.value) == struct.pack("d", value)


@given(st.lists(st.tuples(names, names, st.just("step"), counts, counts, floats, st.just(0.0))))
def test_every_measurement_has_one_line(pending: list[Scalar]) -> None:
    """Whatever names hold, line breaks too: one measurement, one line."""
    assert len(encode(pending).splitlines()) == len(pending)


def test_equal_measurements_differ_in_time_alone() -> None:
    """The checksum does not speak of time, so that records of equal runs can be compared."""
    early, late = (json.loads(line_of(0.5, time)) for time in (1.0, 2.0))

    assert early.pop("time") != late.pop("time")
    assert early == late


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (math.nan, "not a number"),
        (math.inf, "infinite"),
        (-math.inf, "negative infinite"),
        (None, "undefined"),
    ],
)
def test_what_json_cannot_say_is_null_with_a_reason(value: float | None, reason: str) -> None:
    """No line holds NaN or Infinity, which strict readers of JSON refuse."""
    line = line_of(value)
    event = parse(line)

    assert json.loads(line, parse_constant=pytest.fail)["value"] is None
    assert event is not None
    assert event.reason == reason


@given(st.data())
def test_a_changed_byte_is_noticed(data: st.DataObject) -> None:
    """One byte changed anywhere before the time makes the line worthless, not wrong."""
    line = bytearray(line_of(0.25))
    place = data.draw(st.integers(0, line.index(b',"time":') - 1))
    line[place] ^= data.draw(st.integers(1, 255))

    assert parse(bytes(line)) is None


@given(st.integers(0, len(line_of(0.25)) - 2))
def test_a_torn_line_is_noticed(length: int) -> None:
    """A line that was cut at any byte is no event."""
    assert parse(line_of(0.25)[:length]) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_none(line: bytes) -> None:
    """A record that somebody else made cannot make the reader stumble."""
    assert parse(line) is None or isinstance(parse(line), Event)


@pytest.mark.parametrize("place", ["/etc/passwd", "arrays/../../x.npz", "arrays/x.npz\n", "checkpoints/last"])
def test_an_array_lies_in_its_folder(place: str) -> None:
    """A record never names a file outside `arrays`, however well its checksum fits."""
    assert parse(encode([ArrayNote("val", "confusion", 1, 2, place, "00", 0.0)])) is None


def test_a_good_checksum_does_not_excuse_wrong_types() -> None:
    """A checksum is no proof of good will: a step that is a text is no step."""
    import zlib

    body = b'{"split":"val","metric":"loss","scope":"step","epoch":"1","step":2,"value":0.5'
    line = body + b',"time":1.0,"checksum":"%08x"}' % zlib.crc32(body)

    assert parse(line) is None
