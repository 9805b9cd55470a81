"""Counting anew: what is right stays, what is wrong is mended, and nothing that comes meanwhile is lost."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.core.table import Update
from chalicelib.likes import store as likes
from chalicelib.posts.actions import require_post
from chalicelib.posts.store import tally_key
from chalicelib.posts.tallies import read_tally
from chalicelib.publishing import repair
from tests.blog import Blog
from tests.comments.threads import contradictions
from tests.faults import Faults, die_after, die_before
from tests.likes.counting import contradictions as like_contradictions
from tests.likes.counting import like
from tests.test_docs import API


@pytest.fixture
def post(blog: Blog) -> dict[str, Any]:
    made = blog.post("Open")
    kept = [blog.reply("open", f"Reply {number}") for number in range(5)]
    assert blog.api("PATCH", f"/api/comments/{kept[0]}", status="spam").status == 200
    for number in range(3):
        assert like(blog, ip=f"198.51.{number}.1").status == 303
    return made


def recount(blog: Blog, post: dict[str, Any]) -> Any:
    got = blog.api("POST", f"/api/posts/{post['id']}/recount")
    assert got.status == 200, got.text
    return got.json


def test_what_is_right_stays(blog: Blog, post: dict[str, Any]) -> None:
    tag = blog.get("/posts/open").headers["etag"]
    right = {"replies": 4, "likes": 3}
    assert recount(blog, post) == {**right, "counted": right}
    assert read_tally("open").content > 0
    assert blog.get("/posts/open", If_None_Match=tag).status in (200, 304)


@pytest.mark.parametrize(
    "wrong",
    [{"0": {"replies": 7}}, {"0": {"likes": -2}}, {"3": {"replies": 1, "likes": 9}, "f": {"likes": 1}}],
)
def test_what_is_wrong_is_mended(blog: Blog, post: dict[str, Any], wrong: dict[str, dict[str, int]]) -> None:
    for shard, add in wrong.items():
        table.write(Update(tally_key("open", shard), add={**add, "cv": 1}))
    before = read_tally("open").content
    done = recount(blog, post)
    assert (done["replies"], done["likes"]) == (4, 3)
    assert done["counted"] != {"replies": 4, "likes": 3}
    assert contradictions("open") == like_contradictions("open") == []
    # No page that was seen with the wrong number is known by its tag again.
    assert read_tally("open").content > before
    assert recount(blog, post)["counted"] == {"replies": 4, "likes": 3}


def test_what_comes_meanwhile_is_counted(
    blog: Blog, post: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    table.write(Update(tally_key("open"), add={"replies": 7}))
    count, came = likes.count_records, iter((True, True, False))

    def interrupted(post_id: str) -> int:
        found = count(post_id)
        if next(came, False):
            like(blog, ip=f"203.0.{found}.1")
            blog.reply("open", f"Just now {found}")
        return found

    monkeypatch.setattr(likes, "count_records", interrupted)
    done = repair.recount(require_post(post["id"]))
    assert done.found == {"replies": 6, "likes": 5}
    assert contradictions("open") == like_contradictions("open") == []


@pytest.mark.parametrize("fault", [die_before, die_after])
def test_a_count_that_was_cut_off_leaves_what_the_next_mends(
    engine_blog: Blog, faults: Faults, fault: Any
) -> None:
    made = engine_blog.post("Open")
    engine_blog.reply("open")
    for skip in (0, 1, 2, 150, 258, 259):
        table.write(Update(tally_key("open"), add={"replies": 1}))
        faults.clear()
        faults.on("*", fault(), skip=skip)
        try:
            repair.recount(require_post(made["id"]))
        except BaseException:  # noqa: BLE001 - the death
            assert read_tally("open").replies in (1, 2)
        faults.clear()
        recount(engine_blog, made)
        assert contradictions("open") == []


def test_all_posts_are_counted(engine_blog: Blog) -> None:
    for number, fields in enumerate(({}, {"status": "draft"}, {"status": "unlisted"}, {"type": "page"})):
        engine_blog.post(f"Post {number}", **fields)
    made = engine_blog.post("Gone")
    engine_blog.api("DELETE", f"/api/posts/{made['id']}")
    table.write(Update(tally_key("post-0"), add={"likes": 3}))
    done = list(repair.recount_all())
    assert sorted(one.post.slug for one in done) == ["gone", "post-0", "post-1", "post-2", "post-3"]
    assert [one.post.slug for one in done if not one.is_right] == ["post-0"]
    assert all(one.is_right for one in repair.recount_all())


def test_it_takes_a_token_that_may_update(engine_blog: Blog) -> None:
    made = engine_blog.post("Open")
    assert engine_blog.send("POST", f"/api/posts/{made['id']}/recount").status == 401
    assert engine_blog.api("POST", "/api/posts/none/recount").status == 404
    assert "/recount" in API
