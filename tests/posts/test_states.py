"""Every state and every change, and what readers see: the tables of docs/api.md, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.blog import Blog, Got
from tests.conftest import Moment

API = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
CHANGES = ("draft", "published", "to come", "unlisted", "DELETE")
SCHEDULED_FOR = "2026-11-24T12:00:00Z"
"""A day after the clocks of these tests; what is moved there is moved to a day later."""
MOVED_TO = "2026-11-25T12:00:00Z"


def table() -> dict[str, dict[str, str]]:
    """{state: {change: what the documentation says of it}}."""
    section = API.split("\n### States\n")[1].split("\n### ")[0]
    lines = section.split("| from |")[1].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name: dict(zip(CHANGES, cells, strict=True)) for name, *cells in rows}


def patch(blog: Blog, post: dict[str, Any], **fields: Any) -> Got:
    return blog.api("PATCH", f"/api/posts/{post['id']}", **fields)


def delete(blog: Blog, post: dict[str, Any]) -> Got:
    return blog.api("DELETE", f"/api/posts/{post['id']}")


def read(blog: Blog, post: dict[str, Any]) -> dict[str, Any]:
    return dict(blog.api("GET", f"/api/posts/{post['id']}").json)


def made(blog: Blog, state: str) -> dict[str, Any]:
    """A post in a state of the table."""
    if state == "scheduled":
        return blog.post("Post", published_at=SCHEDULED_FOR)
    post = blog.post("Post", status="draft" if "never public" in state else "published")
    if state == "unlisted":
        patch(blog, post, status="unlisted")
    elif state == "draft that was public":
        patch(blog, post, status="draft")
    elif state.startswith("deleted"):
        delete(blog, post)
    return post


def change(blog: Blog, post: dict[str, Any], what: str) -> Got:
    if what == "DELETE":
        return delete(blog, post)
    if what == "to come":
        return patch(blog, post, status="published", published_at=MOVED_TO)
    return patch(blog, post, status=what)


TABLE = table()


def test_the_table_is_whole() -> None:
    assert len(TABLE) == 7
    assert {"scheduled", "published", "unlisted"} < TABLE.keys()


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("state", TABLE)
def test_what_becomes_of_a_post(blog: Blog, moment: Moment, state: str, what: str) -> None:
    said = TABLE[state][what]
    post = made(blog, state)
    before = read(blog, post)
    moment.forward(hours=1)
    got = change(blog, post, what)
    after = read(blog, post)
    if said == "422":
        assert (got.status, after) == (422, before)
        return
    assert got.status in (200, 204), got.text
    assert after["status"] == said.partition(",")[0]
    if before["published_at"] and (what != "to come" and said != "unlisted, now"):
        assert after["published_at"] == before["published_at"]
    elif what == "to come":
        assert after["published_at"] == MOVED_TO
    elif after["status"] in ("published", "unlisted"):
        assert after["published_at"] == moment.ahead()
    assert (after["deleted_at"] is not None) == (after["status"] == "deleted")


@pytest.mark.parametrize("state", [state for state in TABLE if state.startswith("deleted")])
def test_a_deleted_post_takes_nothing_but_a_status(engine_blog: Blog, state: str) -> None:
    post = made(engine_blog, state)
    for fields in ({"title": "New"}, {"type": "page"}, {"pinned": True}, {"slug": "new"}):
        assert patch(engine_blog, post, **fields).status == 409
    assert patch(engine_blog, post, status="draft", title="New").json["title"] == "New"


# --- clocks ----------------------------------------------------------------------------------


def test_a_post_that_is_a_draft_for_a_while_keeps_when_it_was_first_public(
    blog: Blog, moment: Moment
) -> None:
    post = blog.post("Post")
    for status in ("draft", "unlisted", "draft", "published"):
        moment.forward(days=1)
        assert patch(blog, post, status=status).json["published_at"] == post["published_at"]


@pytest.mark.parametrize(
    ("moves", "comes_out"),
    [
        (["2026-11-23T18:00:00Z"], "2026-11-23T18:00:00Z"),
        ([MOVED_TO, "2026-11-23T13:00:00Z"], "2026-11-23T13:00:00Z"),
        ([MOVED_TO], MOVED_TO),
        (["2026-11-23T12:00:00Z"], "2026-11-23T12:00:00Z"),
        (["2020-02-29T23:59:59+14:00"], "2020-02-29T09:59:59Z"),
    ],
)
def test_a_scheduled_post_is_moved(blog: Blog, moment: Moment, moves: list[str], comes_out: str) -> None:
    post = blog.post("Post", published_at=SCHEDULED_FOR)
    for at in moves:
        got = patch(blog, post, published_at=at)
        assert got.status == 200
    assert got.json["published_at"] == comes_out
    out = datetime.fromisoformat(comes_out)
    if out > moment.now:
        moment.forward(seconds=(out - moment.now).total_seconds() - 1)
        assert blog.get("/posts/post").status == 404
        moment.forward(seconds=1)
    assert blog.get("/posts/post").status == 200
    assert patch(blog, post, published_at="2027-01-01T00:00:00Z").status == 422


@pytest.mark.parametrize("status", ["draft", "published", "unlisted"])
def test_a_post_loses_the_time_that_it_waited_for(blog: Blog, moment: Moment, status: str) -> None:
    post = blog.post("Post", published_at=SCHEDULED_FOR)
    refused = patch(blog, post, published_at=None)
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "published_at")
    moment.forward(hours=1)
    got = patch(blog, post, status=status, published_at=None).json
    assert got["published_at"] == (None if status == "draft" else moment.ahead())
    moment.forward(hours=48)
    if status == "draft":
        assert blog.get("/posts/post").status == 404
        assert patch(blog, post, status="published").json["published_at"] == moment.ahead()
    assert blog.get("/posts/post").status == 200
    assert patch(blog, post, published_at=None).status == 422


def test_what_was_read_of_a_draft_can_be_sent_back(blog: Blog) -> None:
    post = blog.post("Post", status="draft")
    assert post["published_at"] is None
    assert patch(blog, post, status="draft", published_at=None).json["version"] == post["version"]


@pytest.mark.parametrize("restored_after", [1, 30])
def test_a_scheduled_post_is_deleted_and_restored(blog: Blog, moment: Moment, restored_after: int) -> None:
    post = blog.post("Post", published_at=SCHEDULED_FOR)
    delete(blog, post)
    moment.forward(hours=restored_after)
    # What nobody has ever read is not gone, it never was.
    assert blog.get("/posts/post").status == 404
    restored = patch(blog, post, status="published").json
    assert restored["published_at"] == SCHEDULED_FOR
    assert restored["status"] == ("scheduled" if restored_after < 24 else "published")
    assert blog.get("/posts/post").status == (404 if restored_after < 24 else 200)
    moment.forward(hours=24)
    assert blog.get("/posts/post").status == 200


@pytest.mark.parametrize(
    ("zone", "date", "begins"),
    [
        ("Europe/Berlin", "2027-03-28", "2027-03-27T23:00:00Z"),
        ("Europe/Berlin", "2027-03-29", "2027-03-28T22:00:00Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"),
        ("Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00Z"),
        # Midnight does not exist there on that day.
        ("Africa/Cairo", "2027-04-30", "2027-04-29T22:00:00Z"),
        ("UTC", "2028-02-29", "2028-02-29T00:00:00Z"),
        ("Pacific/Kiritimati", "2024-02-29", "2024-02-28T10:00:00Z"),
        ("UTC", "9998-12-31", "9998-12-31T00:00:00Z"),
        ("Asia/Tokyo", "1001-01-01", None),
    ],
)
def test_a_date_is_a_day_by_the_blogs_clocks(
    engine_blog: Blog, zone: str, date: str, begins: str | None
) -> None:
    engine_blog.api("PATCH", "/api/settings", time_zone=zone)
    post = engine_blog.post("Post", published_at=date)
    assert begins in (None, post["published_at"])
    listed = engine_blog.api("GET", "/api/posts?status=scheduled").json["items"]
    if post["status"] == "scheduled":
        assert [one["id"] for one in listed] == [post["id"]]
        assert engine_blog.get("/posts/post").status == 404
    else:
        assert engine_blog.get("/posts/post").status == 200
        assert engine_blog.get(f"/archive/{date[:4]}/{date[5:7]}").status == 200
        assert engine_blog.get(f"/sitemaps/{date[:7]}.xml").status == 200


@pytest.mark.parametrize(
    "at", ["9999-01-01T00:00:00Z", "9999-12-31", "1000-12-31", "2027-02-29", "2026-13-01"]
)
@pytest.mark.parametrize("field", ["published_at", "comments_close_at"])
def test_a_time_that_no_clock_shows_is_refused(engine_blog: Blog, field: str, at: str) -> None:
    got = engine_blog.api("POST", "/api/posts", title="A", **{field: at})
    assert (got.status, got.json["errors"][0]["field"]) == (422, field)


def test_a_post_becomes_a_page_and_a_post_again(blog: Blog) -> None:
    post = blog.post("Post", tags=["tag"], pinned=True)
    patch(blog, post, type="page")
    assert (blog.get("/post").status, blog.get("/posts/post").headers["location"]) == (200, "/post")
    assert "Some words." not in blog.get("/").text + blog.get("/feed.json").text
    assert blog.get("/tags/tag").status == 404
    patch(blog, post, type="post")
    assert (blog.get("/posts/post").status, blog.get("/post").headers["location"]) == (200, "/posts/post")
    assert "Pinned" in blog.get("/").text


# --- what readers see ------------------------------------------------------------------------

MARK = "qmarkerq"
STAGES: dict[str, list[dict[str, Any]]] = {
    "published": [{"status": "published"}],
    "unlisted": [{"status": "unlisted"}],
    "scheduled": [{"status": "published", "published_at": SCHEDULED_FOR}],
    "draft": [{"status": "draft"}],
    "deleted": [{}],
}
OWN = ("", "/comments", "/comments/{reply}", "/likes", "/reply", "/comments/feed.atom", "/comments/feed.json")
SHARED = (
    "/",
    "/tags",
    f"/tags/{MARK}",
    "/tags/shared",
    "/series",
    f"/series/{MARK}",
    "/archive",
    "/archive/2026",
    "/archive/2026/11",
    "/feed.atom",
    "/feed.rss",
    "/feed.json",
    f"/tags/{MARK}/feed.atom",
    "/tags/shared/feed.json",
    "/comments/feed.atom",
    "/sitemap.xml",
    "/sitemaps/2026-11.xml",
    "/sitemaps/pages.xml",
    "/author",
    "/subscribe",
    "/posts/beside",
    "/posts/beside/comments",
)
TELLS = {
    "/",
    f"/tags/{MARK}",
    "/tags/shared",
    f"/series/{MARK}",
    "/archive/2026",
    "/archive/2026/11",
    "/tags",
}
TELLS |= {
    "/series",
    "/feed.atom",
    "/feed.rss",
    "/feed.json",
    f"/tags/{MARK}/feed.atom",
    "/sitemaps/2026-11.xml",
}
TELLS |= {"/tags/shared/feed.json", "/author", "/posts/beside"}
"""Shared addresses that must name a published post; `/comments/feed.atom` does once it has a reply."""


def shared(blog: Blog) -> Iterator[tuple[str, bool]]:
    """(address, whether it tells anything of the post)."""
    for path in SHARED:
        yield path, MARK in blog.get(path).text.replace(f'href="{path}"', "")


def check(blog: Blog, post: dict[str, Any], state: str, reply: str, *, was_public: bool) -> None:
    told = {path for path, tells in shared(blog) if tells and MARK not in path}
    told |= {path for path in SHARED if MARK in path and blog.get(path).status == 200}
    if state != "published":
        assert told == set()
    else:
        assert told == TELLS | ({"/comments/feed.atom"} if reply else set())
    is_open = state in ("published", "unlisted")
    gone = 410 if state == "deleted" and was_public else 404
    for part in OWN:
        if "{reply}" in part and not reply:
            continue
        got = blog.get(f"/posts/{post['slug']}{part.format(reply=reply)}")
        assert got.status == (200 if is_open else gone), (part, state)
        assert (MARK in got.text) == is_open, (part, state)
    for path in ("comments", "likes"):
        sent = blog.form(f"/posts/{post['slug']}/{path}", name="Ann", body="x", preview="yes")
        assert sent.status == (gone if not is_open else 200 if path == "comments" else 303)
    noindex = '<meta name="robots" content="noindex">' in blog.get(f"/posts/{post['slug']}").text
    assert noindex == (state != "published")


@pytest.mark.parametrize("first", STAGES)
def test_what_readers_see_in_every_state_and_after_every_change(
    engine_blog: Blog, moment: Moment, first: str
) -> None:
    """From each state to each other one, as far as that is possible, and back."""
    blog = engine_blog
    blog.post("Beside", tags=["shared"], published_at="2026-11-20T12:00:00Z")
    for number, second in enumerate(STAGES):
        common = {"tags": [MARK, "shared"], "series": MARK, "slug": f"{MARK}-{number}"}
        begun = {"status": "draft"} if first in ("draft", "deleted") else STAGES[first][0]
        post = blog.post(f"{MARK} {number}", f"{MARK} text.", **common, **begun)
        if first == "deleted":
            delete(blog, post)
        was_public, state, reply = first in ("published", "unlisted"), first, ""
        check(blog, post, state, reply, was_public=was_public)
        if was_public:
            reply = blog.reply(post["slug"], f"{MARK} reply").partition(".")[2]
            check(blog, post, state, reply, was_public=was_public)
        for following in (second, first):
            if following == "scheduled" and was_public:
                continue
            fields = STAGES[following][0]
            got = patch(blog, post, **fields) if fields else delete(blog, post)
            if got.status == 422:
                continue
            assert got.status in (200, 204), got.text
            state = read(blog, post)["status"]
            was_public |= state in ("published", "unlisted")
            check(
                blog, post, state, reply if state in ("published", "unlisted") else "", was_public=was_public
            )
        if state == "scheduled":
            moment.forward(days=2)
            check(blog, post, "published", "", was_public=True)
            moment.forward(days=-2)
        delete(blog, post)


def test_neighbours_and_series_name_only_what_can_be_read(engine_blog: Blog, moment: Moment) -> None:
    one = engine_blog.post("One", series="Set")
    two = engine_blog.post("Two", series="Set", published_at=moment.ahead(hours=1))
    named = lambda: bool(re.search(r"/posts/two\b", engine_blog.get("/posts/one").text))  # noqa: E731
    assert not named()
    moment.forward(hours=1)
    assert named()
    for status in ("draft", "published", "unlisted", "published"):
        patch(engine_blog, two, status=status)
        assert named() == (status == "published")
    delete(engine_blog, one)
    assert "/posts/one" not in engine_blog.get("/posts/two").text
