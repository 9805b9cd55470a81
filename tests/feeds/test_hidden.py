"""What is not public is in no feed, no part of the sitemap, and none of their headers."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.core.table import Put
from chalicelib.posts import store as post_store
from tests.blog import Blog
from tests.conftest import Moment
from tests.feeds.formats import FORMATS, fetch

SECRET = "unseen7"
FILLED = {
    "title": f"{SECRET} title",
    "body": f"{SECRET} body",
    "summary": f"{SECRET} summary",
    "tags": [SECRET, "seen"],
    "slug": SECRET,
}
KINDS = ["draft", "scheduled", "unlisted", "deleted", "withdrawn", "page"]
STEMS = ["/feed", "/comments/feed", "/tags/seen/feed"]
MAPS = ["/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/2026-11.xml", "/sitemaps/2026-11-23.xml"]
PLAIN = ["/robots.txt", "/manifest.webmanifest", "/icon.svg"]


def hide(blog: Blog, moment: Moment, kind: str) -> dict[str, Any]:
    """A post with a reply, then as it is to be."""
    post = blog.post(**FILLED)
    blog.reply(SECRET, f"{SECRET} reply", name=SECRET)
    moment.forward(minutes=1)
    changes: dict[str, Any] = {"status": "draft"} if kind in ("draft", "scheduled", "withdrawn") else {}
    changes |= {"status": "unlisted"} if kind == "unlisted" else {}
    changes |= {"type": "page"} if kind == "page" else {}
    if changes:
        assert blog.api("PATCH", f"/api/posts/{post['id']}", **changes).status == 200
    if kind == "deleted":
        blog.api("DELETE", f"/api/posts/{post['id']}")
    if kind == "scheduled":
        fields = {**FILLED, "slug": f"{SECRET}-2", "published_at": moment.ahead(minutes=10)}
        assert blog.api("POST", "/api/posts", **fields).status == 201
    return post


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_posts_and_replies_to_them_are_nowhere(engine_blog: Blog, moment: Moment, kind: str) -> None:
    engine_blog.post("Seen", tags=["seen"])
    hide(engine_blog, moment, kind)
    moment.forward(minutes=1)
    targets = [*(f"{stem}.{end}" for stem in STEMS for end in FORMATS), *MAPS, *PLAIN]
    for target in targets:
        got = engine_blog.get(target)
        assert got.status == 200, target
        if not (kind == "page" and target == "/sitemaps/pages.xml"):
            assert SECRET not in (got.text + str(got.headers)).lower(), target
        assert SECRET not in str(engine_blog.send("HEAD", target).headers).lower()


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_posts_have_no_feeds(engine_blog: Blog, moment: Moment, kind: str) -> None:
    hide(engine_blog, moment, kind)
    moment.forward(minutes=1)
    for end in FORMATS:
        assert engine_blog.get(f"/tags/{SECRET}/feed.{end}").status == 404
        got = engine_blog.get(f"/posts/{SECRET}/comments/feed.{end}", Accept="application/json")
        # An unlisted post is read by whoever knows its address, and so are its replies.
        assert got.status == {"unlisted": 200, "deleted": 410}.get(kind, 404)
        if kind != "unlisted":
            assert f"{SECRET} " not in got.text


@pytest.mark.parametrize("status", ["pending", "spam", "deleted"])
def test_hidden_replies_are_in_no_feed(engine_blog: Blog, moment: Moment, status: str) -> None:
    engine_blog.post("Open")
    engine_blog.reply("open", "Seen")
    for once_approved in (False, True):
        hidden = engine_blog.reply("open", SECRET, approve=once_approved, name=SECRET, email=f"{SECRET}@a.example", website=f"https://{SECRET}.example")  # fmt: skip
        engine_blog.api("PATCH", f"/api/comments/{hidden}", status=status)
    moment.forward(minutes=1)
    for stem in ("/comments/feed", "/posts/open/comments/feed"):
        for end in FORMATS:
            assert len(fetch(engine_blog, stem, end).items) == 1
            assert SECRET not in engine_blog.get(f"{stem}.{end}").text


def test_a_reply_to_what_is_still_to_come_is_in_no_feed(engine_blog: Blog, moment: Moment) -> None:
    """No request leads there, but an import might."""
    engine_blog.post("Open")
    engine_blog.reply("open")
    item = table.get(post_store.card_key("open"))
    assert item is not None
    table.write(Put({**item, "published_at": moment.ahead(days=1)}))
    assert fetch(engine_blog, "/comments/feed", "json").items == []


@pytest.mark.parametrize("end", FORMATS)
def test_an_address_for_mail_is_never_shown(engine_blog: Blog, end: str) -> None:
    engine_blog.post("Open")
    engine_blog.reply("open", "Seen", email="ann@private.example")
    for stem in ("/comments/feed", "/posts/open/comments/feed"):
        assert "private.example" not in engine_blog.get(f"{stem}.{end}").text


def test_a_scheduled_post_appears_by_itself(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Later", tags=["seen"], published_at=moment.ahead(seconds=30))
    for stem in ("/feed", "/tags/seen/feed"):
        got = engine_blog.get(f"{stem}.json")
        assert "Later" not in got.text
    assert engine_blog.get("/feed.json").headers["cache-control"].startswith("public, max-age=30")
    tag = engine_blog.get("/feed.atom").headers["etag"]
    moment.forward(seconds=31)
    assert fetch(engine_blog, "/feed", "json").titles == ["Later"]
    assert fetch(engine_blog, "/tags/seen/feed", "rss").titles == ["Later"]
    assert engine_blog.get("/feed.atom", If_None_Match=tag).status == 200
