"""A network so light that what surrounds it shows: two convolutions and a linear layer."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn


class LightConvNet(nn.Module):
    """LeNet's shape (LeCun et al., Proceedings of the IEEE, 1998) with rectifiers; for 28x28 pictures."""

    def __init__(self, *, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, num_classes),
        )

    def forward(self, images: Float[Tensor, "batch channels 28 28"]) -> Float[Tensor, "batch classes"]:
        logits: Tensor = self.layers(images)
        return logits
