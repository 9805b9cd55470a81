"""The site's settings, and the secret that signs."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.settings.actions import current_site, forget_site, rotate_secret
from tests import page
from tests.blog import Blog
from tests.conftest import unmake_site
from tests.faults import Faults, at_once, lost_reply


def change(blog: Blog, expect: int = 200, **fields: Any) -> Any:
    got = blog.api("PATCH", "/api/settings", **fields)
    assert got.status == expect, got.text
    return got.json


def test_a_new_blog_has_settings(blog: Blog) -> None:
    unmake_site()
    got = blog.api("GET", "/api/settings")
    assert got.json == {
        "title": "A new blog",
        "description": "",
        "author": "The author",
        "language": "en",
        "posts_per_page": 10,
        "time_zone": "UTC",
        "links": [],
        "navigation": [],
        "author_picture": "",
        "author_picture_alt": "",
        "author_biography": "",
        "image": "",
        "icon": "",
        "theme": "",
        "style": {},
        "comments_open": True,
        "comments_close_days": 0,
        "comments_hold": "all",
        "comments_edit_minutes": 15,
        "comments_honeypot": True,
        "comments_form_seconds": 3,
        "comments_form_hours": 24,
        "comments_per_minute": 2,
        "comments_per_day": 50,
        "comments_hold_links": 2,
        "comments_hold_duplicates": True,
        "held_words": [],
        "spam_words": [],
        "likes_open": True,
        "likes_per_network": 10,
        "author_email": "",
        "mail_readers": True,
        "mail_published": True,
        "revisions_kept": 100,
        "hsts_subdomains": False,
        "hsts_preload": False,
        "version": 1,
    }
    assert got.headers["etag"] == '"v1"'


def test_changed_settings_show_at_once(blog: Blog) -> None:
    blog.get("/")
    change(blog, title="Letters <home>", description="From here", author="Parker", language="pt-BR")
    home = blog.get("/").text
    assert page.words(next(page.parse(home).iter("h1"))) == "Letters <home>"
    assert '<html lang="pt-BR"' in home
    assert "From here" in home
    assert "Parker" in home


@pytest.mark.parametrize("count", [1, 3, 50])
def test_home_shows_as_many_posts_as_wanted(engine_blog: Blog, count: int) -> None:
    change(engine_blog, posts_per_page=count)
    for number in range(4):
        engine_blog.post(f"Post {number}")
    assert engine_blog.get("/").text.count("<article") == min(count, 4)


def test_secrets_are_not_among_the_settings(engine_blog: Blog) -> None:
    assert "secret" not in engine_blog.api("GET", "/api/settings").text


def test_a_change_may_name_its_version(blog: Blog) -> None:
    tag = {"If-Match": '"v1"'}
    assert blog.api("PATCH", "/api/settings", _headers=tag, title="One").status == 200
    assert blog.api("PATCH", "/api/settings", _headers=tag, title="Two").status == 412
    assert blog.api("GET", "/api/settings").json["title"] == "One"


def test_changes_at_once_all_land(engine_blog: Blog) -> None:
    fields = [{"title": "New"}, {"author": "New"}, {"description": "New"}]
    at_once([lambda sent=sent: change(engine_blog, **sent) for sent in fields])
    got = engine_blog.api("GET", "/api/settings").json
    assert (got["title"], got["author"], got["description"], got["version"]) == ("New", "New", "New", 4)


def test_a_scheduled_post_survives_a_change_of_settings(engine_blog: Blog) -> None:
    post = engine_blog.post("Soon", published_at="2999-01-01")
    change(engine_blog, title="New")
    forget_site()
    assert list(current_site().coming) == [post["id"]]


# --- the signing secret ----------------------------------------------------------------------


def test_the_secret_is_random_and_made_once(engine_blog: Blog) -> None:
    forget_site()
    table.write(table.Delete(("SITE", "-")))

    def made() -> bytes:
        forget_site()
        return current_site().secrets[0]

    (secret,) = set(at_once([made] * 6))
    assert len(secret) == 32


def test_what_was_signed_outlives_one_rotation_and_not_two(blog: Blog) -> None:
    for number in range(2):
        blog.post(f"Post {number}")
    mine = blog.form("/posts/post-1/comments", name="Ann", body="Mine").headers["location"]
    cursor = blog.api("GET", "/api/posts?limit=1").json["cursor"]
    expected = [(200, 200), (200, 200), (404, 400)]
    for private, listed in expected:
        assert (blog.get(mine).status, blog.api("GET", f"/api/posts?cursor={cursor}").status) == (
            private,
            listed,
        )
        rotate_secret()


def test_a_rotation_changes_what_signs(engine_blog: Blog) -> None:
    before = current_site().secrets
    rotate_secret()
    after = current_site().secrets
    assert after[1:] == before[:1]
    assert after[0] not in before


def test_a_rotation_whose_reply_was_lost_is_one(engine_blog: Blog, faults: Faults) -> None:
    before = current_site().secrets
    faults.on("UpdateItem", lost_reply())
    rotate_secret()
    assert current_site().secrets[1:] == before


def test_a_change_whose_reply_was_lost_is_not_a_lost_race(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.api("GET", "/api/settings")
    faults.on("UpdateItem", lost_reply())
    assert engine_blog.api("PATCH", "/api/settings", _headers={"If-Match": '"v1"'}, title="New").status == 200
