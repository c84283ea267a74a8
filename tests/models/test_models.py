"""Every model of the catalog, held to the same laws."""

import pytest
import torch

from deepdiva.engine import on_cpu, weights_digest
from deepdiva.errors import ConfigError
from deepdiva.models import BUILDERS, build


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("side", [(8, 8), (11, 11), (28, 28), (9, 40)])
@pytest.mark.parametrize("channels", [1, 3])
def test_takes_pictures_of_any_size(name: str, side: tuple[int, int], channels: int) -> None:
    """From eight pixels upward, square or not, grey or color: one row of logits a picture."""
    model = build(name, in_channels=channels, num_classes=7)

    assert model(torch.rand(2, channels, *side)).shape == (2, 7)


@pytest.mark.parametrize("name", BUILDERS)
def test_weights_come_from_the_global_generator_alone(name: str) -> None:
    """The same seed gives the same weights."""
    digests = set()
    for _ in range(2):
        torch.manual_seed(1)
        digests.add(weights_digest(on_cpu(build(name, in_channels=1, num_classes=3))))

    assert len(digests) == 1


@pytest.mark.parametrize("name", BUILDERS)
def test_every_weight_learns(name: str) -> None:
    """No parameter is left without a gradient."""
    model = build(name, in_channels=1, num_classes=3)
    model(torch.rand(4, 1, 16, 16)).square().sum().backward()

    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in model.parameters())


def test_own_class_is_found_by_its_place() -> None:
    """`package.module:Class` names a model of one's own."""
    model = build("deepdiva.models.small_convnet:SmallConvNet", in_channels=1, num_classes=2)

    assert type(model).__name__ == "SmallConvNet"


@pytest.mark.parametrize("name", ["small-convent", "no.such.module:Class", "deepdiva.models:Absent", ":"])
def test_unknown_model_is_refused(name: str) -> None:
    """A misspelt name, a missing module and a missing class are answered alike."""
    with pytest.raises(ConfigError, match="CFG-001"):
        build(name, in_channels=1, num_classes=2)
