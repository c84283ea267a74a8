"""Rules of decoding: which files become pixels, and which pixels they become."""

from __future__ import annotations

import io
from contextlib import suppress

import numpy as np
import PIL
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.data.drawing import encoded, noise

from deepdiva.data import pictures
from deepdiva.data.pictures import BadPicture, decode, read_header


def pixels_of(content: bytes, *, height: int = 8, width: int = 8, channels: int = 1) -> np.ndarray:
    return decode(content, height=height, width=width, channels=channels)[0]


# -- Files that are read ----------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("kind", "how"),
    [
        *((kind, {}) for kind in ("BMP", "DIB", "PCX", "PNG", "PPM", "SGI", "TGA", "TIFF")),
        ("JPEG2000", {"irreversible": False}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_formats_without_loss_give_their_pixels(kind: str, how: dict[str, bool], channels: int) -> None:
    """Whatever holds the pixels exactly gives them exactly, in grey and in color."""
    image = noise(8, 8, channels)

    pixels = pixels_of(encoded(image, kind, **how), channels=channels)

    assert np.array_equal(pixels, image.reshape(8, 8, channels))


def test_other_formats_are_read() -> None:
    """AVIF has losses, QOI no grey, XBM two colors, ICO several sizes, of which the largest counts."""
    image = noise(16, 16, 3)

    assert read_header(encoded(image, "AVIF")).format == "AVIF"
    assert np.array_equal(pixels_of(encoded(image, "QOI"), height=16, width=16, channels=3), image)
    assert read_header(encoded(Image.new("1", (8, 9)), "XBM")).height == 9
    assert read_header(encoded(Image.fromarray(image), "ICO", sizes=[(8, 8), (16, 16)])).height == 16


def test_deep_jpeg_2000_is_refused() -> None:
    """Its values have as many bits as its maker liked, and nobody says how many were used."""
    with pytest.raises(BadPicture, match="JPEG 2000 of more than 8 bits"):
        read_header(encoded(Image.fromarray(noise().astype(np.uint16) * 257), "JPEG2000"))


# -- Files that are refused -------------------------------------------------------------


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
def test_truncated_files_are_refused(kind: str, part: float) -> None:
    """A file is decoded in full, so an interrupted download never becomes a half grey sample."""
    content = encoded(noise(64, 64, 3), kind)

    with pytest.raises(BadPicture, match=r"damaged|no picture"):
        pixels_of(content[: int(len(content) * part)])


def test_a_flipped_byte_in_compressed_pixels_is_refused() -> None:
    """PNG carries checksums; whatever exception the decoder takes for it, it is one reason."""
    content = bytearray(encoded(noise(64, 64)))
    content[len(content) // 2] ^= 0xFF

    with pytest.raises(BadPicture, match="damaged"):
        pixels_of(bytes(content))


def test_an_empty_file_is_named_so() -> None:
    """The commonest fault has the plainest words."""
    with pytest.raises(BadPicture, match=r"^empty file$"):
        read_header(b"")


def test_a_page_saved_as_a_picture_shows_how_it_begins() -> None:
    """A failed download is recognized by its first bytes."""
    with pytest.raises(BadPicture, match=r"no picture .*begins with b'<html><head>"):
        read_header(b"<html><head><title>404</title>")


@pytest.mark.parametrize("kind", ["EPS", "DDS", "PDF"])
def test_formats_outside_the_list_are_refused(kind: str) -> None:
    """Decoders that nobody needs are doors that nobody watches."""
    content = encoded(noise(32, 32, 3), kind)

    with pytest.raises(BadPicture, match="no picture"):
        read_header(content)


def as_png_of(width: int, height: int) -> bytes:
    """Return a tiny file that claims to be huge."""
    import struct
    import zlib

    content = bytearray(encoded(noise(2, 2)))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (12_000, 12_000), (2, 60_000_000)])
def test_bombs_are_refused_before_they_are_decoded(width: int, height: int) -> None:
    """A file of 70 bytes cannot take gigabytes: DATA-003 or DATA-004 from the header alone."""
    with pytest.raises(BadPicture) as caught:
        read_header(as_png_of(width, height))
    assert caught.value.code in ("DATA-003", "DATA-004")


def test_the_largest_scans_are_read() -> None:
    """A page of 8,000 by 11,000 pixels is a picture, not an attack."""
    assert read_header(as_png_of(8_000, 11_000)).height == 11_000


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 20_000), (40_000, 2)])
def test_sides_that_no_picture_has_are_refused(width: int, height: int) -> None:
    """A line of pixels is a mistake of a cutting program: DATA-004 with the size."""
    with pytest.raises(BadPicture, match=f"{width}x{height}") as caught:
        read_header(as_png_of(width, height))
    assert caught.value.code == "DATA-004"


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "WEBP"])
def test_files_of_several_pictures_are_refused(kind: str) -> None:
    """Which of them would be the sample?"""
    frames = [Image.fromarray(noise(8, 8, 3, seed)) for seed in range(3)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])

    with pytest.raises(BadPicture, match="holds 3 pictures"):
        read_header(content)


@pytest.mark.parametrize("values", [np.float32, np.int32])
def test_values_without_a_known_scale_are_refused(values: type) -> None:
    """What is white in a picture of floats?  Nobody but its maker knows."""
    with pytest.raises(BadPicture, match="no known scale"):
        read_header(encoded(noise().astype(values), "TIFF"))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_picture_or_a_reason(content: bytes) -> None:
    """Hostile bytes never end the program."""
    with pytest.raises(BadPicture):
        pixels_of(content)


