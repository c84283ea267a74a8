"""A small convolutional network that trains on a laptop in seconds."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn


class SmallConvNet(nn.Module):
    """Three stages of 3 x 3 convolutions with batch normalization, then an average over the picture.

    Every stage but the last halves the sides, as long as they are at least 8 pixels.  Batch
    normalization: Ioffe and Szegedy, ICML 2015.

    Args:
        in_channels: Channels of the pictures, 1 for grey and 3 for RGB.
        num_classes: Length of the vector of logits.
        width: Channels of the first stage; the others have two and four times as many.
    """

    def __init__(self, *, in_channels: int, num_classes: int, width: int = 32) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _convolution(in_channels, width),
            _convolution(width, width),
            nn.MaxPool2d(2, ceil_mode=True),
            _convolution(width, 2 * width),
            nn.MaxPool2d(2, ceil_mode=True),
            _convolution(2 * width, 4 * width),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.classifier = nn.Linear(4 * width, num_classes)

    def forward(self, images: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch classes"]:
        logits: Tensor = self.classifier(self.features(images))
        return logits


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
