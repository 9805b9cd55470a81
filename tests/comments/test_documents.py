"""Conversations as programs read them: JSON, and microformats in the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mf2py
import pytest

from tests import page
from tests.blog import Blog, Got
from tests.comments.test_order import sizes_to_parents, threads_of
from tests.comments.threads import grow, take_out, walk
from tests.conftest import Moment
from tests.faults import Faults

JSON = "application/json"
ORIGIN = "https://localhost"


def ask(blog: Blog, target: str) -> Any:
    got = blog.get(target.removeprefix(ORIGIN), Accept=JSON)
    assert (got.status, got.headers["content-type"]) == (200, JSON), got.text
    return got.json


def origin(blog: Blog) -> str:
    return str(ask(blog, "/posts/open/comments")["post"]["url"]).removesuffix("/posts/open")


def walked(blog: Blog, target: str) -> list[Any]:
    """Every page from one on, with the rest of each thread that is longer than a page."""
    at, found = origin(blog), []
    later: str | None = at + target
    while later:
        one = ask(blog, later.removeprefix(at))
        found.append(one)
        rest = one["rest"]
        while rest:
            more = ask(blog, rest.removeprefix(at))
            found.append(more)
            rest = more["next"]
        later = one["next"]
    return found


def ids(documents: Sequence[Any]) -> list[str]:
    return [item["id"] for one in documents for item in one["items"]]


def test_a_conversation_is_a_document(blog: Blog) -> None:
    post = blog.post("Open")
    made = grow("open", [None, 0])
    blog.api("POST", "/posts/open/comments", body="*Thanks*", parent=made[1].id)
    found = ask(blog, "/posts/open/comments")
    url = origin(blog) + "/posts/open"
    assert found["post"] == {"id": post["id"], "title": "Open", "url": url}
    assert {name: found[name] for name in ("count", "order", "sticky", "previous", "next", "rest")} == {
        "count": 3,
        "order": "oldest",
        "sticky": [],
        "previous": None,
        "next": None,
        "rest": None,
    }
    first, second, third = found["items"]
    assert first == {
        "id": made[0].full_id,
        "url": f"{url}/comments/{made[0].id}",
        "parent": None,
        "depth": 1,
        "name": "Reader 0",
        "website": "",
        "html": "<p>Reply 0.</p>",
        "is_author": False,
        "is_hidden": False,
        "is_edited": False,
        "created_at": "2026-01-01T00:00:00Z",
    }
    assert (second["parent"], second["depth"]) == (made[0].full_id, 2)
    assert (third["parent"], third["is_author"]) == (made[1].full_id, True)
    one = ask(blog, f"/posts/open/comments/{made[1].id}")
    assert one["items"] == [second, third]


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_pages_of_documents_hold_every_reply_once(engine_blog: Blog, moment: Moment, order: str) -> None:
    import random

    engine_blog.post("Open")
    made = grow("open", sizes_to_parents([3, 70, 1, 120, 20], random.Random(5)))
    expected = walk(made) if order == "oldest" else [c for ids in threads_of(made).values() for c in ids]
    documents = walked(engine_blog, f"/posts/open/comments?order={order}")
    full = {comment.id: comment.full_id for comment in made}
    assert ids(documents) == [full[comment_id] for comment_id in expected]
    assert {one["count"] for one in documents} == {len(made)}
    last = documents[-1]
    assert last["previous"] is not None
    assert documents[0]["previous"] is None


def test_what_was_taken_out_keeps_its_place_without_its_words(blog: Blog) -> None:
    blog.post("Open")
    made = grow("open", [None, 0, None])
    take_out(made[0], "deleted")
    take_out(made[2], "spam")
    gone, left = ask(blog, "/posts/open/comments")["items"]
    assert set(gone) == {"id", "url", "parent", "depth", "gone"}
    assert (gone["gone"], left["parent"]) == (True, made[0].full_id)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/posts/none/comments", 404),
        ("/posts/none/comments?order=newest", 404),
        ("/posts/open/comments/none", 404),
        ("/posts/open/comments?after=x", 400),
        ("/posts/open/comments?order=x", 400),
    ],
)
def test_what_is_wrong_is_a_problem(engine_blog: Blog, target: str, status: int) -> None:
    engine_blog.post("Open")
    got = engine_blog.get(target, Accept=JSON)
    assert (got.status, got.headers["content-type"]) == (status, "application/problem+json")


def test_an_older_slug_leads_to_the_new_one_and_counts_there(engine_blog: Blog) -> None:
    post = engine_blog.post("Open")
    grow("open", [None, 0])
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", slug="other")
    got = engine_blog.get("/posts/open/comments", Accept=JSON)
    assert (got.status, got.headers["location"]) == (301, "/posts/other/comments")
    for order in ("oldest", "newest"):
        found = ask(engine_blog, f"/posts/other/comments?order={order}")
        assert (found["count"], len(found["items"])) == (2, 2)


# --- copies ----------------------------------------------------------------------------------


def both(blog: Blog, target: str, **headers: str) -> tuple[Got, Got]:
    return blog.get(target, Accept="text/html", **headers), blog.get(target, Accept=JSON, **headers)


@pytest.mark.parametrize("tail", ["", "?order=newest", "/{id}"])
def test_caches_tell_the_page_from_the_document(engine_blog: Blog, moment: Moment, tail: str) -> None:
    engine_blog.post("Open")
    (comment,) = grow("open", [None])
    moment.forward(minutes=1)
    target = "/posts/open/comments" + tail.format(id=comment.id)
    for _ in range(2):  # made, then kept
        html, document = both(engine_blog, target)
        assert html.text.startswith("<!doctype html>")
        assert document.json["count"] == 1
        assert html.headers["vary"] == document.headers["vary"] == "Accept"
        assert html.headers["etag"] != document.headers["etag"]
        assert (
            html.headers["cache-control"]
            == document.headers["cache-control"]
            == "public, max-age=60, stale-while-revalidate=60"
        )
    crossed = both(engine_blog, target, If_None_Match=f"{html.headers['etag']}")
    assert [got.status for got in crossed] == [304, 200]
    assert crossed[0].headers["vary"] == "Accept"
    crossed = both(engine_blog, target, If_None_Match=document.headers["etag"])
    assert [got.status for got in crossed] == [200, 304]
    engine_blog.reply("open", "A new one.")
    assert engine_blog.get(target, Accept=JSON, If_None_Match=document.headers["etag"]).status == 200


def test_a_process_keeps_the_page_and_the_document(engine_blog: Blog, faults: Faults, moment: Moment) -> None:
    engine_blog.post("Open")
    moment.forward(minutes=1)
    made = both(engine_blog, "/posts/open/comments")
    faults.clear()
    again = both(engine_blog, "/posts/open/comments")
    assert faults.calls == ["Query", "Query"]
    assert [got.text for got in again] == [got.text for got in made]


def test_what_caches_are_not_told_of_does_not_choose(blog: Blog) -> None:
    """A request's own content type would put JSON where pages are looked for."""
    blog.post("Open")
    got = blog.get("/posts/open/comments", Accept="*/*", Content_Type=JSON)
    assert got.headers["content-type"] == "text/html; charset=utf-8"


