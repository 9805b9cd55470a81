"""Replies that the author has pinned above the thread, hidden within it, or edited."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.comments.actions import change_comment
from chalicelib.comments.model import Comment
from chalicelib.comments.store import MOST_STICKY, STICKY_ROW, row_to_item
from chalicelib.core import table
from chalicelib.core.table import Put
from chalicelib.posts.tallies import tally_key
from tests import page
from tests.blog import Blog
from tests.comments.threads import grow
from tests.faults import Faults


def mark(comment: Comment, **marks: Any) -> None:
    change_comment(comment.full_id, lambda before: replace(before, version=before.version + 1, **marks))


def boxes(html: str) -> list[Any]:
    return list(page.classed(html, "pinned"))


def addresses(box: Any) -> list[str]:
    return [a.attrib["href"] for a in box.iter("a")]


def document(blog: Blog, target: str) -> Any:
    got = blog.get(target, Accept="application/json")
    assert got.status == 200
    return got.json


# --- pinned ----------------------------------------------------------------------------------


def test_a_pinned_reply_stands_above_the_thread_and_in_it(blog: Blog) -> None:
    blog.api("PATCH", "/api/settings", author="Ann & Co")
    blog.post("Open")
    made = grow("open", [None, 0, None])
    mark(made[1], is_sticky=True)
    for target in ("/posts/open", "/posts/open/comments", "/posts/open/comments?order=newest"):
        got = blog.get(target).text
        (box,) = boxes(got)
        assert page.words(box).startswith("Pinned by Ann & Co RReader 1 1 January 2026 Reply 1.")
        assert addresses(box) == [f"#c-{made[1].id}"]
        assert sorted(page.reply_ids(got)) == sorted(comment.id for comment in made)
        assert document(blog, "/posts/open/comments")["sticky"] == [made[1].full_id]
    assert boxes(blog.get(f"/posts/open/comments/{made[0].id}").text) == []


def test_a_pinned_reply_of_a_later_page_is_on_the_first_and_leads_to_its_own(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    made = grow("open", [None] * 120)
    mark(made[100], is_sticky=True)
    first = engine_blog.get("/posts/open").text
    (box,) = boxes(first)
    assert addresses(box) == [f"/posts/open/comments/{made[100].id}"]
    assert len(page.reply_ids(first)) == 50
    later = page.link(first, "next") or ""
    assert boxes(engine_blog.get(later).text) == []
    assert document(engine_blog, later)["sticky"] == []
    newest = engine_blog.get("/posts/open/comments?order=newest").text
    assert len(boxes(newest)) == 1
    assert boxes(engine_blog.get(page.link(newest, "next") or "").text) == []


def test_pinned_replies_cost_no_call_and_no_place_on_the_page(engine_blog: Blog, faults: Faults) -> None:
    """Also where every one of sixteen tallies stands before them."""
    engine_blog.post("Open")
    made = grow("open", [None] * 51)
    for number in range(1, 16):
        pk, sk = tally_key("open", f"{number:x}")
        table.write(Put({"pk": pk, "sk": sk, "cv": 1}))
    for comment in made[10 : 10 + MOST_STICKY]:
        mark(comment, is_sticky=True)
    engine_blog.get("/")
    faults.clear()
    got = engine_blog.get("/posts/open").text
    assert faults.calls == ["Query"]
    assert (len(boxes(got)), len(page.reply_ids(got))) == (MOST_STICKY, 50)
    assert page.link(got, "next")
    faults.clear()
    newest = engine_blog.get("/posts/open/comments?order=newest").text
    assert faults.calls == ["Query", "Query", "BatchGetItem"]
    assert (len(boxes(newest)), page.link(newest, "next") is None) == (MOST_STICKY, False)


@pytest.mark.parametrize("marks", [{"is_sticky": False}, {"is_hidden": True}, {"status": "deleted"}])
def test_what_is_not_pinned_any_more_or_not_to_be_seen_is_not_above(
    blog: Blog, marks: dict[str, Any]
) -> None:
    blog.post("Open")
    made = grow("open", [None, None])
    mark(made[0], is_sticky=True)
    mark(made[0], **marks)
    assert boxes(blog.get("/posts/open").text) == []
    assert document(blog, "/posts/open/comments")["sticky"] == []


def test_a_pinned_row_that_cannot_be_read_costs_itself(blog: Blog) -> None:
    blog.post("Open")
    made = grow("open", [None])
    row = row_to_item(made[0])
    table.write(Put({"pk": row["pk"], "sk": f"{STICKY_ROW}{made[0].id}", "name": 5}))
    got = blog.get("/posts/open")
    assert (got.status, boxes(got.text), page.reply_ids(got.text)) == (200, [], [made[0].id])


# --- hidden ----------------------------------------------------------------------------------


def test_a_hidden_reply_opens_by_a_click_and_its_answers_stay(blog: Blog) -> None:
    blog.api("PATCH", "/api/settings", author="Ann & Co")
    blog.post("Open")
    made = grow("open", [None, 0])
    mark(made[0], is_hidden=True)
    got = blog.get("/posts/open").text
    (details,) = page.parse(got).iter("details")
    assert page.words(details) == "Hidden by Ann & Co. Show it. Reply 0."
    assert "open" not in details.attrib
    assert page.reply_ids(got) == [comment.id for comment in made]
    assert got.count("Reply 0.") == 1
    items = document(blog, "/posts/open/comments")["items"]
    assert [item["is_hidden"] for item in items] == [True, False]


def test_a_hidden_reply_is_quoted_nowhere(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    made = grow("open", [None, 0, 0])
    mark(made[0], is_hidden=True)
    for target in (f"/posts/open/comments/{made[0].id}", f"/posts/open/comments/{made[1].id}"):
        got = engine_blog.get(target).text
        (details,) = page.parse(got).iter("details")
        assert "Reply 0." in page.words(details)
        assert got.count("Reply 0.") == 1


def test_a_hidden_reply_is_in_no_feed_and_no_structured_data(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    made = grow("open", [None, 0])
    mark(made[0], is_hidden=True)
    feeds = [
        f"{place}.{kind}"
        for place in ("/comments/feed", "/posts/open/comments/feed")
        for kind in ("atom", "rss", "json")
    ]
    for target in feeds:
        got = engine_blog.get(target).text
        assert "Reply 1." in got
        assert "Reply 0." not in got
    (script,) = [
        s
        for s in page.parse(engine_blog.get("/posts/open").text).iter("script")
        if s.get("type") == "application/ld+json"
    ]
    assert [comment["text"] for comment in json.loads(script.text)["comment"]] == ["Reply 1."]


# --- edited ----------------------------------------------------------------------------------


def test_what_the_author_changed_says_so_and_what_its_writer_changed_does_not(blog: Blog) -> None:
    blog.api("PATCH", "/api/settings", author="Ann & Co")
    blog.post("Open")
    made = grow("open", [None, None])
    mark(made[0], edited_by="author")
    mark(made[1], edited_by="self")
    shown = page.replies(blog.get("/posts/open").text)
    assert ["edited by Ann & Co" in reply.words for reply in shown] == [True, False]
    items = document(blog, "/posts/open/comments")["items"]
    assert [item["is_edited"] for item in items] == [True, False]
