"""The author's API for posts, as long as nothing goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.blog import Blog, Got
from tests.conftest import Moment

DOCUMENT = """---
title: From a file
slug: a-file
tags: [One, two]
summary: In short
status: unlisted
published_at: 2020-05-06T09:08:09+02:00
---

Some *text*.
"""


def change(blog: Blog, post: dict[str, Any], *, expect: int = 200, **fields: Any) -> dict[str, Any]:
    got = blog.api("PATCH", f"/api/posts/{post['id']}", **fields)
    assert got.status == expect, got.text
    return dict(got.json)


def stored(blog: Blog, post: dict[str, Any]) -> dict[str, Any]:
    return dict(blog.api("GET", f"/api/posts/{post['id']}").json)


def publish_document(blog: Blog, document: str) -> Got:
    headers = {"Authorization": f"Bearer {blog.token}", "Content-Type": "text/markdown; charset=utf-8"}
    return blog.send("POST", "/api/posts", body=document, headers=headers)


# --- creating --------------------------------------------------------------------------------


def test_a_post_is_created_with_its_address(blog: Blog) -> None:
    got = blog.api(
        "POST", "/api/posts", title="Hello", body="*Hi*", tags=["a", "B"], summary="s", slug="greeting"
    )
    assert got.status == 201
    post = got.json
    assert got.headers["location"] == f"/api/posts/{post['id']}"
    assert got.headers["etag"] == '"v1"'
    assert blog.api("GET", got.headers["location"]).json == {k: v for k, v in post.items() if k != "warnings"}
    shown = {name: post[name] for name in ("title", "body", "tags", "summary", "slug", "status", "version")}
    assert shown == {
        "title": "Hello",
        "body": "*Hi*",
        "tags": ["a", "B"],
        "summary": "s",
        "slug": "greeting",
        "status": "published",
        "version": 1,
    }
    assert "<em>Hi</em>" in post["html"]


def test_what_is_left_out_has_a_default(blog: Blog, moment: Moment) -> None:
    post = blog.api("POST", "/api/posts", body="Only a body, which gives the slug its words").json
    assert post["status"] == "published"
    assert post["title"] == ""
    assert post["tags"] == []
    assert post["summary"] == ""
    assert post["slug"] == "only-a-body-which-gives-the"
    assert post["published_at"] == post["created_at"] == moment.ahead()
    assert post["updated_at"] is None
    assert post["deleted_at"] is None


def test_a_document_has_its_fields_in_front(blog: Blog) -> None:
    post = publish_document(blog, DOCUMENT).json
    assert post["title"] == "From a file"
    assert post["slug"] == "a-file"
    assert post["tags"] == ["One", "two"]
    assert post["summary"] == "In short"
    assert post["status"] == "unlisted"
    assert post["published_at"] == "2020-05-06T07:08:09Z"
    assert post["body"] == "Some *text*.\n"


@pytest.mark.parametrize(
    ("document", "title", "body"),
    [
        ("Just *text*", "", "Just *text*"),
        ("\ufeff---\r\ntitle: x\r\n---\r\nText\r\n", "x", "Text\n"),
        ("---\ntitle: 2026\n---\nText", "2026", "Text"),
        ("---\ntitle: 2026-11-23\n---\nText", "2026-11-23", "Text"),
        ("---\ntitle: 12:30\n---\nText", "12:30", "Text"),
        ("---\ntitle: true\n---\nText", "true", "Text"),
        ("---\ntitle: x\nsummary:\n---\nText\n\n---\n\nmore", "x", "Text\n\n---\n\nmore"),
        ("---\n---\nText", "", "Text"),
        ("----\nText", "", "----\nText"),
    ],
)
def test_documents_of_several_kinds_are_read(engine_blog: Blog, document: str, title: str, body: str) -> None:
    post = publish_document(engine_blog, document).json
    assert (post["title"], post["body"]) == (title, body)


def test_a_document_changes_a_post_too(engine_blog: Blog) -> None:
    post = engine_blog.post("Before", "Old", tags=["kept"])
    headers = {"Authorization": f"Bearer {engine_blog.token}", "Content-Type": "text/markdown"}
    got = engine_blog.send(
        "PATCH", f"/api/posts/{post['id']}", body="---\ntitle: After\n---\nNew", headers=headers
    )
    assert (got.json["title"], got.json["body"], got.json["tags"]) == ("After", "New", ["kept"])


def test_thirty_tags_are_taken(engine_blog: Blog) -> None:
    tags = [f"t{number}" for number in range(30)]
    assert engine_blog.post(tags=tags)["tags"] == tags


def test_tags_that_differ_in_case_or_accents_are_one(engine_blog: Blog) -> None:
    assert engine_blog.post(tags=["Café", "cafe", "b", "CAFÉ", "B"])["tags"] == ["Café", "b"]


def test_the_longest_texts_that_are_allowed_are_taken(engine_blog: Blog) -> None:
    post = engine_blog.post("é" * 150, "word " * 39_000, summary="s" * 1000, slug="x" * 120)
    assert len(post["title"].encode()) == 300
    assert engine_blog.get(f"/posts/{post['slug']}").status == 200


# --- changing --------------------------------------------------------------------------------


def test_a_change_touches_only_what_was_sent(blog: Blog) -> None:
    post = blog.post("One", "Body", tags=["a"], summary="s")
    changed = change(blog, post, title="Two")
    same = [name for name in post if name not in ("title", "version", "updated_at")]
    assert {name: changed[name] for name in same} == {name: post[name] for name in same}
    assert (changed["title"], changed["version"]) == ("Two", 2)


def test_a_change_to_the_same_is_no_change(blog: Blog) -> None:
    post = blog.post("One", "Body", tags=["a"], summary="s")
    same = {
        name: post[name] for name in ("title", "body", "tags", "summary", "slug", "status", "published_at")
    }
    assert change(blog, post, **same) == post


@pytest.mark.parametrize(
    ("fields", "moves"),
    [
        ({"title": "New"}, True),
        ({"body": "New"}, True),
        ({"summary": "New"}, True),
        ({"tags": ["new"]}, False),
        ({"slug": "new"}, False),
        ({"status": "unlisted"}, False),
    ],
)
def test_updated_moves_only_when_content_does(
    engine_blog: Blog, moment: Moment, fields: dict[str, Any], *, moves: bool
) -> None:
    post = engine_blog.post()
    later = moment.forward(hours=1)
    changed = change(engine_blog, post, **fields)
    assert changed["updated_at"] == (later if moves else None)
    assert changed["published_at"] == post["published_at"]


def test_a_draft_that_is_changed_was_not_updated(engine_blog: Blog, moment: Moment) -> None:
    post = engine_blog.post(status="draft")
    moment.forward(hours=1)
    change(engine_blog, post, body="Better")
    later = moment.forward(hours=1)
    published = change(engine_blog, post, status="published")
    assert (published["published_at"], published["updated_at"]) == (later, None)


@pytest.mark.parametrize(
    "states", [["draft", "published"], ["unlisted", "published"], ["draft", "unlisted", "draft"]]
)
def test_first_published_never_changes(engine_blog: Blog, moment: Moment, states: list[str]) -> None:
    post = engine_blog.post()
    for status in states:
        moment.forward(days=1)
        assert change(engine_blog, post, status=status)["published_at"] == post["published_at"]
    refused = change(engine_blog, post, expect=422, published_at="2020-01-01")
    assert refused["errors"][0]["field"] == "published_at"
    assert stored(engine_blog, post)["published_at"] == post["published_at"]


def test_a_post_may_be_dated_back_until_it_is_public(engine_blog: Blog) -> None:
    post = engine_blog.post(status="draft")
    dated = change(engine_blog, post, status="published", published_at="2001-02-03T04:05:06+07:00")
    assert dated["published_at"] == "2001-02-02T21:05:06Z"


# --- deleting --------------------------------------------------------------------------------


def test_a_deleted_post_is_gone_and_comes_back(blog: Blog) -> None:
    post = blog.post("Here", "today")
    assert blog.api("DELETE", f"/api/posts/{post['id']}").status == 204
    assert blog.get("/posts/here").status == 410
    assert "Here" not in blog.get("/").text
    assert stored(blog, post)["status"] == "deleted"
    restored = change(blog, post, status="published")
    assert (restored["published_at"], restored["deleted_at"]) == (post["published_at"], None)
    assert blog.get("/posts/here").status == 200
    assert "Here" in blog.get("/").text


def test_a_deleted_post_is_changed_by_restoring_it_alone(engine_blog: Blog) -> None:
    post = engine_blog.post()
    engine_blog.api("DELETE", f"/api/posts/{post['id']}")
    assert "deleted" in change(engine_blog, post, expect=409, title="New")["detail"]
    assert change(engine_blog, post, title="New", status="draft")["title"] == "New"


def test_deleting_twice_is_deleting(engine_blog: Blog) -> None:
    post = engine_blog.post()
    assert [engine_blog.api("DELETE", f"/api/posts/{post['id']}").status for _ in range(2)] == [204, 204]
    assert stored(engine_blog, post)["version"] == 2


def test_a_deleted_draft_never_was(engine_blog: Blog) -> None:
    post = engine_blog.post(status="draft")
    engine_blog.api("DELETE", f"/api/posts/{post['id']}")
    assert engine_blog.get(f"/posts/{post['slug']}").status == 404


# --- If-Match --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("tag", "refused"),
    [('"v1"', False), ("*", False), ('"v2"', True), ('"v0"', True), ('W/"v1"', True)],
)
def test_if_match_guards_a_write(engine_blog: Blog, method: str, tag: str, *, refused: bool) -> None:
    post = engine_blog.post()
    fields = {"title": "New"} if method == "PATCH" else {}
    got = engine_blog.api(method, f"/api/posts/{post['id']}", _headers={"If-Match": tag}, **fields)
    assert (got.status == 412) is refused
    post.pop("warnings")
    assert (stored(engine_blog, post) == post) is refused


def test_the_etag_of_an_answer_is_what_if_match_takes(engine_blog: Blog) -> None:
    post = engine_blog.post()
    tag = engine_blog.api("GET", f"/api/posts/{post['id']}").headers["etag"]
    got = engine_blog.api("PATCH", f"/api/posts/{post['id']}", _headers={"If-Match": tag}, title="a")
    assert got.status == 200
    assert got.headers["etag"] != tag
    assert (
        engine_blog.api("PATCH", f"/api/posts/{post['id']}", _headers={"If-Match": tag}, title="b").status
        == 412
    )


# --- listing ---------------------------------------------------------------------------------


def pages(blog: Blog, state: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    at = f"/api/posts?status={state}&limit={limit}"
    target: str | None = at
    while target:
        got = blog.api("GET", target).json
        yield got["items"]
        target = f"{at}&cursor={got['cursor']}" if got["cursor"] else None


@pytest.mark.parametrize("state", ["published", "draft", "unlisted", "scheduled", "deleted"])
def test_pages_of_a_list_hold_every_post_once(engine_blog: Blog, moment: Moment, state: str) -> None:
    made = sorted(_in_state(engine_blog, moment, state, number) for number in range(6))
    for other in {"published", "draft", "unlisted"} - {state}:
        engine_blog.post("Another list", status=other)
    for limit in (1, 2, 3, 5, 6, 7):
        got = list(pages(engine_blog, state, limit))
        posts = [post for page in got for post in page]
        assert all(len(page) == limit for page in got[:-1])
        assert sorted(post["id"] for post in posts) == made
        times = [post["created_at" if state == "draft" else "published_at"] for post in posts]
        assert times == sorted(times, reverse=state != "scheduled")
        assert {post["status"] for post in posts} == {state}


def _in_state(blog: Blog, moment: Moment, state: str, number: int) -> str:
    """A post of a state; some share a second."""
    moment.forward(seconds=number // 2)
    time = {"published_at": moment.ahead(days=1)} if state == "scheduled" else {}
    post = blog.post(status=state if state in ("draft", "unlisted") else "published", **time)
    if state == "deleted":
        blog.api("DELETE", f"/api/posts/{post['id']}")
    return str(post["id"])


def test_a_list_is_of_published_posts_without_their_texts(blog: Blog) -> None:
    blog.post()
    blog.post(status="draft")
    (post,) = blog.api("GET", "/api/posts").json["items"]
    assert "body" not in post
    assert "html" not in post


def test_a_cursor_belongs_to_its_list(engine_blog: Blog) -> None:
    for status in ("published", "published", "draft", "draft"):
        engine_blog.post(status=status)
    mark = engine_blog.api("GET", "/api/posts?status=published&limit=1").json["cursor"]
    assert engine_blog.api("GET", f"/api/posts?status=published&cursor={mark}").status == 200
    for elsewhere in ("/api/posts?status=draft&cursor=", "/api/comments?cursor=", "/?after=", "/?before="):
        assert engine_blog.api("GET", elsewhere + mark).status == 400


@pytest.mark.parametrize(
    "change_mark",
    [
        lambda m: m[:-1],
        lambda m: "A" + m[1:],
        lambda m: m + "A",
        lambda m: m.partition(".")[0],
        lambda _: "",
        lambda _: "x.y",
    ],
)
def test_a_tampered_cursor_is_refused(engine_blog: Blog, change_mark: Any) -> None:
    engine_blog.post()
    engine_blog.post()
    mark = engine_blog.api("GET", "/api/posts?limit=1").json["cursor"]
    got = engine_blog.api("GET", f"/api/posts?cursor={change_mark(mark)}")
    assert got.status == 400
    assert "cursor" in got.json["detail"]


def test_front_matter_alone_changes_its_fields_and_not_the_text(engine_blog: Blog) -> None:
    post = engine_blog.post("Old", "The text.")
    headers = {"Authorization": f"Bearer {engine_blog.token}", "Content-Type": "text/markdown"}
    got = engine_blog.send(
        "PATCH", f"/api/posts/{post['id']}", body="---\ntitle: New\n---\n", headers=headers
    )
    assert (got.json["title"], got.json["body"]) == ("New", "The text.")


@pytest.mark.parametrize("title", ["\u202e\u200b", "\u3164", "\u2800"])
def test_a_title_that_nobody_sees_is_refused(engine_blog: Blog, title: str) -> None:
    assert engine_blog.api("POST", "/api/posts", title=title, body="b").status == 422
