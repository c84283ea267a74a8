"""How long, how fast and how large a clip is; its first frame is decoded, the others are counted."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from deepdiva.data.analysis.block import ClipFacts
from deepdiva.data.pictures import BadPicture
from deepdiva.errors import DataError


def clip_versions() -> Mapping[str, str]:
    """Return the versions of what reads clips.

    Raises:
        DataError: nothing does (DATA-081).
    """
    av = _import_av()
    return {"av": str(av.__version__)} | {
        name: ".".join(map(str, version)) for name, version in sorted(av.library_versions.items())
    }


def look_at_clip(content: bytes) -> ClipFacts:
    """Return what the clip in `content` is.

    Raises:
        BadPicture: it is no clip, has no picture in it, or ends too early (DATA-082).
        DataError: nothing here reads clips (DATA-081).
    """
    av = _import_av()
    try:
        with av.open(io.BytesIO(content), metadata_errors="replace") as container:
            return _measure(container)
    except (av.error.FFmpegError, ValueError, OverflowError, MemoryError) as error:
        raise BadPicture(f"no clip that can be read: {error}", "DATA-082") from None


def _measure(container: Any) -> ClipFacts:
    if not container.streams.video:
        raise BadPicture("no picture in it", "DATA-082")
    stream = container.streams.video[0]
    frame = next(container.decode(stream), None)
    if frame is None:
        raise BadPicture("its first frame cannot be decoded", "DATA-082")
    container.seek(0)
    frames = sum(packet.size > 0 for packet in container.demux(stream))
    return ClipFacts(frame.height, frame.width, frames, float(stream.average_rate or 0), stream.codec.name)


def _import_av() -> Any:
    try:
        import av
    except ImportError as error:
        raise DataError(
            f"clips cannot be read: {error}",
            expected="the package that reads clips",
            remedy="install it: pip install 'deepdiva[video]'",
            code="DATA-081",
        ) from error
    return av
