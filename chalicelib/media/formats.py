"""What a file is by its own bytes, and whether it is whole, without decoding it. Pure.

Everything is refused that is not exactly one file of the type that it was declared as: nothing may follow
the end of a picture (but for JPEG, where telephones keep a second one that is never published), since what is
two things at once is meant to be taken for the wrong one.
"""

from __future__ import annotations

from chalicelib.core.problems import Invalid, TooLarge, UnsupportedMediaType
from chalicelib.core.values import value
from chalicelib.media.model import KINDS

MOST_PIXELS = 50_000_000
MOST_FRAMES = 1_000
MOST_MOVING_PIXELS = 300_000_000
"""Of all frames together."""
LONGEST_SIDE = 4_096
"""Pixels; a larger picture is made smaller."""


@value
class Seen:
    """A picture, as its header has it."""

    type: str
    width: int
    height: int
    """Pixels as they are stored."""
    turn: int = 1
    """How they are to be turned: the orientation of Exif, 1 to 8."""
    frames: int = 1
    is_lossless: bool = False

    @property
    def is_moving(self) -> bool:
        return self.frames > 1

    @property
    def final(self) -> tuple[int, int]:
        """Width and height of what is published: upright, and no larger than what a page can use."""
        width, height = (self.height, self.width) if self.turn >= 5 else (self.width, self.height)
        longest = max(width, height)
        if longest <= LONGEST_SIDE:
            return width, height
        return max(1, round(width * LONGEST_SIDE / longest)), max(1, round(height * LONGEST_SIDE / longest))


def damaged(why: str) -> Invalid:
    return Invalid("file", f"The file is damaged or not whole: {why}. Save it anew and send that.")


def require_type(head: bytes, declared: str) -> None:
    """`head` are some hundred bytes. Raises UnsupportedMediaType where they are those of something else."""
    found = type_of(head)
    if found == declared:
        return
    is_ = KINDS[found].called if found in KINDS else found or "nothing that is taken here"
    raise UnsupportedMediaType(
        f"This was declared as {declared}, and by its first bytes it is {is_}. Declare what it is, or save it"
        f" as {KINDS[declared].called}."
    )


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\x1f\x8b", "a compressed file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"#!", "a script"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
)
_WORDS = ((b"<svg", "an SVG document"), (b"<html", "HTML"), (b"<!doctype html", "HTML"), (b"<script", "HTML"))
_FILM = frozenset(b"isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 mp41 mp42 avc1 dash M4V  mmp4 MSNV".split())


def type_of(head: bytes) -> str:
    """A media type that is taken, or what it is in words; empty where nobody can tell."""
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF":
        return "image/webp" if head[8:12] == b"WEBP" else "a RIFF file"
    if head[4:8] == b"ftyp":
        return _branded(head)
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<?xml", b"<!--")):
        start = start[max(start.find(b"<svg"), start.find(b"<html"), 0) :]
    words = (called for word, called in _WORDS if start.startswith(word))
    return next(words, "text" if start and start[:64].isascii() and start[:64].decode().isprintable() else "")


def _branded(head: bytes) -> str:
    """By the brands of an ISO base media file (ISO/IEC 14496-12, section 4.3)."""
    length = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))]
    if b"avis" in brands:
        return "a moving AVIF picture"
    if b"avif" in brands:
        return "image/avif"
    if brands[0] == b"qt  ":
        return "a QuickTime film"
    if {b"heic", b"heix", b"mif1", b"msf1"} & set(brands):
        return "a HEIF picture"
    return "video/mp4" if {brand.strip() for brand in brands} & _FILM else ""


def require_measure(seen: Seen) -> None:
    """Raises TooLarge for what nobody should decode, however few bytes it has."""
    pixels = seen.width * seen.height
    shown = f"{seen.width:,} × {seen.height:,}"
    if pixels > MOST_PIXELS:
        raise TooLarge("file", f"The picture has {shown} pixels; at most {MOST_PIXELS:,} are decoded.")
    if not seen.is_moving:
        return
    if seen.frames > MOST_FRAMES:
        raise TooLarge("file", f"The picture has {seen.frames:,} frames; at most {MOST_FRAMES:,} are taken.")
    if pixels * seen.frames > MOST_MOVING_PIXELS:
        raise TooLarge(
            "file",
            f"{seen.frames:,} frames of {shown} are {pixels * seen.frames:,} pixels; at most"
            f" {MOST_MOVING_PIXELS:,} are decoded. Send an MP4 instead.",
        )
    if max(seen.width, seen.height) > LONGEST_SIDE:
        raise TooLarge("file", f"A moving picture may have {LONGEST_SIDE:,} pixels a side; this has {shown}.")
