"""Pictures made anew from their pixels alone: upright, in sRGB, in the sizes that pages use. Nothing of what
a camera or a program wrote into the file is left. Loads Pillow, so only the worker imports this.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple

from PIL import Image, ImageCms
from PIL.Image import Resampling, Transpose

from chalicelib.core.pictures import Upload
from chalicelib.media.formats import Seen, damaged
from chalicelib.media.rasters import BARE

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_WHOLE: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 86, "optimize": True, "progressive": True},
    "GIF": {},
    "WEBP": {"quality": 88, "method": 4},
    "AVIF": {"quality": 75, "speed": 8},
}
_LOSSLESS = {"lossless": True, "quality": 20, "method": 0}
_SMALLER = {"quality": 80, "method": 4}
_ORIENTATION = 0x0112


class Made(NamedTuple):
    name: str
    content: bytes
    type: str


def draw(content: bytes, seen: Seen, upload: Upload) -> Iterator[Made]:
    """The files of a picture, its own at last. Raises Invalid where its pixels cannot be read."""
    try:
        if seen.is_moving:
            yield Made(upload.name, _moving(content, seen), seen.type)
        else:
            yield from _standing(content, seen, upload)
    except Exception as error:
        # Decoders raise whatever they like at bytes that were made to confuse them.
        raise damaged("its pixels cannot be read") from error


def _moving(content: bytes, seen: Seen) -> bytes:
    """As it was sent, but for its metadata; each frame is decoded once to see that it can be."""
    bare = BARE[seen.type](content)
    with _opened(bare, seen) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
    return bare


def _standing(content: bytes, seen: Seen, upload: Upload) -> Iterator[Made]:
    with _opened(content, seen) as opened:
        turn = _turn_of(opened) if seen.type == "image/avif" else seen.turn
        opened.load()
        image = _plain(opened)
    wanted = (upload.height, upload.width) if turn >= 5 else (upload.width, upload.height)
    if image.size != wanted:
        image = _full(image).resize(wanted, Resampling.LANCZOS, reducing_gap=3)
    if turn in _TURNS:
        image = image.transpose(_TURNS[turn])
    if image.size != (upload.width, upload.height):
        raise ValueError("its size is not what its header says")
    for width, name in upload.sizes[:-1]:
        height = max(1, round(image.height * width / image.width))
        smaller = _full(image).resize((width, height), Resampling.LANCZOS, reducing_gap=3)
        yield Made(name, _saved(smaller, "WEBP", _SMALLER), "image/webp")
    yield Made(upload.name, _own(image, seen), seen.type)


def _opened(content: bytes, seen: Seen) -> Image.Image:
    """In its own format only, and of the size that was seen to be small enough."""
    image = Image.open(BytesIO(content), formats=[_FORMATS[seen.type]])
    if image.size != (seen.width, seen.height):
        raise ValueError("its header says two things")
    return image


def _turn_of(image: Image.Image) -> int:
    """Of an AVIF, whose mirror and rotation Pillow gives as one; not by XMP, which browsers do not ask."""
    image.info.pop("xmp", None)
    return int(image.getexif().get(_ORIENTATION, 1))


def _own(image: Image.Image, seen: Seen) -> bytes:
    kind = _FORMATS[seen.type]
    if kind == "JPEG":
        image = image if image.mode == "L" else image.convert("RGB")
    elif kind in ("WEBP", "AVIF"):
        image = _full(image)
    return _saved(image, kind, _LOSSLESS if kind == "WEBP" and seen.is_lossless else _WHOLE[kind])


def _saved(image: Image.Image, kind: str, how: dict[str, Any]) -> bytes:
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def _plain(image: Image.Image) -> Image.Image:
    """Eight bits in sRGB, without anything that was written beside the pixels."""
    profile = image.info.get("icc_profile")
    clear = image.info.get("transparency")
    image = image.copy()
    image.info = {} if clear is None else {"transparency": clear}
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N"):
        image.info = {}
        image = image.convert("I").point(lambda level: level * (1 / 257)).convert("L")
    elif image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK"):
        image = image.convert("RGBA" if "A" in image.mode or "a" in image.mode else "RGB")
    if profile and not _is_srgb(profile):
        image = _in_srgb(image, profile)
    return image.convert("RGB") if image.mode == "CMYK" else image


def _full(image: Image.Image) -> Image.Image:
    """With a value for each channel of each pixel, as resizing and WebP want it."""
    has_alpha = image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
    full = image.convert("RGBA" if has_alpha else "RGB")
    full.info = {}
    return full


def _is_srgb(profile: bytes) -> bool:
    try:
        return "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return True  # Nothing to be had from it.


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """As it is where the profile does not fit its pixels: browsers ignore such a one, too."""
    full = image if image.mode in ("L", "CMYK") and "transparency" not in image.info else _full(image)
    mode = "RGBA" if full.mode == "RGBA" else "RGB"
    try:
        given = ImageCms.ImageCmsProfile(BytesIO(profile))
        shown = ImageCms.profileToProfile(full, given, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    if shown is None:
        return image
    shown.info = {}
    return shown
