"""Files as tests send them: good ones, and such as nobody should have to decode."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

SECRET = b"secret of the camera"


def drawn(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Its left upper corner is red, and only that."""
    image = Image.new("RGB", (width, height), (30, 90, 200))
    image.paste((250, 10, 10), (0, 0, width // 4, height // 4))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def png(width: int = 64, height: int = 48, **how: Any) -> bytes:
    return saved(drawn(width, height), "PNG", **how)


def jpeg(width: int = 64, height: int = 48, **how: Any) -> bytes:
    return saved(drawn(width, height), "JPEG", **how)


def exif(turn: int = 1) -> Image.Exif:
    told = Image.Exif()
    told[ExifTags.Base.Orientation] = turn
    told[ExifTags.Base.Make] = SECRET.decode()
    told.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    return told


XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"


def telling(kind: str, turn: int = 1, image: Image.Image | None = None) -> bytes:
    """A picture that says where it was taken, and by whom."""
    image = image or drawn(64, 48)
    told = exif(turn)
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", SECRET.decode())
        notes.add_itxt("Comment", SECRET.decode(), zip=False)
        return saved(image, "PNG", exif=told, pnginfo=notes)
    if kind == "JPEG":
        return saved(image, "JPEG", exif=told, xmp=XMP, comment=SECRET, quality=95)
    if kind == "GIF":
        return saved(image, "GIF", comment=SECRET)
    return saved(image, kind, exif=told, xmp=XMP, quality=95)


def moving(kind: str, frames: int = 3, **how: Any) -> bytes:
    images = [Image.new("RGB", (40, 30), (number * 37 % 256, 99, 180)) for number in range(frames)]
    return saved(images[0], kind, save_all=True, append_images=images[1:], duration=80, loop=0, **how)


def telling_and_moving(kind: str) -> bytes:
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", SECRET.decode())
        return moving("PNG", pnginfo=notes)
    return moving("GIF", comment=SECRET) if kind == "GIF" else moving(kind, exif=exif(), xmp=XMP)


# --- by hand ---------------------------------------------------------------------------------


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width: int, height: int, *chunks: bytes) -> bytes:
    """One bit a pixel: fifty million of them are six thousand bytes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND")


def bomb(width: int, height: int) -> bytes:
    """Zeros, packed a thousandfold."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png_header(width, height, chunk(b"IDAT", data))


def gif(width: int = 1, height: int = 1, frames: int = 1, before: bytes = b"", after: bytes = b"") -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return screen + before + frame * frames + b"\x3b" + after


GIF_AS_SCRIPT = b"GIF89a=1;alert(document.domain)//" + bytes(40)
"""Its name is a variable's, its size what is put into it."""
GIF_AND_SCRIPT = gif(after=b"*/=1;alert(document.domain)")
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!doctype html><script>alert(1)</script>"
SCRIPT = b"#!/bin/sh\nrm -rf /\n"


def box(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(data)) + name + data


MP4 = (
    box(b"ftyp", b"isom\0\0\0\0isommp42") + box(b"moov", box(b"mvhd", bytes(100))) + box(b"mdat", bytes(5000))
)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
FRAME = b"\xff\xfb\x90\x00" + bytes(413)
"""MPEG 1, layer III, 128 kilobits and 44,100 samples a second."""
MP3 = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + FRAME * 4
GOOD = {
    "image/png": png(),
    "image/jpeg": jpeg(),
    "image/gif": saved(drawn(), "GIF"),
    "image/webp": saved(drawn(), "WEBP"),
    "image/avif": saved(drawn(), "AVIF"),
    "video/mp4": MP4,
    "audio/mpeg": MP3,
    "application/pdf": PDF,
}
