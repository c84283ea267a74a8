from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.record.chain import START, Link, WeightsNote, contradictions, encode, last_head, parse

IDENTITIES = np.array([3, 2**64 - 1], np.uint64).tobytes()
LINKS: list[Link | WeightsNote] = [(step, np.float32(1 / step), IDENTITIES) for step in range(1, 9)]


def test_a_link_is_the_digest_of_its_parts() -> None:
    """The formula, written out: head before, loss bits, digest of the identities in order."""
    head, line = encode(START, [(1, np.float32(1.0), IDENTITIES)])
    batch = hashlib.sha256(b"\x03" + bytes(7) + b"\xff" * 8).digest()

    assert head == hashlib.sha256(bytes(32) + b"\x00\x00\x80\x3f" + batch).digest()
    assert json.loads(line) == {
        "step": 1,
        "loss": "3f800000",
        "batch": batch.hex(),
        "chain": head.hex(),
    }


@given(st.integers(0, len(LINKS)))
def test_it_does_not_matter_when_it_is_flushed(cut: int) -> None:
    """Flushing is a matter of time, and time must not show in the chain."""
    head, first = encode(START, LINKS[:cut])
    head, second = encode(head, LINKS[cut:])

    assert (head, first + second) == encode(START, LINKS)


def test_the_order_of_samples_counts() -> None:
    """The same samples in another order are another batch."""
    ordered, turned = np.array([1, 2], np.uint64), np.array([2, 1], np.uint64)

    assert encode(START, [(1, np.float32(0), ordered.tobytes())]) != encode(
        START, [(1, np.float32(0), turned.tobytes())]
    )


def test_the_bits_of_the_loss_count() -> None:
    """Zero and minus zero are equal numbers and different bits."""
    assert encode(START, [(1, np.float32(0.0), b"")]) != encode(START, [(1, np.float32(-0.0), b"")])


def test_weights_stand_beside_the_chain() -> None:
    """A digest of the weights adds a line and leaves the head alone."""
    head, line = encode(START, [WeightsNote(2, 40, "ab")])

    assert head == START
    assert json.loads(line) == {"epoch": 2, "step": 40, "weights": "ab"}


def test_the_head_is_found_again() -> None:
    """A chain read back goes on where it ended, whatever stands behind the last step."""
    head, lines = encode(START, [*LINKS, WeightsNote(1, 8, "ab")])

    assert last_head(lines) == head
    assert last_head(b"no json\n") is None


def test_a_chain_follows_from_itself() -> None:
    """All that a head was made from stands in its line, so the whole chain can be computed again."""
    _, lines = encode(START, [*LINKS[:3], WeightsNote(1, 3, "ab"), *LINKS[3:]])

    assert list(contradictions(parse(lines))) == []


@given(st.integers(0, len(LINKS) - 1), st.sampled_from(["loss", "batch", "chain"]))
def test_an_edited_link_is_found(at: int, field: str) -> None:
    """Whichever part of whichever line is edited, that line no longer follows; nothing else is needed."""
    _, lines = encode(START, LINKS)
    notes = parse(lines)
    edited = getattr(notes[at], field)
    notes[at] = notes[at]._replace(**{field: ("0" if edited[0] != "0" else "1") + edited[1:]})

    assert list(contradictions(notes)) == [
        f"line {at + 1} (step {at + 1}) does not follow from its loss, samples and line before"
    ]


@pytest.mark.parametrize("missing", [0, 3])
def test_a_link_that_was_taken_out_is_found(missing: int) -> None:
    """What came after it followed from it."""
    notes = parse(encode(START, LINKS)[1])
    del notes[missing]

    assert len(list(contradictions(notes))) == 1


@pytest.mark.parametrize(
    "line", [b"{}", b"no json", b'{"step":"1"}', b'{"step":1,"loss":"zz","batch":"","chain":""}', b"[]", b"7"]
)
def test_what_is_no_line_is_told_by_its_number(line: bytes) -> None:
    """Any bytes are a line, or a ValueError that says which line is none."""
    with pytest.raises(ValueError, match="line 2"):
        parse(b'{"epoch":0,"step":0,"weights":"ab"}\n' + line)
