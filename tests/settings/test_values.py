"""What each setting may be, and what it is then."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.problems import TooLarge
from chalicelib.settings.model import SETTINGS
from tests.blog import Blog

LINK = {"label": "Elsewhere", "url": "https://elsewhere.example/@me"}
VALID: dict[str, list[Any]] = {
    "title": ["A", "Ünïcode ✉", "x" * 200],
    "description": ["", "é" * 250],
    "author": ["A", "x" * 100],
    "language": ["en", "pt-BR", "zh-Hant-TW"],
    "posts_per_page": [1, 50],
    "time_zone": [
        "UTC",
        "Europe/Berlin",
        "America/Argentina/Buenos_Aires",
        "Etc/GMT+5",
        "America/Port-au-Prince",
    ],
    "links": [
        [],
        [LINK],
        [LINK] * 20,
        [{"label": "Mail", "url": "mailto:me@example.com"}],
        [{"label": "Old", "url": "http://example.com:8080/a?b=c#d"}],
        [{"label": "Far", "url": "https://bücher.example/größe"}],
        [{"label": "Query", "url": "https://example.com?x=1"}],
    ],
    "navigation": [
        [],
        [{"label": "Home", "url": "/"}],
        [{"label": "About", "url": "/about?x=1#y"}, LINK],
        [{"label": "عني", "url": "/عني"}],
    ],
    "author_picture": ["", "https://example.com/me.jpg", "/media/me.jpg"],
    "author_picture_alt": ["", "The author at sea"],
    "mail_published": [True, False],
    "author_biography": ["", "One line.\nAnother.", "é" * 1000],
    "image": ["", "https://example.com/card.png", "/card.png"],
    "icon": ["", f"/media/{'8a3c' * 8}-180x180.png"],
    "theme": ["", "ledger"],
    "style": [
        {},
        {"accent": "#0b5f8a", "accent_dark": "#86c5ea"},
        {"font": "Inter"},
        {"font": "\"Gill Sans\", 'Segoe UI', system-ui, sans-serif"},
        {"measure": "28rem"},
        {"measure": "45rem"},
        {"measure": "37.25rem"},
        {"line": "#ffffff"},
    ],
    "comments_open": [True, False],
    "comments_close_days": [0, 3650],
    "comments_hold": ["all", "first", "none"],
    "comments_edit_minutes": [0, 10_080],
    "comments_honeypot": [True, False],
    "comments_form_seconds": [0, 600],
    "comments_form_hours": [0, 720],
    "comments_per_minute": [0, 1000],
    "comments_per_day": [0, 1000],
    "comments_hold_links": [0, 1000],
    "comments_hold_duplicates": [True, False],
    "held_words": [[], ["casino"], ["カジノ", "spam.example", "two words"]],
    "spam_words": [[], ["x" * 100]],
    "likes_open": [True, False],
    "likes_per_network": [0, 1000],
    "author_email": ["", "ann@example.com", "Ann.O'Neil+blog@mail.example.com", "ann@xn--fsqu00a.xn--55qx5d"],
    "mail_readers": [True, False],
    "revisions_kept": [0, 10_000],
    "hsts_subdomains": [True, False],
    "hsts_preload": [False],
}
WRONG: dict[str, list[tuple[Any, str]]] = {
    "title": [("", "must not be empty"), (None, "must be text"), ("a\nb", "single line")],
    "description": [(7, "must be text")],
    "author": [("", "must not be empty")],
    "language": [
        ("english language", "BCP 47"),
        ("", "BCP 47"),
        ('en" onload="x', "BCP 47"),
        ("e", "BCP 47"),
    ],
    "posts_per_page": [(n, "from 1 to 50") for n in (0, 51, "10", True, 1.5)],
    "time_zone": [
        ("", "such as Europe/Berlin"),
        ("Berlin", "such as Europe/Berlin"),
        ("europe/berlin", "such as Europe/Berlin"),
        ("Europe/Berlim", "such as Europe/Berlin"),
        ("new york", "such as America/New_York"),
        ("CEST", "time zone"),
        ("+02:00", "time zone"),
        ("Europe", "time zone"),
        ("localtime", "time zone"),
        ("posix/Europe/Berlin", "such as Europe/Berlin"),
        ("../../etc/passwd", "time zone"),
        ("/etc/localtime", "time zone"),
        ("Europe/../Europe/Berlin", "time zone"),
        (2, "must be text"),
    ],
    "links": [
        (LINK, "must be a list of objects"),
        (["https://example.com"], "entry 1 must be an object"),
        ([LINK] * 21, "21 entries; at most 20"),
        ([LINK, {"label": "A"}], "entry 2 lacks “url”"),
        ([{"url": LINK["url"]}], "entry 1 lacks “label”"),
        ([{**LINK, "rel": "me"}], "entry 1 has “rel”, which is not among its fields: label, url"),
        ([{**LINK, "label": ""}], "entry 1 has a wrong “label”: it must not be empty"),
        ([{**LINK, "label": "x" * 61}], "“label”: it is too long"),
        (
            [{**LINK, "url": "/about"}],
            "entry 1 has a wrong “url”: it must be an address that begins with https://",
        ),
        *(
            ([{**LINK, "url": url}], "“url”: it must be an address")
            for url in (
                "",
                "javascript:alert(1)",
                "JavaScript:alert(1)",
                "data:text/html,x",
                "//example.com",
                "https:example.com",
                "https://",
                "https:///path",
                "https://me:secret@example.com",
                "https://exa mple.com",
                'https://example.com/"><script>',
                "https://example.com\\@evil.example",
                "ftp://example.com",
                "mailto:",
                "mailto:me",
                "mailto:me@example.com?bcc=all@example.com",
            )
        ),
    ],
    "navigation": [
        *(
            ([{**LINK, "url": url}], "or a path on the blog")
            for url in (
                "about",
                "",
                "//evil.example",
                "/\\evil.example",
                "/a b",
                "javascript:1",
                "#top",
                "/<x>",
            )
        ),
    ],
    "author_picture": [
        (url, "must be an https:// address or a path on the blog")
        for url in ("http://example.com/me.jpg", "//example.com/me.jpg", "me.jpg", "data:image/png;base64,AA")
    ],
    "author_picture_alt": [("a\nb", "single line")],
    "mail_published": [("yes", "must be true or false")],
    "author_biography": [("a\x00", "control character"), ("> " * 900, "author_biography")],
    "image": [("http://example.com/card.png", "https://"), ("mailto:me@example.com", "https://")],
    "icon": [("/icon.png", "square PNG"), (f"/media/{'8a3c' * 8}-99x99.png", "180 pixels")],
    "theme": [
        ("../assets", "must be the name of a folder"),
        ("Ledger", "must be the name of a folder"),
        ("nowhere", "must be a folder of templates/themes (ledger), or empty"),
    ],
    "style": [
        ([], "must be an object"),
        ({"colour": "#000000"}, "has “colour”, which is not among its fields: paper"),
        *(
            ({"accent": colour}, "has a wrong “accent”: it must be a colour such as #0b5f8a")
            for colour in ("red", "#fff", "#00000g", "#0b5f8", "rgb(0,0,0)", "")
        ),
        ({"accent": "#0b5f8a; } body { display: none"}, "must be a colour"),
        ({"accent": "x" * 41}, "too long"),
        *(
            ({"font": font}, "“font”: it must be names of fonts")
            for font in (
                "",
                "a;b",
                "a}",
                "url(x)",
                '"a',
                "'a\"",
                "a,,b",
                "3x",
                "a, inherit",
                "unset",
                "var(--x)",
            )
        ),
        *(
            ({"measure": width}, "from 28rem to 45rem")
            for width in ("27.9rem", "45.01rem", "37", "37em", "400rem")
        ),
        ({"measure": 37}, "must be text"),
        ({"accent": "#cccccc"}, "“accent” on “paper” has a contrast of 1.5; 4.5 is needed."),
    ],
    "comments_open": [(value, "must be true or false") for value in (1, "true", None)],
    "comments_close_days": [(value, "from 0 to 3,650") for value in (-1, 3651, "3", False)],
    "comments_hold": [(value, "must be one of all, first, none") for value in ("", "some", None, 1)],
    "comments_edit_minutes": [(value, "from 0 to 10,080") for value in (-1, 10_081, "3", False)],
    "comments_honeypot": [(1, "must be true or false")],
    "comments_form_seconds": [(value, "from 0 to 600") for value in (-1, 601)],
    "comments_form_hours": [(value, "from 0 to 720") for value in (-1, 721)],
    "comments_per_minute": [(value, "from 0 to 1,000") for value in (-1, 1001)],
    "comments_per_day": [(value, "from 0 to 1,000") for value in (-1, 1001)],
    "comments_hold_links": [(value, "from 0 to 1,000") for value in (-1, 1001)],
    "comments_hold_duplicates": [(0, "must be true or false")],
    "held_words": [
        ("casino", "must be a list of texts"),
        ([""], "must not be empty"),
        ([1], "must be text"),
        (["x" * 101], "is too long"),
        (["x"] * 1001, "at most 1000"),
    ],
    "spam_words": [(None, "must be a list of texts")],
    "likes_open": [(0, "must be true or false")],
    "likes_per_network": [(value, "from 0 to 1,000") for value in (-1, 1001)],
    "author_email": [
        *(
            (address, "is not an e-mail address")
            for address in (
                "ann",
                "a@b",
                "@example.com",
                "a@b@example.com",
                "a b@example.com",
                "a@exa mple.com",
                "a@-example.com",
                "a@127.0.0.1",
                "a@example.com\u00ad",
                "a@exam\u200bple.com",
                "a\ufe0f@example.com",
                f"a@{'x' * 64}.com",
            )
        ),
        ("用户@例子.公司", "has letters before the @"),
        ("аnn@example.com", "has letters before the @"),
    ],
    "mail_readers": [("yes", "must be true or false")],
    "revisions_kept": [(value, "from 0 to 10,000") for value in (-1, 10_001)],
    "hsts_subdomains": [(1, "must be true or false")],
    "hsts_preload": [("yes", "must be true or false"), (True, "needs “hsts_subdomains”")],
}
TOO_LONG = {
    "title": "x" * 201,
    "description": "é" * 251,
    "author": "é" * 51,
    "author_biography": "é" * 1001,
    "author_picture": "/" + "x" * 500,
    "author_picture_alt": "é" * 151,
    "image": "/" + "x" * 500,
}


def test_no_setting_is_left_out() -> None:
    assert list(VALID) == list(WRONG)
    assert set(VALID) == SETTINGS.names


@pytest.mark.parametrize("name", VALID)
def test_what_was_set_is_what_is_read(engine_blog: Blog, name: str) -> None:
    for value in VALID[name]:
        got = engine_blog.api("PATCH", "/api/settings", **{name: value})
        assert (got.status, got.json[name]) == (200, value), got.text
        assert engine_blog.api("GET", "/api/settings").json == got.json


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_with_its_remedy(engine_blog: Blog, name: str) -> None:
    before = engine_blog.api("GET", "/api/settings").json
    for value, says in WRONG[name]:
        got = engine_blog.api("PATCH", "/api/settings", **{name: value})
        assert got.status == (413 if "is too long" in says or "is too long" in got.text else 422), (
            value,
            got.text,
        )
        (error,) = got.json["errors"]
        assert error["field"] == name
        assert error["detail"].startswith(f"“{name}” ") or name in ("style", "hsts_preload")
        assert says in error["detail"], value
    assert engine_blog.api("GET", "/api/settings").json == before


@pytest.mark.parametrize(("name", "value"), TOO_LONG.items())
def test_limits_are_bytes(name: str, value: str) -> None:
    with pytest.raises(TooLarge, match="bytes"):
        SETTINGS.read({name: value})


@pytest.mark.parametrize("name", ["secrets", "version", "coming", "pages", "pinned", "mark", "schema", "pk"])
def test_nothing_else_can_be_set(engine_blog: Blog, name: str) -> None:
    before = engine_blog.api("GET", "/api/settings").json
    got = engine_blog.api("PATCH", "/api/settings", **{name: {}})
    assert [error["field"] for error in got.json["errors"]] == [name]
    assert engine_blog.api("GET", "/api/settings").json == before


def test_every_wrong_setting_is_named_at_once(engine_blog: Blog) -> None:
    got = engine_blog.api("PATCH", "/api/settings", theme="nowhere", hsts_preload=True)
    assert [error["field"] for error in got.json["errors"]] == ["theme", "hsts_preload"]


def test_preload_stands_on_subdomains(engine_blog: Blog) -> None:
    both = {"hsts_subdomains": True, "hsts_preload": True}
    assert engine_blog.api("PATCH", "/api/settings", **both).status == 200
    got = engine_blog.api("PATCH", "/api/settings", hsts_subdomains=False)
    assert (got.status, got.json["errors"][0]["field"]) == (422, "hsts_subdomains")
    assert engine_blog.api("PATCH", "/api/settings", title="Other").status == 200


def test_colours_are_told_from_each_other_by_one_spelling() -> None:
    assert SETTINGS.read({"style": {"line": "#ABCDEF"}}) == {"style": {"line": "#abcdef"}}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one@vｉctims.example", "one@victims.example"),
        ("one@VICTIMS.Example", "one@victims.example"),
        ("one@victims。example", "one@victims.example"),
        ("one@victims.example.", "one@victims.example"),
        ("One＠victims.example", "One@victims.example"),
        ("ｏｎｅ@victims.example", "one@victims.example"),
        ("ann@例子.公司", "ann@xn--fsqu00a.xn--55qx5d"),
        ("ann@Bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@bu\u0308cher.example", "ann@xn--bcher-kva.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),
    ],
)
def test_an_address_has_one_form_however_it_is_typed(typed: str, kept: str) -> None:
    assert SETTINGS.read({"author_email": typed}) == {"author_email": kept}
    assert SETTINGS.read({"author_email": kept}) == {"author_email": kept}
