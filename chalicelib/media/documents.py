"""MP3 and PDF: whether they are what they say. They are published as they were sent. Pure."""

from __future__ import annotations

from chalicelib.media.formats import damaged
from chalicelib.media.streams import Stream

MOST_ROOM = 65_536
"""Bytes."""
MOST_TAGS = 100
_RATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
"""Kilobits of layer III, by MPEG 1 and by MPEG 2 and 2.5."""
_SAMPLES = (11_025, 12_000, 8_000)
"""A second of MPEG 2.5; twice that of 2, four times that of 1."""


def mp3(stream: Stream) -> None:
    """After the tags, if any, two frames of MPEG layer III in a row (ISO/IEC 11172-3, section 2.4)."""
    for _ in range(MOST_TAGS):
        if stream.peek(3) != b"ID3":
            break
        head = stream.read(10)
        if len(head) < 10 or any(byte & 0x80 for byte in head[6:]):
            raise damaged("its tags are not such")
        length = sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        stream.skip(length + (10 if head[5] & 0x10 else 0))
    # Some programs leave room after the tags.
    for _ in range(MOST_ROOM):
        if stream.peek(1) != b"\0":
            break
        stream.skip(1)
    for _ in range(2):
        length = _frame_length(stream.peek(4))
        if not length:
            raise damaged("there is no sound after its tags")
        stream.skip(length)
    stream.finish()


def _frame_length(head: bytes) -> int:
    """0 for what is no frame."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate, samples = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate in (0, 15) or samples == 3:
        return 0
    is_first = version == 3
    frequency = _SAMPLES[samples] * {0: 1, 2: 2, 3: 4}[version]
    kilobits = _RATES[0 if is_first else 1][rate]
    return (144 if is_first else 72) * kilobits * 1000 // frequency + (head[2] >> 1 & 1)


def pdf(stream: Stream) -> None:
    """Its version at its very beginning, its mark at its end (ISO 32000-2, sections 7.5.2 and 7.5.5)."""
    head = stream.read(8)
    if head[5:6] not in (b"1", b"2") or head[6:7] != b".":
        raise damaged("it does not say which PDF it is")
    stream.finish()
    if b"%%EOF" not in stream.tail:
        raise damaged("it has no end")
