"""Pictures are made anew: upright, in sRGB, in their sizes, and silent about whoever took them."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from chalicelib.core import objects
from chalicelib.core.pictures import parse
from chalicelib.core.problems import Problem
from chalicelib.media import drawing
from chalicelib.media.formats import LONGEST_SIDE, Seen
from chalicelib.media.looking import look_at, look_through, name_of
from chalicelib.media.model import KINDS
from chalicelib.media.rasters import orientation
from chalicelib.media.streams import Stream, hash_of
from tests.blog import Blog
from tests.conftest import Moment
from tests.media import files
from tests.media.desk import in_bucket, name_in, published

TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
STANDING = list(TYPES)
MOVING = ["PNG", "GIF", "WEBP"]
TOLD = [files.SECRET, b"Exif", b"http://ns.adobe.com", b"xmpmeta", b"eXIf", b"tEXt", b"iTXt", b"XMP "]


def made(content: bytes, kind: str) -> list[drawing.Made]:
    seen = look_at(content, kind)
    upload = parse(name_of(hash_of(content), kind, seen))
    assert upload
    return list(drawing.draw(content, seen, upload))


def drawn_again(content: bytes, kind: str) -> Image.Image:
    """What is published of it."""
    image = Image.open(BytesIO(made(content, kind)[-1].content))
    image.load()
    return image


# --- metadata --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", STANDING)
def test_nothing_of_the_camera_is_published(engine_blog: Blog, moment: Moment, kind: str) -> None:
    content = files.telling(kind, image=files.drawn(1000, 600))
    assert files.SECRET in content
    told = published(engine_blog, moment, content, TYPES[kind])
    assert told["state"] == "ready"
    assert len(in_bucket()) == 3
    for key in in_bucket():
        stored = objects.get(key)
        assert stored
        assert [part for part in TOLD if part in stored] == []
        image = Image.open(BytesIO(stored))
        assert not image.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & image.info.keys()


@pytest.mark.parametrize("kind", MOVING)
def test_what_moves_still_moves_and_tells_nothing(engine_blog: Blog, moment: Moment, kind: str) -> None:
    content = files.telling_and_moving(kind)
    assert files.SECRET in content
    told = published(engine_blog, moment, content, TYPES[kind])
    assert (told["state"], told["is_moving"], told["sizes"]) == ("ready", True, [])
    assert "-moving." in told["url"]
    stored = objects.get(f"media/{name_in(told)}")
    assert stored
    assert [part for part in TOLD if part in stored] == []
    before, after = (Image.open(BytesIO(one)) for one in (content, stored))
    assert after.n_frames == before.n_frames == 3
    for number in range(3):
        before.seek(number)
        after.seek(number)
        assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()
        assert after.info["duration"] == before.info["duration"]
    assert after.info["loop"] == 0


# --- upright ---------------------------------------------------------------------------------

CORNERS = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}
"""Where the left upper corner is to be seen, by orientation."""


@pytest.mark.parametrize("turn", CORNERS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_a_picture_is_turned_as_its_camera_was_held(kind: str, turn: int) -> None:
    content = files.telling(kind, turn)
    image = drawn_again(content, TYPES[kind]).convert("RGB")
    assert image.size == ((48, 64) if turn >= 5 else (64, 48))
    right, down = CORNERS[turn]
    for at_right in (0, 1):
        for at_bottom in (0, 1):
            red, _, blue = image.getpixel(
                (at_right * (image.width - 3) + 1, at_bottom * (image.height - 3) + 1)
            )  # type: ignore[misc]
            assert (red > blue) == ((at_right, at_bottom) == (right, down))


@given(st.binary(max_size=80))
def test_any_bytes_have_an_orientation(tiff: bytes) -> None:
    assert 1 <= orientation(b"II*\0" + tiff) <= 8
    assert 1 <= orientation(tiff) <= 8


# --- sizes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "final"),
    [
        ((1, 1), (1, 1)),
        ((4096, 4096), (4096, 4096)),
        ((4097, 3), (4096, 3)),
        ((6000, 3000), (4096, 2048)),
        ((30, 20_000), (6, 4096)),
        ((60_000, 1), (4096, 1)),
    ],
)
def test_a_picture_is_no_larger_than_a_page_can_use(size: tuple[int, int], final: tuple[int, int]) -> None:
    assert Seen("image/png", *size).final == final
    assert Seen("image/jpeg", *size, turn=6).final == final[::-1]
    assert drawn_again(files.saved(files.drawn(*size, "L"), "PNG"), "image/png").size == final


@pytest.mark.parametrize("kind", STANDING)
def test_sizes_are_what_their_names_say(kind: str) -> None:
    found = made(files.saved(files.drawn(1700, 1001), kind), TYPES[kind])
    assert [Image.open(BytesIO(one.content)).size for one in found] == [
        (480, 283), (960, 565), (1600, 942), (1700, 1001),
    ]  # fmt: skip
    assert [one.type for one in found] == ["image/webp"] * 3 + [TYPES[kind]]
    assert [Image.open(BytesIO(one.content)).format for one in found] == ["WEBP"] * 3 + [kind]


# --- colours ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pictures_of_every_mode_keep_their_look(mode: str) -> None:
    image = files.drawn(64, 48, mode) if mode != "I;16" else Image.new("I;16", (64, 48), 51_400)
    found = drawn_again(files.saved(image, "PNG"), "image/png").convert("RGB").getpixel((60, 40))
    wanted = image.convert("RGB").getpixel((60, 40)) if mode != "I;16" else (200, 200, 200)
    assert found == wanted


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "GIF"])
def test_what_can_be_seen_through_still_can(kind: str) -> None:
    image = Image.new("RGBA", (600, 30), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (0, 0, 300, 30))
    for one in made(files.saved(image, kind), TYPES[kind]):
        found = Image.open(BytesIO(one.content)).convert("RGBA")
        assert found.getpixel((found.width - 2, 5))[3] == 0  # type: ignore[index]
        assert found.getpixel((2, 5))[3] == 255  # type: ignore[index]


def test_inks_become_colours() -> None:
    image = drawn_again(files.saved(files.drawn().convert("CMYK"), "JPEG"), "image/jpeg")
    assert image.mode == "RGB"
    red, _, blue = image.getpixel((60, 40))  # type: ignore[misc]
    assert blue > red


def profile_of(space: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()  # type: ignore[arg-type]


def swapped() -> bytes:
    """A space in which what is called red is blue."""
    profile = profile_of("sRGB").replace("sRGB".encode("utf-16-be"), "BGRs".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_colours_of_another_space_are_brought_to_srgb(kind: str) -> None:
    how = {"lossless": True} if kind == "WEBP" else {}
    image = drawn_again(files.saved(files.drawn(), kind, icc_profile=swapped(), **how), TYPES[kind])
    red, _, blue = image.convert("RGB").getpixel((60, 40))  # type: ignore[misc]
    assert red > 150
    assert blue < 80
    assert "icc_profile" not in image.info


def test_a_profile_that_says_nothing_new_changes_nothing() -> None:
    for profile in (profile_of("LAB"), profile_of("sRGB"), b"nonsense"):
        image = drawn_again(files.png(icc_profile=profile), "image/png")
        assert image.convert("RGB").getpixel((60, 40)) == (30, 90, 200)
        assert "icc_profile" not in image.info


@pytest.mark.parametrize("kind", ["WEBP"])
def test_what_lost_nothing_loses_nothing(kind: str) -> None:
    image = files.drawn()
    found = drawn_again(files.saved(image, kind, lossless=True), TYPES[kind])
    assert found.convert("RGB").tobytes() == image.tobytes()


# --- whatever it is --------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_spoilt_files_are_taken_or_refused_and_nothing_else(kind: str, data: st.DataObject) -> None:
    content = bytearray(files.GOOD[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    sent = bytes(content)
    try:
        if KINDS[kind].is_picture:
            made(sent, kind)
        else:
            look_through(Stream([sent]), kind)
    except Problem as problem:
        assert problem.status in (413, 415, 422)  # noqa: PT017
        assert problem.detail  # noqa: PT017


@given(st.lists(st.binary(max_size=40), max_size=20), st.lists(st.integers(0, 50), max_size=30))
def test_a_stream_is_what_its_parts_are_together(chunks: list[bytes], steps: list[int]) -> None:
    whole, stream, at = b"".join(chunks), Stream([chunk for chunk in chunks if chunk]), 0
    for number, step in enumerate(steps):
        if number % 3 == 0:
            assert stream.peek(step) == whole[at : at + step]
        elif number % 3 == 1:
            assert stream.read(step) == whole[at : at + step]
            at = min(len(whole), at + step)
        else:
            assert stream.skip(step) == len(whole[at : at + step])
            at = min(len(whole), at + step)
    assert stream.finish() == len(whole)
    assert (stream.hash, stream.tail) == (hash_of(whole), whole[-2048:])


def test_the_longest_side_fits_every_name() -> None:
    assert LONGEST_SIDE <= 99_999
