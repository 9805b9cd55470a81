"""Slugs: unique without a race, and followed by whoever knows an older one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.blog import Blog
from tests.faults import at_once


def rename(blog: Blog, post: dict[str, Any], slug: str, expect: int = 200) -> Any:
    got = blog.api("PATCH", f"/api/posts/{post['id']}", slug=slug)
    assert got.status == expect, got.text
    return got.json


@pytest.mark.parametrize(
    "title", ["Hello", "Καλημέρα", "Привет", "你好", "مرحبا", "🎉", "", "हिन्दी", "x" * 300]
)
def test_a_title_in_any_script_gives_an_address(blog: Blog, title: str) -> None:
    post = blog.post(title, "🎉")
    assert post["url"].endswith(f"/posts/{quote(post['slug'])}")
    assert blog.get(f"/posts/{quote(post['slug'])}").status == 200
    assert f'href="/posts/{quote(post["slug"])}"' in blog.get("/").text


def test_a_taken_slug_is_numbered(blog: Blog) -> None:
    slugs = [blog.post("Same")["slug"] for _ in range(7)]
    assert slugs[:5] == ["same", "same-2", "same-3", "same-4", "same-5"]
    assert len(set(slugs)) == 7


def test_a_slug_that_was_asked_for_and_is_taken_is_refused(blog: Blog) -> None:
    blog.post(slug="mine")
    got = blog.api("POST", "/api/posts", body="b", slug="mine")
    assert got.status == 409
    assert "“mine” is taken" in got.json["detail"]


@pytest.mark.parametrize("status", ["draft", "unlisted"])
def test_posts_that_nobody_sees_take_slugs_too(engine_blog: Blog, status: str) -> None:
    engine_blog.post(slug="mine", status=status)
    assert engine_blog.api("POST", "/api/posts", body="b", slug="mine").status == 409


def test_of_eight_that_ask_for_a_slug_at_once_one_gets_it(engine_blog: Blog) -> None:
    for number in range(3):
        statuses = [
            got.status
            for got in at_once(
                [lambda: engine_blog.api("POST", "/api/posts", body="b", slug=f"s{number}")] * 8
            )
        ]
        assert sorted(statuses) == [201] + [409] * 7


def test_eight_of_the_same_title_at_once_get_a_slug_each(engine_blog: Blog) -> None:
    posts = at_once([lambda: engine_blog.post("Same")] * 8)
    assert len({post["slug"] for post in posts}) == 8


def test_of_two_that_rename_to_the_same_slug_one_gets_it(engine_blog: Blog) -> None:
    posts = [
        engine_blog.post(f"Post {number}", status=status)
        for number, status in enumerate(("draft", "published") * 2)
    ]
    tasks = [
        lambda post=post: engine_blog.api("PATCH", f"/api/posts/{post['id']}", slug="goal").status
        for post in posts
    ]
    assert sorted(at_once(tasks)) == [200, 409, 409, 409]


def test_every_older_slug_leads_to_the_newest_in_one_step(blog: Blog) -> None:
    post = blog.post("A")
    for slug in ("b", "c", "d"):
        rename(blog, post, slug)
    for old in "abc":
        got = blog.get(f"/posts/{old}")
        assert (got.status, got.headers["location"]) == (301, "/posts/d")
    assert blog.get("/posts/d").status == 200


def test_a_slug_may_be_taken_back(blog: Blog) -> None:
    post = blog.post("A")
    for slug in ("b", "a", "b", "a"):
        assert rename(blog, post, slug)["slug"] == slug
    assert blog.get("/posts/a").status == 200
    assert blog.get("/posts/b").headers["location"] == "/posts/a"


def test_an_older_slug_stays_its_posts(engine_blog: Blog) -> None:
    rename(engine_blog, engine_blog.post("A"), "b")
    other = engine_blog.post("Other")
    assert "taken" in rename(engine_blog, other, "a", expect=409)["detail"]
    assert "is the address of post" in rename(engine_blog, other, "b", expect=409)["detail"]
    assert engine_blog.api("POST", "/api/posts", body="x", slug="a").status == 409
    assert engine_blog.post("A")["slug"] == "a-2"


def test_the_alias_of_another_post_is_refused(engine_blog: Blog) -> None:
    post = engine_blog.post("A")
    rename(engine_blog, post, "b")
    rename(engine_blog, post, "c")
    got = rename(engine_blog, engine_blog.post("Other"), "b", expect=409)
    assert f"older address of post {post['id']}" in got["detail"]


def test_a_draft_that_is_renamed_moves_house(blog: Blog) -> None:
    draft = blog.post("Before", "Its text", status="draft")
    moved = rename(blog, draft, "after")
    assert (moved["body"], moved["html"]) == (draft["body"], draft["html"])
    assert blog.post("Before")["slug"] == "before"
    blog.api("PATCH", f"/api/posts/{draft['id']}", status="published")
    assert "Its text" in blog.get("/posts/after").text
    assert "Some words." in blog.get("/posts/before").text


def test_a_draft_is_renamed_and_rewritten_at_once(engine_blog: Blog) -> None:
    draft = engine_blog.post("Before", "Old", status="draft")
    got = engine_blog.api("PATCH", f"/api/posts/{draft['id']}", slug="after", body="New", status="published")
    assert got.status == 200
    assert "New" in engine_blog.get("/posts/after").text


def test_a_post_that_was_public_keeps_its_addresses_as_a_draft(engine_blog: Blog) -> None:
    post = engine_blog.post("A")
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", status="draft", slug="b")
    assert [engine_blog.get(f"/posts/{slug}").status for slug in "ab"] == [404, 404]
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", status="published")
    assert engine_blog.get("/posts/a").headers["location"] == "/posts/b"


def test_replies_follow_a_post_to_its_new_slug(blog: Blog) -> None:
    post = blog.post("A")
    reply_id = blog.reply("a", "Before").partition(".")[2]
    rename(blog, post, "b")
    blog.reply("b", "After")
    blog.reply("a", "By the old address")
    read = blog.get("/posts/b").text
    assert all(text in read for text in ("Before", "After", "By the old address", "3 replies"))
    assert blog.get(f"/posts/a/comments/{reply_id}").headers["location"] == f"/posts/b/comments/{reply_id}"
    assert blog.get("/posts/a/comments").headers["location"] == "/posts/b/comments"


def test_the_slug_that_was_made_may_be_sent_back(engine_blog: Blog) -> None:
    title = "x" * 200
    for _ in range(3):
        post = engine_blog.post(title)
        assert engine_blog.api("PATCH", f"/api/posts/{post['id']}", slug=post["slug"]).status == 200
