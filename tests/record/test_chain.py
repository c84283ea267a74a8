from __future__ import annotations

import hashlib
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepdiva.record.chain import START, Link, WeightsNote, encode, last_head

IDENTITIES = np.array([3, 2**64 - 1], np.uint64).tobytes()
LINKS: list[Link | WeightsNote] = [(step, np.float32(1 / step), IDENTITIES) for step in range(1, 9)]


def test_a_link_is_the_digest_of_its_parts() -> None:
    """The formula of the contract, written out: head before, loss bits, identities in order."""
    head, line = encode(START, [(1, np.float32(1.0), IDENTITIES)])

    assert head == hashlib.sha256(bytes(32) + b"\x00\x00\x80\x3f" + b"\x03" + bytes(7) + b"\xff" * 8).digest()
    assert json.loads(line) == {
        "step": 1,
        "loss": "3f800000",
        "batch": hashlib.sha256(IDENTITIES).hexdigest()[:16],
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
