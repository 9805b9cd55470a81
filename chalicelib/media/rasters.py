"""PNG, JPEG, GIF and WebP, walked part by part: how large a picture is, how it is turned, where it ends; and
moving ones without what says something of whoever made them. Pure.

What is short ends in an IndexError or a ValueError, which `formats.look` tells as damage.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.media.formats import Seen, damaged

MOST_PARTS = 100_000
"""A picture has some thousands; walking over millions takes seconds, which nothing in it is worth."""


class Part(NamedTuple):
    name: bytes
    at: int
    end: int
    """Of the whole part, its own frame included."""
    data: int
    """Where its content begins."""


def _u16(content: bytes, at: int) -> int:
    return int.from_bytes(_slice(content, at, 2), "big")


def _u32(content: bytes, at: int) -> int:
    return int.from_bytes(_slice(content, at, 4), "big")


def _little(content: bytes, at: int, length: int) -> int:
    return int.from_bytes(_slice(content, at, length), "little")


def _slice(content: bytes, at: int, length: int) -> bytes:
    found = content[at : at + length]
    if len(found) < length:
        raise IndexError(at)
    return found


def _counted(parts: Iterator[Part]) -> Iterator[Part]:
    for number, part in enumerate(parts):
        if number == MOST_PARTS:
            raise damaged("it has too many parts")
        yield part


def _nothing_after(content: bytes, end: int) -> None:
    if end > len(content):
        raise IndexError(end)
    if end < len(content):
        raise damaged(f"{len(content) - end:,} bytes follow the end of the picture")


# --- Exif ------------------------------------------------------------------------------------


def orientation(tiff: bytes) -> int:
    """From the first directory of an Exif block (Exif 3.0, section 4.6.5.1.5); 1 where it says nothing."""
    try:
        order = {b"II": "little", b"MM": "big"}[tiff[:2]]
        start = int.from_bytes(_slice(tiff, 4, 4), order)  # type: ignore[arg-type]
        count = int.from_bytes(_slice(tiff, start, 2), order)  # type: ignore[arg-type]
        for at in range(start + 2, start + 2 + 12 * min(count, 1000), 12):
            entry = _slice(tiff, at, 12)
            if int.from_bytes(entry[:2], order) == 0x0112:  # type: ignore[arg-type]
                found = int.from_bytes(entry[8:10], order)  # type: ignore[arg-type]
                return found if 1 <= found <= 8 else 1
    except (IndexError, KeyError):
        pass
    return 1


# --- PNG -------------------------------------------------------------------------------------

_PNG_KEPT = frozenset(
    b"IHDR PLTE tRNS IDAT IEND acTL fcTL fdAT gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs".split()
)


def png_parts(content: bytes) -> Iterator[Part]:
    """Chunks (PNG, third edition, section 5.3) to the end, after which there is nothing."""
    at, name = 8, b""
    while name != b"IEND":
        length, name = _u32(content, at), _slice(content, at + 4, 4)
        part = Part(name, at, at + 12 + length, at + 8)
        _slice(content, part.end - 4, 4)
        yield part
        at = part.end
    _nothing_after(content, at)


def png(content: bytes) -> Seen:
    width = height = frames = 0
    turn, moves, has_data = 1, False, False
    for part in _counted(png_parts(content)):
        if (part.name == b"IHDR") != (part.at == 8):
            raise damaged("its header is not its first part")
        if part.name == b"IHDR":
            width, height = _u32(content, part.data), _u32(content, part.data + 4)
        elif part.name == b"eXIf":
            turn = orientation(content[part.data : part.end - 4])
        elif part.name == b"acTL":
            moves, frames = not has_data, max(frames, _u32(content, part.data))
        has_data = has_data or part.name == b"IDAT"
    if not has_data:
        raise damaged("it has no pixels")
    return Seen("image/png", width, height, turn, frames=frames if moves and frames > 1 else 1)


def bare_png(content: bytes) -> bytes:
    kept = (content[part.at : part.end] for part in png_parts(content) if part.name in _PNG_KEPT)
    return content[:8] + b"".join(kept)


# --- JPEG ------------------------------------------------------------------------------------

_FRAMES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
_SCAN, _END = 0xDA, 0xD9


def jpeg(content: bytes) -> Seen:
    """Segments (ITU-T T.81, annex B) up to the first scan, and that the picture ends after it."""
    at, turn = 2, 1
    size: tuple[int, int] | None = None
    for _ in range(MOST_PARTS):
        if _slice(content, at, 2) == b"\xff\xff":
            # Any number of such bytes may stand before a marker.
            at += 1
            continue
        if content[at] != 0xFF or content[at + 1] in (0, _END):
            raise damaged(f"there is no part at byte {at:,}")
        marker, length = content[at + 1], _u16(content, at + 2)
        if marker == _SCAN:
            break
        body = _slice(content, at + 4, max(0, length - 2))
        if marker in _FRAMES:
            if size:
                raise damaged("it has two headers")
            size = _u16(body, 3), _u16(body, 1)
        elif marker == 0xE1 and body[:6] == b"Exif\0\0":
            turn = orientation(body[6:])
        at += 2 + length
    else:
        raise damaged("it has too many parts")
    if not size or content.find(bytes((0xFF, _END)), at) < 0:
        raise damaged("it has no header" if not size else "it ends too early")
    return Seen("image/jpeg", *size, turn)


# --- GIF -------------------------------------------------------------------------------------

_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def gif_parts(content: bytes) -> Iterator[Part]:
    """Blocks (GIF89a, section 15 and on) after the header and its colours, to the trailer."""
    at = 13 + _colours(content[10])
    for _ in range(MOST_PARTS):
        start, kind = at, content[at]
        if kind == 0x3B:
            yield Part(b"end", at, at + 1, at + 1)
            _nothing_after(content, at + 1)
            return
        if kind == 0x2C:
            data = at + 10 + _colours(content[at + 9]) + 1
            name = b"frame"
        elif kind == 0x21:
            data, name = at + 2, content[at + 1 : at + 2]
        else:
            raise damaged(f"there is no block at byte {at:,}")
        at = data
        while length := content[at]:
            at += 1 + length
        at += 1
        yield Part(name, start, at, data)
    raise damaged("it has too many parts")


def _colours(packed: int) -> int:
    """Bytes of a table of colours."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def gif(content: bytes) -> Seen:
    width, height = _little(content, 6, 2), _little(content, 8, 2)
    frames = 0
    for part in gif_parts(content):
        if part.name != b"frame":
            continue
        frames += 1
        left, top, wide, high = (_little(content, part.at + 1 + 2 * number, 2) for number in range(4))
        if left + wide > width or top + high > height:
            raise damaged("a frame is larger than the picture")
    if not frames:
        raise damaged("it has no pixels")
    return Seen("image/gif", width, height, frames=frames)


