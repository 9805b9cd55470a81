"""Readers that ask again: 304 after one small read, and 200 after every change that can be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Faults

FEEDS = ["/feed.atom", "/feed.rss", "/feed.json", "/tags/a/feed.atom"]
REPLIES = ["/comments/feed.atom", "/comments/feed.json", "/posts/open/comments/feed.rss"]
MAPS = ["/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/2026-11.xml"]
ALL = [*FEEDS, *REPLIES, *MAPS]


@pytest.fixture
def settled(engine_blog: Blog, moment: Moment) -> Blog:
    """A blog in which nothing has changed for a while."""
    engine_blog.post("Open", tags=["a"])
    engine_blog.reply("open", "First")
    moment.forward(minutes=1)
    engine_blog.get("/feed.atom")
    return engine_blog


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_good_copy_costs_one_small_read(settled: Blog, faults: Faults, method: str) -> None:
    for target in ALL:
        got = settled.get(target)
        kept = {"If-None-Match": got.headers["etag"]}, {"If-Modified-Since": got.headers["last-modified"]}
        for sent in kept:
            faults.clear()
            again = settled.send(method, target, headers=sent)
            assert (again.status, again.text) == (304, ""), target
            assert faults.calls == ["Query"], target
            for name in ("etag", "last-modified", "cache-control", "cross-origin-resource-policy"):
                assert again.headers[name] == got.headers[name]


def test_each_feed_costs_the_same_whatever_there_is(settled: Blog, faults: Faults) -> None:
    for number in range(25):
        settled.post(f"Post {number}", tags=["a"])
    cost = {}
    for target in ALL:
        faults.clear()
        settled.get(target)
        cost[target] = faults.calls
    assert cost == {
        "/feed.atom": ["Query", "Query", "BatchGetItem"],
        "/feed.rss": ["Query", "Query", "BatchGetItem"],
        "/feed.json": ["Query", "Query", "BatchGetItem"],
        "/tags/a/feed.atom": ["Query", "Query", "BatchGetItem", "BatchGetItem"],
        "/comments/feed.atom": ["Query", "Query", "BatchGetItem"],
        "/comments/feed.json": ["Query", "Query", "BatchGetItem"],
        "/posts/open/comments/feed.rss": ["Query", "GetItem", "Query"],
        "/sitemap.xml": ["Query", "Query"],
        "/sitemaps/pages.xml": ["Query"],
        "/sitemaps/2026-11.xml": ["Query", "Query"],
    }


def test_a_head_says_what_a_get_says(settled: Blog) -> None:
    for target in [*ALL, "/robots.txt", "/manifest.webmanifest", "/icon.svg"]:
        got, head = settled.get(target), settled.send("HEAD", target)
        assert (head.status, head.text) == (200, "")
        passing = {"x-request-id", "x-amzn-requestid"}
        assert {**head.headers, **dict.fromkeys(passing, "")} == {**got.headers, **dict.fromkeys(passing, "")}


def edited(blog: Blog) -> None:
    post = blog.api("GET", "/api/posts").json["items"][0]
    assert blog.api("PATCH", f"/api/posts/{post['id']}", title="Another").status == 200


def tagged(blog: Blog) -> None:
    post = blog.api("GET", "/api/posts").json["items"][0]
    assert blog.api("PATCH", f"/api/posts/{post['id']}", tags=["a", "b"]).status == 200


def withdrawn(blog: Blog) -> None:
    blog.api("PATCH", f"/api/comments/{blog.api('GET', '/api/comments?status=approved').json['items'][0]['id']}", status="spam")  # fmt: skip


CHANGES: dict[str, tuple[Callable[[Blog], object], list[str]]] = {
    "a new post": (lambda blog: blog.post("New", tags=["a"]), [*FEEDS, *MAPS]),
    "an edit": (edited, [*FEEDS, *REPLIES]),
    "a tag": (tagged, FEEDS),
    "a reply": (lambda blog: blog.reply("open", "Second"), REPLIES),
    "a reply by the author": (lambda blog: blog.api("POST", "/posts/open/comments", body="b"), REPLIES),
    "a reply taken out": (withdrawn, REPLIES),
    "the title of the blog": (lambda blog: blog.api("PATCH", "/api/settings", title="T"), [*FEEDS, *REPLIES]),
    "a static page": (lambda blog: blog.post("About", type="page"), ["/sitemaps/pages.xml"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_at_once_and_later(settled: Blog, moment: Moment, change: str) -> None:
    make, changed = CHANGES[change]
    before = {target: settled.get(target) for target in changed}
    make(settled)
    for _ in ("at once", "later"):
        for target, got in before.items():
            for sent in ({"If-None-Match": got.headers["etag"]}, {"If-Modified-Since": got.headers["last-modified"]}):  # fmt: skip
                again = settled.send("GET", target, headers=sent)
                assert again.status == 200, (target, sent)
                assert again.text != got.text or target == "/sitemap.xml"
        moment.forward(minutes=1)


def test_what_nobody_can_see_changes_nothing(settled: Blog, moment: Moment) -> None:
    before = {target: settled.get(target).headers["etag"] for target in ALL}
    settled.post("Draft", status="draft")
    hidden = settled.post("Unlisted", status="unlisted")
    settled.api("PATCH", f"/api/posts/{hidden['id']}", title="Another")
    settled.reply("open", "Pending", approve=False)
    moment.forward(minutes=1)
    assert {target: settled.get(target).headers["etag"] for target in ALL} == before


@pytest.mark.parametrize("kind", ["post", "page"])
def test_what_is_still_to_come_changes_nothing_until_then(settled: Blog, moment: Moment, kind: str) -> None:
    before = {target: settled.get(target).headers for target in ALL}
    settled.post("Coming", type=kind, pinned=kind == "post", published_at=moment.ahead(minutes=3), tags=["a"])
    settled.get("/feed.atom")
    moment.forward(minutes=1)
    known = ("etag", "last-modified")
    for target, headers in before.items():
        again = settled.get(target).headers
        assert [again[name] for name in known] == [headers[name] for name in known], target
    moment.forward(minutes=3)
    assert settled.get("/feed.atom").headers["etag"] != before["/feed.atom"]["etag"]


def test_the_replies_to_an_unlisted_post_follow_its_title(settled: Blog, moment: Moment) -> None:
    post = settled.post("Unlisted", status="unlisted")
    moment.forward(minutes=1)
    target = "/posts/unlisted/comments/feed.atom"
    before = settled.get(target)
    assert settled.get(target, If_None_Match=before.headers["etag"]).status == 304
    settled.api("PATCH", f"/api/posts/{post['id']}", title="Another")
    moment.forward(minutes=1)
    again = settled.get(target, If_None_Match=before.headers["etag"])
    assert (again.status, "Another" in again.text) == (200, True)


@pytest.mark.parametrize("hide", ["draft", "delete", "scheduled"])
def test_no_date_tells_of_a_hidden_post(settled: Blog, moment: Moment, hide: str) -> None:
    """What was never there answers like this too."""
    later = {"published_at": moment.ahead(days=9)} if hide == "scheduled" else {}
    post = settled.post("Hidden", status="published" if later or hide == "delete" else hide, **later)
    if hide == "delete":
        settled.api("DELETE", f"/api/posts/{post['id']}")
    target = "/posts/hidden/comments/feed.atom"
    got = settled.get(target, If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT")
    assert got.status == (410 if hide == "delete" else 404)


@pytest.mark.parametrize("target", ["/robots.txt", "/manifest.webmanifest", "/icon.svg"])
def test_what_is_made_of_the_settings_costs_nothing(settled: Blog, faults: Faults, target: str) -> None:
    faults.clear()
    got = settled.get(target)
    assert got.status == 200
    assert settled.get(target, If_None_Match=got.headers["etag"]).status == 304
    assert faults.calls == []
