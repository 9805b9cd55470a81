"""What must not get in: refused in a sentence, with nothing left behind."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from chalicelib.core import objects
from chalicelib.media.model import KINDS
from tests.blog import Blog
from tests.conftest import Moment
from tests.media import desk, files
from tests.media.desk import in_bucket, in_table, send, shown, through_the_bucket, work
from tests.media.files import box, chunk

pytestmark = pytest.mark.usefixtures("moment")

PNG, JPEG, GIF, WEBP, AVIF = (f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "avif"))
MP4, MP3, PDF = "video/mp4", "audio/mpeg", "application/pdf"


def swap(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new, 1)


def jpeg_of_size(width: int, height: int) -> bytes:
    content = files.jpeg()
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def webp_of_size(width: int, height: int) -> bytes:
    content = bytearray(files.saved(files.drawn(), "WEBP"))
    at = content.index(b"\x9d\x01\x2a") + 3
    content[at : at + 4] = struct.pack("<HH", width, height)
    return bytes(content)


def avif_of_size(width: int, height: int) -> bytes:
    content = files.saved(files.drawn(), "AVIF")
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", width, height) + content[at + 8 :]


def frames_of_png(told: int) -> bytes:
    """An APNG that says how many frames it has."""
    return files.png_header(1, 1, chunk(b"acTL", struct.pack(">II", told, 0)), chunk(b"IDAT", b"x"))


def parts_of_png(count: int) -> bytes:
    return files.png_header(1, 1, chunk(b"teXt") * count, chunk(b"IDAT", b"x"))


def parts_of_webp(name: bytes, count: int) -> bytes:
    content = files.saved(files.drawn(), "WEBP") + (name + bytes(4)) * count
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]


def properties_of_avif(items: int) -> bytes:
    """One item is told to have the same property again and again."""
    content = files.saved(files.drawn(), "AVIF")
    at = content.index(b"ipma") - 4
    end = at + int.from_bytes(content[at : at + 4], "big")
    told = box(b"ipma", bytes(4) + struct.pack(">I", items) + (b"\0\1\xff" + b"\1" * 255) * items)
    content = content[:at] + told + content[end:]
    for name in (b"iprp", b"meta"):
        start = content.index(name) - 4
        longer = int.from_bytes(content[start : start + 4], "big") + len(told) - (end - at)
        content = content[:start] + struct.pack(">I", longer) + content[start + 4 :]
    return content


# (what, declared, bytes, status, a word of the reason)
AT_ONCE: list[tuple[str, str, bytes, int, str]] = [
    ("SVG", "image/svg+xml", files.SVG, 415, "SVG"),
    ("HTML", "text/html", files.HTML, 415, "HTML"),
    ("XHTML", "application/xhtml+xml", files.HTML, 415, "XHTML"),
    ("HEIC", "image/heic", b"\0\0\0\x18ftypheic", 415, "HEIC"),
    ("another type", "application/zip", b"PK\x03\x04", 415, "not taken"),
    ("no type", "", files.png(), 415, "which type"),
    ("JSON", "application/json", b"{}", 415, "not taken"),
    ("nothing", PNG, b"", 422, "empty"),
    ("a script named .png", PNG, files.SCRIPT, 415, "script"),
    ("PHP named .png", PNG, b"<?php system($_GET['c']); ?>", 415, "text"),
    ("HTML named .png", PNG, files.HTML, 415, "HTML"),
    ("HTML after a mark named .png", PNG, b"\xef\xbb\xbf \n<HTML><script>", 415, "HTML"),
    ("SVG named .png", PNG, files.SVG, 415, "SVG"),
    ("SVG after a declaration named .png", PNG, b"<?xml version='1.0'?><!-- x --><svg/>", 415, "SVG"),
    ("SVG named .mp4", MP4, files.SVG, 415, "SVG"),
    ("HTML named .pdf", PDF, files.HTML + b"%PDF-1.4", 415, "HTML"),
    ("a program named .mp3", MP3, b"MZ" + bytes(600), 415, "program"),
    ("an archive named .pdf", PDF, b"PK\x03\x04" + bytes(60), 415, "ZIP"),
    ("a JPEG that is declared as PNG", PNG, files.jpeg(), 415, "JPEG"),
    ("a PNG that is declared as JPEG", JPEG, files.png(), 415, "PNG"),
    ("an AVIF that is declared as MP4", MP4, files.GOOD[AVIF], 415, "AVIF"),
    ("an MP4 that is declared as AVIF", AVIF, files.MP4, 415, "MP4"),
    ("a GIF that is declared as WebP", WEBP, files.GOOD[GIF], 415, "GIF"),
    ("QuickTime as MP4", MP4, swap(files.MP4, b"isom\0", b"qt  \0"), 415, "QuickTime"),
    ("moving AVIF", AVIF, swap(files.GOOD[AVIF], b"ftypavif", b"ftypavis"), 415, "moving AVIF"),
    ("a GIF whose size is a script", GIF, files.GIF_AS_SCRIPT, 422, "no block"),
    ("a GIF with a script behind it", GIF, files.GIF_AND_SCRIPT, 422, "follow the end"),
    ("a PNG with a page behind it", PNG, files.png() + files.HTML, 422, "follow the end"),
    ("a PNG with an archive behind it", PNG, files.png() + b"PK\x03\x04", 422, "follow the end"),
    ("a WebP with a page behind it", WEBP, files.GOOD[WEBP] + files.HTML, 422, "follow the end"),
    ("an AVIF with a page behind it", AVIF, files.GOOD[AVIF] + files.HTML, 422, "damaged"),
    ("an MP4 with a page behind it", MP4, files.MP4 + files.HTML, 422, "damaged"),
    ("a wide header of PNG", PNG, files.png_header(100_000, 100_000, chunk(b"IDAT")), 413, "pixels"),
    ("a bomb of PNG", PNG, files.bomb(30_000, 3_000), 413, "pixels"),
    ("a wide header of JPEG", JPEG, jpeg_of_size(65_000, 65_000), 413, "pixels"),
    ("a wide header of GIF", GIF, files.gif(65_535, 65_535), 413, "pixels"),
    ("a wide header of WebP", WEBP, webp_of_size(16_383, 16_383), 413, "pixels"),
    ("a wide header of AVIF", AVIF, avif_of_size(2**31, 2**31), 413, "pixels"),
    ("ten thousand frames of GIF", GIF, files.gif(frames=10_000), 413, "frames"),
    ("large frames of GIF", GIF, files.gif(1_000, 1_000, frames=400), 413, "frames"),
    ("a long moving GIF", GIF, files.gif(5_000, 10, frames=2), 413, "moving"),
    ("ten thousand frames of PNG", PNG, frames_of_png(10_000), 413, "frames"),
    (
        "a frame that is larger than its GIF",
        GIF,
        swap(files.gif(2, 2), b"\x2c\0\0", b"\x2c\x09\0"),
        422,
        "frame",
    ),
    ("no width", PNG, files.png_header(0, 10, chunk(b"IDAT")), 422, "no width"),
    ("a height to be told later", JPEG, jpeg_of_size(10, 0), 422, "no width"),
    ("no pixels in PNG", PNG, files.png_header(10, 10), 422, "pixels"),
    ("no frames in GIF", GIF, files.gif(frames=0), 422, "pixels"),
    ("no film in MP4", MP4, box(b"ftyp", b"isom\0\0\0\0") + box(b"free"), 422, "film"),
    ("no sound in MP3", MP3, b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + b"hello" * 20, 422, "sound"),
    ("one frame of sound", MP3, files.FRAME, 422, "sound"),
    ("endless tags", MP3, b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(100), 422, "sound"),
    ("a PDF of no version", PDF, b"%PDF-x" + bytes(20), 422, "which PDF"),
    (
        "two headers of JPEG",
        JPEG,
        swap(files.jpeg(), b"\xff\xc0", files.jpeg()[files.jpeg().index(b"\xff\xc0") :][:19] + b"\xff\xc0"),
        422,
        "two headers",
    ),
    ("many parts of PNG", PNG, parts_of_png(120_000), 422, "too many parts"),
    ("many parts of WebP", WEBP, parts_of_webp(b"EXIF", 120_000), 422, "too many parts"),
    (
        "many parts of JPEG",
        JPEG,
        swap(files.jpeg(), b"\xff\xe0", b"\xff\xe1\0\2" * 120_000 + b"\xff\xe0"),
        422,
        "too many parts",
    ),
    (
        "many bytes between parts of JPEG",
        JPEG,
        swap(files.jpeg(), b"\xff\xe0", b"\xff" * 120_000 + b"\xe0"),
        422,
        "too many parts",
    ),
    ("many properties of AVIF", AVIF, properties_of_avif(400), 422, "too many properties"),
    ("many parts of MP4", MP4, files.MP4 + box(b"free") * 99_997 + files.HTML, 422, "too many parts"),
    ("many tags of MP3", MP3, b"ID3\x04\0\0\0\0\0\0" * 101 + files.MP3, 422, "sound"),
    ("nothing but a signature", PNG, b"\x89PNG\r\n\x1a\n", 422, "early"),
    ("nothing but a mark of JPEG", JPEG, b"\xff\xd8\xff", 422, "early"),
    ("half a header of GIF", GIF, b"GIF89a\1\0", 422, "early"),
    ("half a header of WebP", WEBP, b"RIFF\x10\0\0\0WEBPVP8 ", 422, "early"),
]
TRUNCATED = [
    (f"half of a {kind}", kind, files.GOOD[kind][: len(files.GOOD[kind]) // 2])
    for kind in KINDS
    if kind != MP3
]


@pytest.mark.parametrize(
    ("what", "declared", "content", "status", "word"), AT_ONCE, ids=lambda part: str(part)[:40]
)
def test_it_is_refused_at_once_and_leaves_nothing(
    engine_blog: Blog, what: str, declared: str, content: bytes, status: int, word: str
) -> None:
    got = send(engine_blog, content, declared)
    assert got.status == status, got.text
    assert word in got.json["detail"]
    assert in_bucket() == in_table(engine_blog) == []


@pytest.mark.parametrize(("what", "declared", "content"), TRUNCATED, ids=lambda part: str(part)[:40])
def test_half_a_file_is_refused_and_leaves_nothing(
    engine_blog: Blog, what: str, declared: str, content: bytes
) -> None:
    got = send(engine_blog, content, declared)
    assert got.status == 422, got.text
    assert "damaged or not whole" in got.json["detail"]
    assert in_bucket() == in_table(engine_blog) == []


LATER = [case for case in AT_ONCE if case[1] in KINDS and case[2]]


@pytest.mark.parametrize(
    ("what", "declared", "content", "status", "word"), LATER, ids=lambda part: str(part)[:40]
)
def test_through_the_bucket_it_is_refused_with_the_same_reason(
    engine_blog: Blog, moment: Moment, what: str, declared: str, content: bytes, status: int, word: str
) -> None:
    told = through_the_bucket(engine_blog, content, declared)
    work(moment)
    made = shown(engine_blog, told["id"])
    assert made["state"] == "refused"
    assert word in made["reason"]
    assert made["url"] is None
    left_behind(engine_blog, moment, told["id"])


def left_behind(blog: Blog, moment: Moment, media_id: str) -> None:
    """A record that says why, for a week."""
    assert in_bucket() == []
    assert not [key for key in in_table(blog) if key.startswith("BYTES#")]
    moment.forward(hours=3)
    work(moment)
    assert in_table(blog) == [f"FILE#{media_id}"]
    moment.forward(days=7)
    assert blog.api("GET", f"/api/media/{media_id}").status == 404
    assert blog.api("GET", "/api/media").json["items"] == []


def broken_pixels() -> list[Any]:
    """Whole by their parts, and not to be decoded."""
    avif = files.GOOD[AVIF]
    at = avif.index(b"mdat") + 4
    return [
        ("PNG", PNG, files.png_header(64, 64, chunk(b"IDAT", b"no pixels"))),
        ("PNG with a wrong sum", PNG, swap(files.png(), b"IEND", b"IEND")[:40] + b"\xff" + files.png()[41:]),
        ("AVIF", AVIF, avif[:at] + bytes(len(avif) - at)),
        (
            "moving GIF",
            GIF,
            files.gif(9, 9, frames=1)[:-1]
            + b"\x2c"
            + struct.pack("<HHHHB", 0, 0, 9, 9, 0)
            + b"\x0d\x02\x44\x01\x00\x3b",
        ),
        (
            "moving PNG",
            PNG,
            swap(files.moving("PNG"), b"fdAT", b"fdAT")[:-60] + bytes(48) + files.moving("PNG")[-12:],
        ),
    ]


@pytest.mark.parametrize(("what", "declared", "content"), broken_pixels(), ids=lambda part: str(part)[:40])
def test_pixels_that_cannot_be_decoded_are_refused_by_the_worker(
    engine_blog: Blog, moment: Moment, what: str, declared: str, content: bytes
) -> None:
    got = send(engine_blog, content, declared)
    if got.status == 422:
        assert in_bucket() == in_table(engine_blog) == []
        return
    assert got.status == 201, got.text
    work(moment)
    made = shown(engine_blog, got.json["id"])
    assert (made["state"], "cannot be read" in made["reason"]) == ("refused", True)
    left_behind(engine_blog, moment, got.json["id"])


def test_what_was_refused_can_be_sent_again(engine_blog: Blog, moment: Moment) -> None:
    content = files.png_header(64, 64, chunk(b"IDAT", b"no pixels"))
    first = send(engine_blog, content, PNG)
    work(moment)
    again = send(engine_blog, content, PNG)
    assert again.status == 201
    assert again.json["id"] != first.json["id"]


def test_what_was_refused_can_be_deleted(engine_blog: Blog, moment: Moment) -> None:
    told = through_the_bucket(engine_blog, files.HTML, PNG)
    work(moment)
    assert engine_blog.api("DELETE", f"/api/media/{told['id']}").status == 204
    assert not [key for key in in_table(engine_blog) if key.startswith("FILE#")]


def test_a_file_that_is_larger_than_it_may_be_is_refused_whatever_its_form_let_through(
    engine_blog: Blog, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = desk.begin(engine_blog, files.png(), PNG)
    objects.put(f"uploads/{begun['id']}", files.png() + bytes(KINDS[PNG].most), PNG)
    engine_blog.api("POST", f"/api/media/{begun['id']}/uploaded")
    work(moment)
    made = shown(engine_blog, begun["id"])
    assert (made["state"], "may have" in made["reason"]) == ("refused", True)
    assert in_bucket() == []


def test_what_is_exchanged_after_it_came_is_refused(engine_blog: Blog, moment: Moment) -> None:
    """A form can be sent twice; what was sent at once was named by its bytes."""
    got = send(engine_blog, files.png(), PNG)
    objects.put(f"uploads/{got.json['id']}", files.png(99), PNG)
    work(moment)
    assert shown(engine_blog, got.json["id"])["state"] == "refused"
    assert in_bucket() == []


@pytest.mark.parametrize("authorization", ["", "Bearer parley_no"])
def test_nobody_else_can_send_anything(engine_blog: Blog, authorization: str) -> None:
    headers = {"Content-Type": PNG, **({"Authorization": authorization} if authorization else {})}
    assert engine_blog.send("POST", "/api/media", body=files.png(), headers=headers).status == 401
    assert in_bucket() == in_table(engine_blog) == []
