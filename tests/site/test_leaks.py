"""What is not public stands on no public page, in no header, and under no address."""

from __future__ import annotations

from typing import Any

import pytest

from tests import page
from tests.blog import Blog, Got
from tests.conftest import Moment

SECRET = "UNSEEN7"
FILLED = {
    "title": f"{SECRET} title",
    "body": f"{SECRET} body",
    "summary": f"{SECRET} summary",
    "tags": [SECRET],
    "slug": "unseen7",
}


def reachable(blog: Blog, *starts: str) -> dict[str, Got]:
    """Every page that links lead to, each with its HEAD."""
    found: dict[str, Got] = {}
    rest = ["/", *starts]
    while rest:
        target = rest.pop()
        if target in found or not target.startswith("/"):
            continue
        found[target] = blog.get(target)
        found[f"HEAD {target}"] = blog.send("HEAD", target)
        if found[target].headers["content-type"].startswith("text/html"):
            rest += [address.partition("#")[0] for address in page.addresses(found[target].text)]
    return found


def assert_hidden(blog: Blog, *starts: str) -> None:
    for target, got in reachable(blog, *starts).items():
        assert SECRET.lower() not in (got.text + str(got.headers)).lower(), target


def hidden_post(blog: Blog, moment: Moment, kind: str) -> dict[str, Any]:
    fields: dict[str, Any] = {**FILLED}
    if kind == "scheduled":
        fields["published_at"] = moment.ahead(minutes=1)
    elif kind in ("draft", "unlisted"):
        fields["status"] = kind
    post = blog.post(**fields)
    if kind == "deleted":
        blog.api("DELETE", f"/api/posts/{post['id']}")
    if kind == "withdrawn":
        blog.api("PATCH", f"/api/posts/{post['id']}", status="draft")
    return post


@pytest.mark.parametrize("kind", ["draft", "scheduled", "deleted", "withdrawn", "unlisted"])
def test_hidden_posts_are_on_no_page(blog: Blog, moment: Moment, kind: str) -> None:
    for number in range(3):
        blog.post(f"Post {number}")
    hidden_post(blog, moment, kind)
    blog.api("PATCH", "/api/settings", posts_per_page=2)
    assert_hidden(blog, "/posts/post-0")
    assert len(reachable(blog)) > 8


@pytest.mark.parametrize("kind", ["draft", "scheduled", "deleted", "withdrawn"])
def test_hidden_posts_are_under_no_address(engine_blog: Blog, moment: Moment, kind: str) -> None:
    post = hidden_post(engine_blog, moment, kind)
    for target in ("", "/", "/comments", f"/comments/{post['id']}"):
        for accept in ("text/html", "application/json"):
            got = engine_blog.get(f"/posts/unseen7{target}", Accept=accept)
            assert got.status == (410 if kind == "deleted" else 404)
            assert SECRET not in got.text + str(got.headers)
    for target in (f"/posts/{post['id']}", f"/api/posts/{post['id']}"):
        assert SECRET not in engine_blog.get(target).text


def test_an_unlisted_post_is_read_at_its_own_address(engine_blog: Blog, moment: Moment) -> None:
    hidden_post(engine_blog, moment, "unlisted")
    assert SECRET in engine_blog.get("/posts/unseen7").text


def test_an_older_address_tells_nothing_of_a_hidden_post(engine_blog: Blog) -> None:
    post = engine_blog.post("Plain")
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", **FILLED, status="draft")
    got = engine_blog.get("/posts/plain")
    assert got.status == 404
    assert_hidden(engine_blog, "/posts/plain", "/posts/plain/comments")


@pytest.mark.parametrize("status", ["draft", "deleted"])
def test_a_private_page_tells_nothing_of_a_hidden_post(engine_blog: Blog, status: str) -> None:
    post = engine_blog.post("Plain")
    mine = engine_blog.form("/posts/plain/comments", name="Ann", body="b").headers["location"]
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", **FILLED, status="draft")
    if status == "deleted":
        engine_blog.api("DELETE", f"/api/posts/{post['id']}")
    assert SECRET not in engine_blog.get(mine).text


@pytest.mark.parametrize("status", ["pending", "spam", "deleted"])
def test_hidden_comments_are_on_no_page(blog: Blog, status: str) -> None:
    blog.post("Open")
    seen = blog.reply("open", "Seen")
    for once_approved in (False, True):
        comment = blog.reply(
            "open",
            f"{SECRET} {once_approved}",
            approve=once_approved,
            name=SECRET,
            email=f"{SECRET}@example.org",
            website=f"https://{SECRET}.example",
            parent=seen.partition(".")[2],
        )
        if once_approved:
            blog.reply("open", "An answer", parent=comment.partition(".")[2])
        blog.api("PATCH", f"/api/comments/{comment}", status=status)
        assert_hidden(
            blog, "/posts/open", "/posts/open/comments", f"/posts/open/comments/{comment.partition('.')[2]}"
        )
    assert page.replies(blog.get("/posts/open").text)[-1].words


def test_a_private_address_is_on_no_page(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    mine = engine_blog.form("/posts/open/comments", name="Ann", body="b").headers["location"]
    assert mine not in reachable(engine_blog, "/posts/open", "/posts/open/comments")


@pytest.mark.parametrize("kind", ["draft", "scheduled", "deleted"])
def test_tags_of_public_posts_open_no_hidden_one(engine_blog: Blog, moment: Moment, kind: str) -> None:
    """ETags are made of counters, and a hidden post's may stand where a public one's stood."""
    hidden_post(engine_blog, moment, kind)
    seen = engine_blog.post("Seen", slug="seen")
    tags = []
    for number in range(6):
        tags.append(engine_blog.get("/posts/seen").headers["etag"])
        engine_blog.api("PATCH", f"/api/posts/{seen['id']}", body=f"Text {number}")
    for target in ("", "/comments", "/comments/feed.atom"):
        plain = engine_blog.get(f"/posts/unseen7{target}").status
        asked = engine_blog.get(f"/posts/unseen7{target}", If_None_Match=", ".join([*tags, "*"])).status
        assert (plain, asked) in [(404, 404), (410, 410)]