@given(st.integers(0, 2**31), st.integers(0, 255))
def test_any_damage_gives_pixels_or_a_reason(place: int, value: int) -> None:
    """Files that begin like pictures go deeper into the decoders; they do not crash either."""
    content = bytearray(encoded(noise(16, 16, 3), "JPEG"))
    content[place % len(content)] = value
    with suppress(BadPicture):
        assert pixels_of(bytes(content), channels=3).shape == (8, 8, 3)


# -- Pixels that come out ---------------------------------------------------------------


def test_grey_and_color_come_out_as_they_are() -> None:
    """Without a change of size or color, every value stays."""
    for channels in (1, 3):
        content = encoded(noise(8, 8, channels))
        assert (pixels_of(content, channels=channels) == noise(8, 8, channels).reshape(8, 8, channels)).all()


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    """The whole range maps to the whole range; the middle stays the middle."""
    values = np.full((8, 8), 32_768, np.uint16)
    values[0] = [0, 256, 257, 65_535, 65_280, 128, 129, 1]
    found = pixels_of(encoded(values))

    assert found[0, :, 0].tolist() == [0, 1, 1, 255, 254, 0, 1, 0]
    assert found[1, 0, 0] == 128


def test_sixteen_bit_tiffs_follow_the_same_rule() -> None:
    """The rule is about values, not about formats."""
    values = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000

    assert (pixels_of(encoded(values, "TIFF")) == pixels_of(encoded(values))).all()


def test_one_bit_becomes_black_and_white() -> None:
    """Scans of text use the whole range."""
    content = encoded(Image.fromarray(noise() > 127))

    assert set(pixels_of(content).ravel().tolist()) == {0, 255}


def test_palettes_become_their_colors() -> None:
    """The number of a color in its palette means nothing."""
    image = Image.fromarray(noise(8, 8, 3)).quantize(4)

    assert (pixels_of(encoded(image), channels=3) == np.asarray(image.convert("RGB"))).all()


@pytest.mark.parametrize(("alpha", "expected"), [(255, 10), (0, 255), (128, 132), (1, 254)])
def test_transparency_is_laid_over_white(alpha: int, expected: int) -> None:
    """(c a + 255 (255 - a) + 127) // 255, the same for grey and for color."""
    grey = np.dstack([np.full((8, 8), 10, np.uint8), np.full((8, 8), alpha, np.uint8)])
    color = np.dstack([np.full((8, 8, 3), 10, np.uint8), np.full((8, 8), alpha, np.uint8)])

    assert set(pixels_of(encoded(grey)).ravel().tolist()) == {expected}
    assert set(pixels_of(encoded(color), channels=3).ravel().tolist()) == {expected}


def test_a_transparent_color_of_a_palette_becomes_white() -> None:
    """GIFs mark one color as transparent; it is transparency like any other."""
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 9, 9, 9])
    content = encoded(image, "GIF", transparency=1)

    assert set(pixels_of(content, channels=3).ravel().tolist()) == {255}


def test_cmyk_becomes_red_green_blue() -> None:
    """Print files work too."""
    content = encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG")

    assert (pixels_of(content, channels=3) >= 250).all()


def test_color_becomes_grey_by_luma() -> None:
    """Green looks brighter than blue: the weights of ITU-R BT.601."""
    shades = {}
    for name, color in {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}.items():
        shades[name] = int(pixels_of(encoded(Image.new("RGB", (8, 8), color)))[0, 0, 0])

    assert shades == {"red": 76, "green": 150, "blue": 29}


def test_photos_are_turned_upright() -> None:
    """EXIF says how the camera was held; header and pixels follow it."""
    image = Image.fromarray(noise(8, 16, 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(image, "PNG", exif=exif)

    found, header = decode(content, height=16, width=8, channels=3)

    assert (header.height, header.width, header.turned) == (16, 8, True)
    assert (found == np.rot90(noise(8, 16, 3), -1)).all()


def test_other_sizes_are_resized_without_changing_flat_color() -> None:
    """A resize averages; where all is equal nothing changes."""
    found = pixels_of(encoded(np.full((31, 17), 77, np.uint8)), height=5, width=9)

    assert found.shape == (5, 9, 1)
    assert set(found.ravel().tolist()) == {77}


def test_shrinking_averages_instead_of_skipping() -> None:
    """A fine checkerboard becomes grey; taking every second pixel would make it black or white."""
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)

    assert np.abs(pixels_of(encoded(board)).astype(int) - 127).max() < 20


def test_the_header_tells_what_a_report_counts() -> None:
    """Kind of pixels, format and what has to be done are known without decoding."""
    header = read_header(encoded(noise()))

    assert (header.mode, header.format, header.grey, header.transparent) == ("L", "PNG", True, False)


def test_versions_of_all_decoders_are_known() -> None:
    """Another libjpeg gives other bits, so a cache must not survive it."""
    versions = pictures.decoder_versions()

    assert versions["rules"] == str(pictures.RULES)
    assert versions["pil"] == PIL.__version__


def test_files_with_several_pictures_of_one_scene_give_the_first() -> None:
    """Phones put a preview into the same JPEG (MPO); the first picture is the photo."""
    frames = [Image.fromarray(noise(8, 8, 3, seed)) for seed in range(2)]
    stream = io.BytesIO()
    frames[0].save(stream, "MPO", save_all=True, append_images=frames[1:])

    assert read_header(stream.getvalue()).height == 8
