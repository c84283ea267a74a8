"""The canary tells arithmetics apart, and nothing else."""

import torch

from deepdiva.engine.canary import canary_digest

CPU = torch.device("cpu")


def test_repeats_itself() -> None:
    """The same settings give the same digest, whatever was drawn before."""
    first = canary_digest(CPU)
    torch.rand(5)

    assert canary_digest(CPU) == first


def test_notices_the_number_of_threads() -> None:
    """Threads move bits, so they show."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    one = canary_digest(CPU)
    torch.set_num_threads(2)
    two = canary_digest(CPU)
    torch.set_num_threads(before)

    assert one != two
