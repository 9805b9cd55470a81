"""Tags and series, as readers find them."""

from __future__ import annotations

from typing import Any

import pytest

from tests import page
from tests.blog import Blog
from tests.conftest import Moment
from tests.lists.shown import counted, edit, walk
from tests.lists.standing import contradictions, finish_jobs
from tests.site.test_home import titles

# --- tags --------------------------------------------------------------------------------------


def test_tags_are_counted_by_name(blog: Blog) -> None:
    blog.post("Post 1", tags=["Two words", "b"])
    blog.post("Post 2", tags=["two WORDS", "Ünï & <i>"])
    blog.post("Page", tags=["only a page"], type="page")
    assert counted(blog, "/tags") == {
        "/tags/b": "b 1 post",
        "/tags/two-words": "two WORDS 2 posts",
        "/tags/uni-i": "Ünï & <i> 1 post",
    }
    assert titles(blog.get("/tags/two-words").text) == ["Post 2", "Post 1"]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_pages_of_a_tag_hold_every_post_once_both_ways(engine_blog: Blog, moment: Moment, count: int) -> None:
    engine_blog.api("PATCH", "/api/settings", posts_per_page=2)
    for number in range(count):
        moment.forward(seconds=1)
        engine_blog.post(f"Post {number}", tags=["a"])
        engine_blog.post(f"Not {number}", tags=["b"])
    there, back = walk(engine_blog, "/tags/a")
    assert [title for shown in there for title in shown] == [
        f"Post {number}" for number in reversed(range(count))
    ]
    assert [len(shown) for shown in there[:-1]] == [2] * (len(there) - 1)
    assert back == there


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/tags/A%20B", 301, "/tags/a-b"),
        ("/tags/a_b", 301, "/tags/a-b"),
        ("/tags/A-B", 301, "/tags/a-b"),
        ("/tags/none", 404, None),
        ("/tags/!!!", 404, None),
        ("/tags/%E2%80%AE", 404, None),
        ("/tags/%00", 404, None),
        ("/tags/a-b?after=x", 400, None),
        ("/tags?after=x", 400, None),
        ("/series/!", 404, None),
        ("/series/None", 301, "/series/none"),
        ("/series/none", 404, None),
        ("/series/none?after=x", 400, None),
        ("/archive/2026?after=x", 400, None),
        ("/archive/2026/11?before=x", 400, None),
        *(
            (f"/archive/{year}", 404, None)
            for year in (
                "0000",
                "0001",
                "26",
                "2025",
                "2027",
                "9998",
                "9999",
                "20266",
                "twenty",
                "-001",
                "٢٠٢٦",
            )
        ),
        *((f"/archive/2026/{month}", 404, None) for month in ("00", "1", "13", "011", "12", "10", "xx")),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_what_is_no_list_says_so(
    engine_blog: Blog, moment: Moment, *, zone: str, target: str, status: int, location: str | None
) -> None:
    engine_blog.api("PATCH", "/api/settings", time_zone=zone)
    engine_blog.post("Post 1", tags=["A b"])
    got = engine_blog.get(target)
    assert (got.status, got.headers.get("location")) == (status, location)


def test_a_cursor_is_good_for_its_own_list(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", posts_per_page=1)
    for number in range(2):
        engine_blog.post(f"Post {number}", tags=["a", "b"])
    cursor = (page.link(engine_blog.get("/tags/a").text, "next") or "").partition("?")[2]
    assert engine_blog.get(f"/tags/a?{cursor}").status == 200
    assert {engine_blog.get(f"{target}?{cursor}").status for target in ("/tags/b", "/", "/archive/2026")} == {
        400
    }


def test_scheduled_posts_are_counted_and_shown_from_their_second_on(blog: Blog, moment: Moment) -> None:
    blog.post("Post 1", tags=["a"])
    blog.post("Post 2", tags=["A", "later"], series="s", published_at=moment.ahead(seconds=60))

    def seen() -> tuple[Any, ...]:
        return (
            counted(blog, "/tags"),
            titles(blog.get("/tags/a").text),
            blog.get("/tags/later").status,
            counted(blog, "/series"),
            blog.get("/series/s").status,
            counted(blog, "/archive"),
        )

    hidden = ({"/tags/a": "a 1 post"}, ["Post 1"], 404, {}, 404, {"/archive/2026/11": "November 1 post"})
    shown = (
        {"/tags/a": "a 2 posts", "/tags/later": "later 1 post"},
        ["Post 2", "Post 1"],
        200,
        {"/series/s": "s 1 post"},
        200,
        {"/archive/2026/11": "November 2 posts"},
    )
    assert seen() == hidden
    moment.forward(seconds=59)
    assert seen() == hidden
    moment.forward(seconds=1)
    assert seen() == shown
    finish_jobs()
    # A spelling is public when its post is; the tick is what writes it down.
    assert seen() == ({"/tags/a": "A 2 posts", "/tags/later": "later 1 post"}, *shown[1:])


@pytest.mark.parametrize("hide", ["deleted", "draft", "unlisted", "untagged", "page"])
@pytest.mark.parametrize("scheduled", [False, True])
def test_a_post_leaves_its_tags_and_comes_back(
    engine_blog: Blog, moment: Moment, hide: str, *, scheduled: bool
) -> None:
    ahead = {"published_at": moment.ahead(hours=1)} if scheduled else {}
    post = engine_blog.post("Post 1", tags=["a"], series="S", **ahead)
    target = f"/api/posts/{post['id']}"
    fields = {"untagged": {"tags": [], "series": ""}, "page": {"type": "page"}}.get(hide, {"status": hide})
    got = (
        engine_blog.api("DELETE", target) if hide == "deleted" else engine_blog.api("PATCH", target, **fields)
    )
    assert got.status in (200, 204)
    moment.forward(hours=2)
    assert (counted(engine_blog, "/tags"), engine_blog.get("/tags/a").status) == ({}, 404)
    assert (counted(engine_blog, "/series"), engine_blog.get("/series/s").status) == ({}, 404)
    edit(engine_blog, post, status="published", type="post", tags=["a"], series="S")
    assert counted(engine_blog, "/tags") == {"/tags/a": "a 1 post"}
    assert titles(engine_blog.get("/tags/a").text) == ["Post 1"]
    assert contradictions([post["id"]]) == []


def test_thirty_tags_give_way_to_thirty_others(blog: Blog) -> None:
    post = blog.post("Post 1", tags=[f"old {number:02}" for number in range(30)])
    edit(blog, post, tags=[f"new {number:02}" for number in range(30)], slug="moved")
    assert list(counted(blog, "/tags")) == [f"/tags/new-{number:02}" for number in range(30)]
    assert blog.get("/tags/old-00").status == 404
    assert 'href="/posts/moved"' in blog.get("/tags/new-29").text
    assert contradictions([post["id"]]) == []


# --- series ------------------------------------------------------------------------------------


def test_a_series_is_read_from_its_beginning(blog: Blog, moment: Moment) -> None:
    for number in range(3):
        moment.forward(seconds=1)
        blog.post(f"Post {number}", series=["Long story", "long STORY"][number % 2])
    assert counted(blog, "/series") == {"/series/long-story": "Long story 3 posts"}
    assert titles(blog.get("/series/long-story").text) == ["Post 0", "Post 1", "Post 2"]
