"""Uploaded files: which are taken, how large they may be, and what is known of each."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.core.fields import Fields, Number, Text
from chalicelib.core.problems import TooLarge, UnsupportedMediaType
from chalicelib.core.values import value

DIRECTLY = 4 * 1024 * 1024
"""Bytes that may come through the API itself: a function's event may have 6 MB (AWS Lambda, Quotas), and
base64 makes four of three."""

_MB = 1024 * 1024


@value
class Kind:
    ending: str
    most: int
    """Bytes."""
    called: str
    is_picture: bool = False


KINDS = {
    "image/png": Kind("png", 25 * _MB, "a PNG picture", is_picture=True),
    "image/jpeg": Kind("jpg", 25 * _MB, "a JPEG picture", is_picture=True),
    "image/gif": Kind("gif", 25 * _MB, "a GIF picture", is_picture=True),
    "image/webp": Kind("webp", 25 * _MB, "a WebP picture", is_picture=True),
    "image/avif": Kind("avif", 25 * _MB, "an AVIF picture", is_picture=True),
    "video/mp4": Kind("mp4", 500 * _MB, "an MP4 film"),
    "audio/mpeg": Kind("mp3", 100 * _MB, "MP3 sound"),
    "application/pdf": Kind("pdf", 50 * _MB, "a PDF document"),
}
"""{media type: what it is}: all that is taken."""

_WHY_NOT = {
    "image/svg+xml": "SVG is refused, since it is a document that can run scripts. Send a PNG or a WebP.",
    "text/html": "HTML is refused, since it is a page that can run scripts. Write a post instead.",
    "application/xhtml+xml": "XHTML is refused, since it is a page that can run scripts.",
    "image/heic": "HEIC is refused, since few browsers show it. Send a JPEG or an AVIF.",
    "image/heif": "HEIF is refused, since few browsers show it. Send a JPEG or an AVIF.",
    "video/quicktime": "QuickTime is refused, since few browsers play it. Send an MP4.",
    "image/avif-sequence": "Moving AVIF is refused. Send an MP4 or a moving WebP.",
}

WAITS = timedelta(hours=3)
"""A form is good for minutes, and what it sends may take long to arrive."""
FORM_SECONDS = 300
TOLD_FOR = timedelta(days=7)
"""How long the record of a refused file says why."""
POINTS_FOR = timedelta(days=1)
"""How long the id of a file that was there before leads to it."""
MOST_ATTEMPTS = 3
"""At a file that ends the function that works at it."""

WAITING, PROCESSING, READY, REFUSED, DELETING = "waiting", "processing", "ready", "refused", "deleting"


@value
class Media:
    id: str
    state: str
    type: str
    size: int
    created_at: datetime
    file_name: str = ""
    """What its author calls it."""
    hash: str = ""
    """Of what was sent; empty until it is known."""
    name: str = ""
    """Of the public file; empty until it is known."""
    reason: str = ""
    """Why it is refused: a sentence."""
    same_as: str = ""
    """The id of the file that had these bytes before."""
    attempts: int = 0
    """How many were begun and did not end."""

    @property
    def upload_key(self) -> str:
        """Where it stands as it was sent."""
        return f"uploads/{self.id}"

    @property
    def waits_until(self) -> datetime:
        return self.created_at + WAITS


def kind_of(given: str) -> Kind:
    """What a client says that it sends. Raises UnsupportedMediaType, with the reason."""
    if given in KINDS:
        return KINDS[given]
    taken = f"These types are taken: {', '.join(KINDS)}."
    if given in _WHY_NOT:
        raise UnsupportedMediaType(f"{_WHY_NOT[given]} {taken}")
    said = f"“{given[:60]}” is not taken here." if given else "The request does not say which type it sends."
    raise UnsupportedMediaType(f"{said} {taken}")


def require_size(kind: Kind, size: int) -> None:
    if size > kind.most:
        raise TooLarge(
            "size", f"The file has {size:,} bytes, and {kind.called} may have {kind.most:,}. Make it smaller."
        )


def _bare(name: str) -> str:
    """Without the folders that some programs send along."""
    return name.replace("\\", "/").rpartition("/")[2].strip()


FILE_NAME = Text(200, check=_bare)

UPLOAD = Fields(
    type=Text(100),
    size=Number(1, 2**40),
    file_name=FILE_NAME,
)
"""What is told of a file before it is sent to the bucket."""
