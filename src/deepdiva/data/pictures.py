"""One file to pixels, by rules that are stated here and nowhere else.

What a picture file may be: whatever `FORMATS` names, of one frame (of the several pictures a
phone puts into one JPEG, the first; of an ICO, the largest).  Formats of Pillow that start other
programs, describe drawings, or hold measurements are left out.  What becomes of it, in this order:

1. Turned as its EXIF orientation says.
2. 16-bit grey v becomes (255 v + 32,767) // 65,535; other values of more than 8 bits a
   channel have no known scale and are refused (so is JPEG 2000 of more than 8 bits), except
   that Pillow reads 16-bit color by its upper bytes.
3. Transparency is laid over white: (c a + 255 (255 - a) + 127) // 255.
4. To grey by the weights of ITU-R BT.601, or to red, green, blue.
5. Resized, if it must be, by Pillow's bilinear filter, which averages when shrinking; the
   ratio of the sides is not kept.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError, features

FORMATS = (
    *("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP"),
    *("AVIF", "DIB", "ICO", "JPEG2000", "PCX", "QOI", "SGI", "SUN", "TGA", "XBM", "XPM"),
)
RULES = 1
"""Raised when a rule of this page changes, so that nothing decoded by older rules is used."""
LARGEST_PICTURE = 2**30 // 12
"""Pixels; a larger picture is refused before any of it is decoded.  Pillow warns from here on too."""
SHORTEST_SIDE, LONGEST_SIDE = 2, 30_000
"""Pixels."""

_GREY = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N", "I")


class BadPicture(Exception):
    """A file that cannot become pixels."""

    def __init__(self, reason: str, code: str = "DATA-001") -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a file says about its picture."""

    height: int
    width: int
    """Pixels, after turning."""
    mode: str
    """Pillow's name of the kind of pixels."""
    format: str
    turned: bool
    transparent: bool

    @property
    def grey(self) -> bool:
        """Whether the kind of pixels holds no color."""
        return self.mode in _GREY

    @property
    def deep(self) -> bool:
        """Whether a pixel takes 16 bits."""
        return self.mode.startswith("I")


def decoder_versions() -> dict[str, str]:
    """Return the versions of everything that turns bytes into pixels."""
    names = ("pil", "jpg", "libjpeg_turbo", "zlib", "zlib_ng", "libtiff", "webp", "avif", "jpg_2000")
    return {"rules": str(RULES)} | {name: str(features.version(name)) for name in names}


def read_header(content: bytes) -> Header:
    """Return what the file says about its picture, without decoding it.

    Raises:
        BadPicture: it is no picture, or not one that the rules above take.
    """
    with _explained(content):
        image = _open(content)
        _refuse(image)
        # PNG may tell the orientation behind the pixels, which are not decoded for it here.
        return _header(image, 1 if _is_silent(image) else _orientation(image))


def decode(
    content: bytes, *, height: int, width: int, channels: int
) -> tuple[UInt8[np.ndarray, "{height} {width} {channels}"], Header]:
    """Return the pixels of a file, and what the file said about them.

    Raises:
        BadPicture: see `read_header`; or the pixels are damaged.
    """
    with _explained(content):
        image, header = _load(content)
        levels = _to_bytes(_without_alpha(image), "L" if channels == 1 else "RGB")
        if levels.size != (width, height):
            levels = levels.resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(levels).reshape(height, width, channels), header


def decode_whole(content: bytes) -> tuple[Image.Image, Header]:
    """Return the picture of a file at its own size, grey ("L") or color ("RGB") by its kind, and its header.

    Of grey files this is what all three channels would hold if they were made color.

    Raises:
        BadPicture: see `read_header`; or the pixels are damaged.
    """
    with _explained(content):
        image, header = _load(content)
        return _to_bytes(_without_alpha(image), "L" if header.grey else "RGB"), header


def load(content: bytes) -> tuple[Image.Image, Header]:
    """Return the picture of a file as it is stored, turned upright, and what the file said about it.

    For pictures whose values are no levels of light, such as masks.

    Raises:
        BadPicture: see `read_header`; or the pixels are damaged.
    """
    with _explained(content):
        return _load(content)


def _load(content: bytes) -> tuple[Image.Image, Header]:
    image = _open(content)
    _refuse(image)
    image.load()
    header = _header(image, _orientation(image))
    return (ImageOps.exif_transpose(image) if header.turned else image), header


def _open(content: bytes) -> Image.Image:
    if not content:
        raise BadPicture("empty file")
    return Image.open(io.BytesIO(content), formats=FORMATS)


@contextmanager
def _explained(content: bytes) -> Iterator[None]:
    """Turn whatever a decoder raises into a reason; hostile bytes make decoders raise anything."""
    try:
        yield
    except BadPicture:
        raise
    except UnidentifiedImageError:
        raise BadPicture(f"no picture ({', '.join(FORMATS)}); begins with {content[:16]!r}") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture(f"{error}; at most {LARGEST_PICTURE:,} pixels are decoded", "DATA-003") from None
    except Exception as error:  # a decoder's own faults are many
        raise BadPicture(f"damaged: {str(error) or type(error).__name__}") from error


def _refuse(image: Image.Image) -> None:
    """Raise unless the rules take the picture, before a pixel of it is decoded."""
    width, height = image.size
    if width * height > LARGEST_PICTURE:
        raise BadPicture(f"{width}x{height} pixels are more than {LARGEST_PICTURE:,}", "DATA-003")
    if min(width, height) < SHORTEST_SIDE or max(width, height) > LONGEST_SIDE:
        reason = f"{width}x{height} pixels; sides must be {SHORTEST_SIDE} to {LONGEST_SIDE:,} long"
        raise BadPicture(reason, "DATA-004")
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise BadPicture(f"holds {getattr(image, 'n_frames', 'several')} pictures instead of one")
    if image.format == "JPEG2000" and image.mode.startswith("I"):
        raise BadPicture("JPEG 2000 of more than 8 bits has no known scale")
    if image.mode == "F" or (image.mode == "I" and image.format != "PNG"):
        raise BadPicture(f"32-bit values (mode {image.mode!r}) have no known scale")


def _header(image: Image.Image, orientation: int) -> Header:
    width, height = image.size
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    return Header(
        height=height,
        width=width,
        mode=image.mode,
        format=image.format or "unknown",
        turned=orientation in range(2, 9),
        transparent=image.has_transparency_data,
    )


def _orientation(image: Image.Image) -> int:
    """Return how the camera was held: 1 is upright."""
    orientation: int = image.getexif().get(0x0112, 1)
    return orientation


def _is_silent(image: Image.Image) -> bool:
    return image.format == "PNG" and "exif" not in image.info


def _to_bytes(image: Image.Image, mode: str) -> Image.Image:
    """Return `image` with 8 bits a channel, grey ("L") or color ("RGB")."""
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)
        image = Image.fromarray(((values * 255 + 32_767) // 65_535).clip(0, 255).astype(np.uint8))
    return image if image.mode == mode else image.convert(mode)


def _without_alpha(image: Image.Image) -> Image.Image:
    """Return `image` as it looks on white paper."""
    if not image.has_transparency_data:
        return image
    pixels = np.asarray(image.convert("RGBA")).astype(np.uint16)
    color, alpha = pixels[..., :3], pixels[..., 3:]
    return Image.fromarray(((color * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8))