def bare_gif(content: bytes) -> bytes:
    kept = [content[: 13 + _colours(content[10])]]
    for part in gif_parts(content):
        is_loop = part.name == b"\xff" and content[part.data + 1 : part.data + 12] in _LOOPS
        if part.name in (b"frame", b"end", b"\xf9") or is_loop:
            kept.append(content[part.at : part.end])
    return b"".join(kept)


# --- WebP ------------------------------------------------------------------------------------

_EXIF_AND_XMP = 0x08 | 0x04


def webp_parts(content: bytes, at: int, end: int) -> Iterator[Part]:
    """Chunks of RIFF (RFC 9649, section 2.3)."""
    while at < end:
        name, length = _slice(content, at, 4), _little(content, at + 4, 4)
        after = at + 8 + length + length % 2
        if after > end:
            raise IndexError(after)
        yield Part(name, at, after, at + 8)
        at = after


def webp(content: bytes) -> Seen:
    end = 8 + _little(content, 4, 4)
    _nothing_after(content, end)
    sizes: dict[bytes, tuple[int, int]] = {}
    turn, frames = 1, 0
    for part in _counted(webp_parts(content, 12, end)):
        if part.name in _MEASURES and part.name not in sizes:
            sizes[part.name] = _MEASURES[part.name](content, part.data)
        elif part.name == b"EXIF":
            turn = orientation(content[part.data : part.end].removeprefix(b"Exif\0\0"))
        frames += part.name == b"ANMF"
    whole = sizes.get(b"VP8X")
    own = sizes.get(b"VP8 ") or sizes.get(b"VP8L")
    if whole and own and whole != own:
        raise damaged("it says of itself that it has two sizes")
    if not (size := whole or own) or not (own or frames):
        raise damaged("it has no pixels")
    return Seen("image/webp", *size, turn, frames=max(1, frames), is_lossless=b"VP8L" in sizes)


def _extended(content: bytes, at: int) -> tuple[int, int]:
    return _little(content, at + 4, 3) + 1, _little(content, at + 7, 3) + 1


def _lossy(content: bytes, at: int) -> tuple[int, int]:
    if _slice(content, at + 3, 3) != b"\x9d\x01\x2a":
        raise damaged("its pixels do not begin as they should")
    return _little(content, at + 6, 2) & 0x3FFF, _little(content, at + 8, 2) & 0x3FFF


def _lossless(content: bytes, at: int) -> tuple[int, int]:
    bits = _little(content, at + 1, 4)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


_MEASURES = {b"VP8X": _extended, b"VP8 ": _lossy, b"VP8L": _lossless}


def bare_webp(content: bytes) -> bytes:
    """Of a moving one: nothing but frames, how they follow each other, and their colours."""
    kept = []
    for part in webp_parts(content, 12, len(content)):
        whole = content[part.at : part.end]
        if part.name == b"VP8X":
            whole = whole[:8] + bytes((whole[8] & ~_EXIF_AND_XMP,)) + whole[9:]
        elif part.name == b"ANMF":
            whole = _bare_frame(content, part)
        elif part.name not in (b"ICCP", b"ANIM"):
            continue
        kept.append(whole)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _bare_frame(content: bytes, frame: Part) -> bytes:
    inner = (
        content[part.at : part.end]
        for part in webp_parts(content, frame.data + 16, frame.end)
        if part.name in (b"ALPH", b"VP8 ", b"VP8L")
    )
    body = content[frame.data : frame.data + 16] + b"".join(inner)
    return b"ANMF" + len(body).to_bytes(4, "little") + body


BARE = {"image/png": bare_png, "image/gif": bare_gif, "image/webp": bare_webp}
"""{type: a moving picture without metadata}."""
