"""The icon of any title, and the manifest."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from chalicelib.feeds.icons import icon, initial, short_name
from chalicelib.settings.model import LOOK, Site
from tests.blog import Blog

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("title", "letter"),
    [
        ("letters", "L"),
        ("«Über»", "Ü"),
        ("e\u0301t\u00e9", "E\u0301"),
        ("1984", "1"),
        ("مدونة", "م"),
        ("हिन्दी", "हि"),
        ("漢字", "漢"),
        ("\U0001f30d World", "\U0001f30d"),
        ("❤️ You", "❤️"),
        ("\U0001f469\U0001f3fd\u200d\U0001f680 x", "\U0001f469\U0001f3fd\u200d\U0001f680"),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", "\U0001f1e9\U0001f1ea"),
        ("\U0001f1e9", "\U0001f1e9"),
        ("a^2", "A"),
        ("z" + "\u0300" * 50, "Z" + "\u0300" * 11),
        ("<script>", "S"),
        ("&<>\"'", ""),
        ("!?… —", ""),
        ("", ""),
    ],
)
def test_the_icon_shows_the_first_letter(title: str, letter: str) -> None:
    assert initial(title) == letter
    drawn = ET.fromstring(icon(Site(title=title)))
    assert drawn.tag == f"{SVG}svg"
    assert [text.text for text in drawn.iter(f"{SVG}text")] == ([letter] if letter else [])
    assert len(list(drawn.iter(f"{SVG}path"))) == (0 if letter else 1)


def test_the_icon_wears_the_colours_of_the_blog() -> None:
    assert LOOK["accent"][0] in icon(Site())
    dressed = icon(Site(style={"accent": "#123456", "paper": "#fedcba"}))
    assert '<rect width="64" height="64" fill="#123456"/>' in dressed
    assert 'fill="#fedcba"' in dressed


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Letters", "Letters"),
        ("Letters from here", "Letters from"),
        ("Extraordinarily long", "Extraordinarily"),
        ("A b c d e f g h", "A b c d e f"),
    ],
)
def test_a_short_name_is_made_of_whole_words(title: str, short: str) -> None:
    assert short_name(title) == short


def test_the_icon_is_an_image_that_other_origins_may_show(engine_blog: Blog) -> None:
    got = engine_blog.get("/icon.svg")
    assert got.headers["content-type"] == "image/svg+xml"
    assert got.headers["cross-origin-resource-policy"] == "cross-origin"
    assert got.headers["cache-control"] == "public, max-age=3600"
    engine_blog.api("PATCH", "/api/settings", title="Zebra")
    again = engine_blog.get("/icon.svg", If_None_Match=got.headers["etag"])
    assert again.status == 200
    assert ">Z</text>" in again.text


def test_the_manifest_says_what_the_blog_is(engine_blog: Blog) -> None:
    settings = {
        "title": "مدونة </script>",
        "description": "d",
        "language": "ar",
        "style": {"paper": "#ffffee"},
    }
    assert engine_blog.api("PATCH", "/api/settings", **settings).status == 200
    got = engine_blog.get("/manifest.webmanifest")
    assert got.headers["content-type"] == "application/manifest+json"
    drawn = {"src": "/icon.svg", "sizes": "any", "type": "image/svg+xml"}
    assert got.json == {
        "id": "/",
        "name": "مدونة </script>",
        "short_name": "مدونة",
        "description": "d",
        "lang": "ar",
        "dir": "rtl",
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "theme_color": "#ffffee",
        "background_color": "#ffffee",
        "icons": [{**drawn, "purpose": "any"}, {**drawn, "purpose": "maskable"}],
    }
    assert engine_blog.get(drawn["src"]).status == 200


def test_the_stage_stands_before_what_the_manifest_names() -> None:
    from chalicelib.feeds.icons import manifest

    made = manifest(Site(), "/blog", "/blog/icon.svg")
    assert [made[name] for name in ("id", "start_url", "scope")] == ["/blog/"] * 3
