"""What the author is told of a text that is taken all the same, and where the files of a text are shown."""

from __future__ import annotations

import json
import re

from tests.blog import Blog
from tests.conftest import MEDIA

STEM = f"{'8a3c' * 8}-2000x1500"
SHOWN = f"{MEDIA}/{STEM}.1600.webp"
IMAGE = f"![The harbour](/media/{STEM}.jpg)"


def test_a_new_post_comes_with_what_its_author_may_want_to_mend(blog: Blog) -> None:
    post = blog.post(body="a\n\n![](/b.png)\n\n$\\b$")
    assert [(warned["code"], warned["line"]) for warned in post["warnings"]] == [
        ("image-without-alt", 3),
        ("formula-as-code", 5),
    ]
    assert post["warnings"][0]["message"].startswith("Line 3: The image “/b.png” has no alternative text")


def test_a_text_in_order_has_no_warnings(blog: Blog) -> None:
    post = blog.post(body="a")
    assert post["warnings"] == []
    at = f"/api/posts/{post['id']}"
    assert blog.api("PATCH", at, body="![](/b.png)").json["warnings"][0]["code"] == "image-without-alt"
    # What was not sent again was told before.
    assert blog.api("PATCH", at, tags=["c"]).json["warnings"] == []
    assert "warnings" not in blog.api("GET", at).json


def test_a_token_that_cannot_read_is_told_as_well(blog: Blog) -> None:
    token = blog.api("POST", "/api/tokens", name="b", scopes=["create"]).json["token"]
    got = blog.api(
        "POST", "/api/posts", _headers={"Authorization": f"Bearer {token}"}, title="a", body="![](/b.png)"
    )
    assert [warned["code"] for warned in got.json["warnings"]] == ["image-without-alt"]


def test_files_come_from_their_origin_wherever_a_text_is_shown(blog: Blog) -> None:
    post = blog.post(slug="a", body=f"{IMAGE}\n\n[A paper](/media/{'8a3c' * 8}.pdf)")
    places = {
        "page": blog.get("/posts/a").text,
        "atom": blog.get("/feed.atom").text,
        "rss": blog.get("/feed.rss").text,
        "json": json.dumps(blog.get("/feed.json").json),
        "api": json.dumps(blog.api("GET", f"/api/posts/{post['id']}").json["html"]),
    }
    for place, shown in places.items():
        assert SHOWN in shown, place
        assert f"{MEDIA}/{STEM}.480.webp 480w, {MEDIA}/" in shown, place
        assert f"{MEDIA}/{'8a3c' * 8}.pdf" in shown, place
        assert '"/media/' not in shown, place
        assert not re.search(r"(?<!example\.org)/media/", shown.replace("\\/", "/")), place


def test_link_cards_show_the_first_picture_from_its_origin(blog: Blog) -> None:
    blog.post(slug="a", body=IMAGE)
    page = blog.get("/posts/a").text
    assert f'property="og:image" content="{SHOWN}"' in page
    assert f'"image":"{SHOWN}"' in page.replace('": "', '":"').replace("\\/", "/")
    assert blog.get("/feed.json").json["items"][0]["image"] == SHOWN


def test_pictures_that_are_chosen_come_from_their_origin(blog: Blog) -> None:
    assert blog.api("PATCH", "/api/settings", author_picture=f"/media/{STEM}.jpg").status == 200
    blog.post(slug="a", image=f"/media/{STEM}.jpg", image_alt="b")
    page = blog.get("/posts/a").text
    assert f'property="og:image" content="{MEDIA}/{STEM}.jpg"' in page
    assert f'class="u-photo" src="{MEDIA}/{STEM}.' in page
    assert f"{MEDIA}/{STEM}.jpg" in blog.get("/author").text
    assert "/media/8a3c" not in page.replace(f"{MEDIA}/", "")


def test_readers_may_load_films_and_sounds(blog: Blog) -> None:
    assert f"media-src {MEDIA}" in blog.get("/").headers["content-security-policy"]
