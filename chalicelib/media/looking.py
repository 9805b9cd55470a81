"""Whether a file is exactly what it was declared as, and the name that it gets."""

from __future__ import annotations

from chalicelib.media.boxes import avif, mp4
from chalicelib.media.documents import mp3, pdf
from chalicelib.media.formats import Seen, damaged, require_measure, require_type
from chalicelib.media.model import KINDS
from chalicelib.media.rasters import gif, jpeg, png, webp
from chalicelib.media.streams import Stream

HEAD = 512
"""Bytes by which a type is known."""

_PICTURES = {
    "image/png": png,
    "image/jpeg": jpeg,
    "image/gif": gif,
    "image/webp": webp,
    "image/avif": avif,
}
_OTHERS = {"video/mp4": mp4, "audio/mpeg": mp3, "application/pdf": pdf}


def look_at(content: bytes, declared: str) -> Seen:
    """A picture. Raises Invalid, TooLarge or UnsupportedMediaType."""
    require_type(content[:HEAD], declared)
    try:
        seen = _PICTURES[declared](content)
    except (IndexError, ValueError) as error:
        raise damaged("it ends too early") from error
    if not (seen.width and seen.height):
        raise damaged("it has no width or no height")
    require_measure(seen)
    return seen


def look_through(stream: Stream, declared: str) -> None:
    """Anything else, to its end. Raises Invalid or UnsupportedMediaType."""
    require_type(stream.peek(HEAD), declared)
    _OTHERS[declared](stream)
    stream.finish()


def name_of(hash_: str, declared: str, seen: Seen | None) -> str:
    """Of the public file; `core/pictures.py` says what is in it."""
    ending = KINDS[declared].ending
    if not seen:
        return f"{hash_}.{ending}"
    width, height = seen.final
    return f"{hash_}-{width}x{height}{'-moving' if seen.is_moving else ''}.{ending}"
