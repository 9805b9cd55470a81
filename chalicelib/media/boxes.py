"""The boxes of ISO base media files (ISO/IEC 14496-12): the size of an AVIF picture, whether an MP4 is whole.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.media.formats import Seen, damaged
from chalicelib.media.streams import Stream

MOST_BOXES = 10_000
MOST_FILM_BOXES = 100_000
"""A film in fragments has two for every few seconds."""
MOST_PROPERTIES = 100_000
"""Of all items together."""


class Box(NamedTuple):
    name: bytes
    data: int
    end: int


def _number(content: bytes, at: int, length: int) -> int:
    found = content[at : at + length]
    if len(found) < length:
        raise IndexError(at)
    return int.from_bytes(found, "big")


def boxes(content: bytes, at: int, end: int) -> Iterator[Box]:
    for _ in range(MOST_BOXES):
        if at == end:
            return
        length, name, data = _number(content, at, 4), content[at + 4 : at + 8], at + 8
        if length == 1:
            length, data = _number(content, at + 8, 8), at + 16
        elif length == 0:
            length = end - at
        if at + length > end or data > at + length:
            raise IndexError(at)
        yield Box(name, data, at + length)
        at += length
    raise damaged("it has too many parts")


def _child(content: bytes, parent: Box, name: bytes, *, skip: int = 0) -> Box:
    found = next((box for box in boxes(content, parent.data + skip, parent.end) if box.name == name), None)
    if not found:
        raise damaged(f"it lacks its part “{name.decode()}”")
    return found


def avif(content: bytes) -> Seen:
    """The size of the primary item, and whether it is turned (ISO/IEC 23008-12, section 6.5)."""
    top = {box.name: box for box in boxes(content, 0, len(content))}
    if b"meta" not in top or b"mdat" not in top:
        raise damaged("it has no header" if b"meta" not in top else "it has no pixels")
    meta = top[b"meta"]
    primary = _primary(content, _child(content, meta, b"pitm", skip=4))
    properties = _child(content, meta, b"iprp", skip=4)
    known = list(boxes(content, *_child(content, properties, b"ipco")[1:]))
    size, turn = None, 1
    for number in _associated(content, _child(content, properties, b"ipma"), primary):
        box = known[number - 1] if 1 <= number <= len(known) else None
        if box and box.name == b"ispe":
            size = _number(content, box.data + 4, 4), _number(content, box.data + 8, 4)
        elif box and box.name == b"irot":
            turn = (1, 8, 3, 6)[content[box.data] & 3]
    if not size:
        raise damaged("it does not say how large it is")
    return Seen("image/avif", *size, turn)


def _primary(content: bytes, box: Box) -> int:
    return _number(content, box.data + 4, 2 if content[box.data] == 0 else 4)


def _associated(content: bytes, box: Box, wanted: int) -> list[int]:
    """The numbers of an item's properties, in their order."""
    version, is_wide = content[box.data], content[box.data + 3] & 1
    at, found, passed = box.data + 8, list[int](), 0
    for _ in range(min(_number(content, box.data + 4, 4), MOST_BOXES)):
        item = _number(content, at, 4 if version else 2)
        at += 4 if version else 2
        count, at = content[at], at + 1
        passed += count
        if passed > MOST_PROPERTIES:
            raise damaged("it has too many properties")
        step = 2 if is_wide else 1
        numbers = [
            _number(content, at + step * n, step) & (0x7FFF if is_wide else 0x7F) for n in range(count)
        ]
        at += step * count
        if item == wanted:
            found += numbers
    return found


def mp4(stream: Stream) -> None:
    """Its boxes end where it ends, and there is a film in it."""
    names = set()
    for _ in range(MOST_FILM_BOXES):
        head = stream.read(8)
        if not head:
            break
        if len(head) < 8:
            raise damaged("it ends within a part")
        length, name, taken = int.from_bytes(head[:4], "big"), head[4:], 8
        if length == 1:
            length, taken = int.from_bytes(stream.read(8), "big"), 16
        names.add(name)
        if length == 0:
            stream.finish()
        elif length < taken or stream.skip(length - taken) < length - taken:
            raise damaged("it ends within a part")
    else:
        raise damaged("it has too many parts")
    if not {b"moov", b"mdat"} <= names:
        raise damaged("it has no film in it")
