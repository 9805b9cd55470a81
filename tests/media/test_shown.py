"""Uploaded pictures in settings and posts come out at the origin that serves them."""

from __future__ import annotations

import json

import pytest

from chalicelib.core.pictures import served
from tests import page
from tests.blog import Blog
from tests.conftest import MEDIA, Moment
from tests.media import files
from tests.media.desk import published

NAME = f"{'8a3c' * 8}-1200x900.jpg"
SMALL = f"{'8a3c' * 8}-1200x900.480.webp"
ICON = f"/media/{'8a3c' * 8}-512x512.png"

pytestmark = pytest.mark.usefixtures("moment")


def test_the_authors_picture_is_shown_small_and_told_whole(blog: Blog) -> None:
    assert blog.api("PATCH", "/api/settings", author_picture=f"/media/{NAME}").status == 200
    blog.post("Open")
    author = blog.get("/author").text
    assert f'src="{MEDIA}/{SMALL}"' in author
    assert 'width="100" height="100"' in author
    assert f'"image":"{MEDIA}/{NAME}"' in author.replace('": "', '":"')
    for target in ("/", "/posts/open", "/author"):
        shown = blog.get(target).text
        assert f"{MEDIA}/{SMALL}" in shown
        assert '"/media/' not in shown
    for feed in ("/feed.atom", "/feed.json"):
        assert "/media/8a3c" not in blog.get(feed).text.replace(MEDIA, "")
    assert f"{MEDIA}/{NAME}" in json.dumps(blog.get("/feed.json").json)


def test_link_cards_show_uploaded_pictures(blog: Blog) -> None:
    blog.api("PATCH", "/api/settings", image=f"/media/{NAME}")
    blog.post("Plain")
    other = NAME.replace("8a3c", "9b4d")
    blog.post("Own", image=f"/media/{other}", image_alt="A boat")
    assert f'og:image" content="{MEDIA}/{NAME}"' in blog.get("/posts/plain").text
    assert f'og:image" content="{MEDIA}/{other}"' in blog.get("/posts/own").text
    assert f'og:image" content="{MEDIA}/{NAME}"' in blog.get("/").text
    assert f"{MEDIA}/{other}" in json.dumps(blog.get("/feed.json").json)


@pytest.mark.parametrize(
    ("url", "width", "shown"),
    [
        (f"/media/{NAME}", 0, f"{MEDIA}/{NAME}"),
        (f"/media/{NAME}", 480, f"{MEDIA}/{SMALL}"),
        (f"/media/{NAME}", 481, f"{MEDIA}/{SMALL.replace('480', '960')}"),
        (f"/media/{NAME}", 5000, f"{MEDIA}/{NAME}"),
        ("/me.jpg", 300, "/me.jpg"),
        ("/media/me.jpg", 300, "/media/me.jpg"),
        ("https://elsewhere.example/me.jpg", 300, "https://elsewhere.example/me.jpg"),
        ("", 300, ""),
    ],
)
def test_a_picture_is_served_where_and_as_wide_as_it_is_wanted(
    blog: Blog, url: str, width: int, shown: str
) -> None:
    assert served(url, width) == shown


def test_an_icon_is_for_home_screens(blog: Blog) -> None:
    assert "apple-touch-icon" not in blog.get("/").text
    assert blog.api("PATCH", "/api/settings", icon=ICON).status == 200
    address = f"{MEDIA}/{ICON.rpartition('/')[2]}"
    assert f'<link rel="apple-touch-icon" href="{address}">' in blog.get("/").text
    first, *others = blog.get("/manifest.webmanifest").json["icons"]
    assert first == {"src": address, "sizes": "512x512", "type": "image/png", "purpose": "any"}
    assert len(others) == 2
    assert blog.api("PATCH", "/api/settings", icon="").status == 200
    assert "apple-touch-icon" not in blog.get("/").text


@pytest.mark.parametrize(
    "icon",
    [
        "/icon.png",
        f"/media/{NAME}",
        ICON.replace("512x512", "512x500"),
        ICON.replace("512x512", "179x179"),
        ICON.replace(".png", ".jpg"),
        f"https://elsewhere.example{ICON}",
    ],
)
def test_an_icon_is_a_square_png_of_this_blog(blog: Blog, icon: str) -> None:
    got = blog.api("PATCH", "/api/settings", icon=icon)
    assert got.status == 422
    assert "square PNG" in got.json["detail"]


def test_what_an_upload_answers_fits_the_settings(blog: Blog, moment: Moment) -> None:
    told = published(blog, moment, files.png(256, 256), "image/png")
    path = told["markdown"].partition("(")[2].rstrip(")")
    assert blog.api("PATCH", "/api/settings", icon=path, author_picture=path, image=path).status == 200
    assert told["url"] in page.addresses(blog.get("/").text)