# --- microformats ----------------------------------------------------------------------------


def test_every_reply_is_a_citation_with_what_it_answers(blog: Blog) -> None:
    blog.post("Open")
    made = grow("open", [None, 0, 1, 2, 3, 4, None])
    blog.reply("open", "With a site.", website="https://ann.example/")
    url = f"{ORIGIN}/posts/open"
    (entry,) = (
        i for i in mf2py.parse(blog.get("/posts/open").text, url=url)["items"] if "h-entry" in i["type"]
    )
    cited = entry["properties"]["comment"]
    assert len(cited) == 8
    for comment, reply in zip(made, cited, strict=False):
        assert reply["type"] == ["h-cite"]
        said = reply["properties"]
        (author,) = said["author"]
        assert author["type"] == ["h-card"]
        assert author["properties"]["name"] == [comment.name]
        assert said["url"] == [f"{url}/comments/{comment.id}"]
        assert said["published"] == [comment.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")]
        assert said["content"][0]["html"] == comment.html
        parent = [f"{url}/comments/{comment.parent_id}"] if comment.parent_id else None
        assert said.get("in-reply-to") == parent
    assert cited[-1]["properties"]["author"][0]["properties"]["url"] == ["https://ann.example/"]


def test_every_answer_says_whom_it_answers_to_readers_of_any_kind(blog: Blog) -> None:
    """In words that are seen where the indentation does not show it."""
    blog.post("Open")
    made = grow("open", [None, 0, 1, 2, 3, 4])
    links = list(page.classed(blog.get("/posts/open").text, "u-in-reply-to"))
    assert [page.words(link) for link in links] == [f"in reply to Reader {n}" for n in range(5)]
    assert ["up" in link.get("class").split() for link in links] == [True, True, True, False, False]
    assert [link.get("href") for link in links] == [f"/posts/open/comments/{c.id}" for c in made[:-1]]
    alone = blog.get(f"/posts/open/comments/{made[1].id}").text
    assert "up" not in next(page.classed(alone, "u-in-reply-to")).get("class").split()
