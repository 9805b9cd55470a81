"""The generated face of somebody: an initial on one of twelve seals, the same wherever their name stands."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

from markupsafe import Markup, escape

FACES = 12


@lru_cache(2048)
def face_of(name: str) -> tuple[Markup, Markup, int]:
    """A name made safe, its initial, and the number of its face."""
    initial = next((letter for letter in name if letter.isalnum()), "?").upper()[:1]
    return escape(name), escape(initial), crc32(name.encode()) % FACES
