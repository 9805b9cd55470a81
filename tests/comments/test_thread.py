"""A conversation as readers see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.comments.actions import answer_as_author
from chalicelib.comments.model import Comment
from chalicelib.posts.actions import public_post
from tests import page
from tests.blog import Blog
from tests.comments.threads import grow, walk
from tests.conftest import Moment


def parents_of(choices: Sequence[float]) -> list[int | None]:
    """A tree of replies: each answers the post (-1) or an earlier one, by a share of those there are."""
    chosen = [int(share * (number + 1)) - 1 for number, share in enumerate(choices)]
    return [at if at >= 0 else None for at in chosen]


DEEPEST = 60
TREES = st.lists(st.floats(0, 1, exclude_max=True), max_size=12).map(parents_of)


def converse(slug: str, moment: Moment, parents: Sequence[int | None]) -> list[Comment]:
    """The same by the action that takes replies, a second apart."""
    post = public_post(slug)
    made: list[Comment] = []
    for number, at in enumerate(parents):
        moment.now += timedelta(seconds=1)
        parent = made[at].id if at is not None else ""
        fields = {"name": f"Reader {number}", "body": f"Reply {number}.", "parent": parent}
        made.append(answer_as_author(post, fields))
    return made


# --- order -----------------------------------------------------------------------------------


@given(parents=TREES)
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_replies_come_as_a_walk_of_their_tree(
    engine_blog: Blog, moment: Moment, parents: list[int | None]
) -> None:
    slug = engine_blog.post()["slug"]
    made = converse(slug, moment, parents)
    shown = page.replies(engine_blog.get(f"/posts/{slug}").text)
    assert [reply.id for reply in shown] == walk(made)
    assert [reply.depth for reply in shown] == [len(_path(made, reply.id)) for reply in shown]


def _path(made: Sequence[Comment], comment_id: str) -> tuple[str, ...]:
    return next(comment.path for comment in made if comment.id == comment_id)


def test_the_order_of_approval_does_not_matter(blog: Blog, moment: Moment) -> None:
    blog.post("Open")
    held = []
    for number in range(4):
        moment.forward(seconds=1)
        held.append(blog.reply("open", f"Reply {number}", approve=False))
    for comment in (held[2], held[0], held[3], held[1]):
        blog.api("PATCH", f"/api/comments/{comment}", status="approved")
    assert page.reply_ids(blog.get("/posts/open").text) == [comment.partition(".")[2] for comment in held]


def test_replies_below_the_sixtieth_level_stand_on_it(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Open")
    made = converse("open", moment, [None, *range(DEEPEST + 3)])
    assert [len(comment.path) for comment in made] == [*range(1, DEEPEST + 1), *[DEEPEST] * 4]
    assert made[-1].path[:-1] == made[DEEPEST - 1].path[:-1]
    shown = page.replies(engine_blog.get(f"/posts/open/comments/{made[DEEPEST - 5].id}").text)
    assert [reply.id for reply in shown] == [comment.id for comment in made[DEEPEST - 5 :]]
    assert made[-2].parent_id == made[-3].id
    found = engine_blog.get(f"/posts/open/comments/{made[-1].id}").text
    assert f"/posts/open/comments/{made[-2].id}" in page.addresses(found)


# --- pages -----------------------------------------------------------------------------------

SHAPES = {
    "flat": [None] * 130,
    "one branch": [None, *([0] * 129)],
    "deep": [None if n % 45 == 0 else n - 1 for n in range(130)],
    "mixed": [None if n % 7 == 0 else n // 2 for n in range(130)],
    "exactly two pages": [None] * 100,
    "exactly one page": [None] * 50,
    "one more": [None] * 51,
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_pages_together_are_the_whole_thread(engine_blog: Blog, shape: list[int | None]) -> None:
    engine_blog.post("Open")
    made = grow("open", shape)
    pages, later = [], "/posts/open"
    while later:
        got = engine_blog.get(later)
        assert got.status == 200
        pages.append(page.reply_ids(got.text))
        later = page.link(got.text, "next") or ""
    assert [reply for ids in pages for reply in ids] == walk(made)
    assert [len(ids) for ids in pages[:-1]] == [50] * (len(pages) - 1)
    assert len(pages) == (len(shape) + 49) // 50


def test_earlier_pages_lead_back_to_the_first(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    grow("open", SHAPES["mixed"])
    forward = ["/posts/open"]
    while later := page.link(engine_blog.get(forward[-1]).text, "next"):
        forward.append(later)
    there = [page.reply_ids(engine_blog.get(target).text) for target in forward]
    back, earlier = [], forward[-1]
    while earlier:
        got = engine_blog.get(earlier).text
        back.append(page.reply_ids(got))
        earlier = page.link(got, "prev") or ""
    assert back[::-1] == there


def test_a_page_that_begins_within_a_branch_shows_whom_it_answers(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    made = grow("open", [None, 0, 1, *([2] * 60)])
    later = page.link(engine_blog.get("/posts/open").text, "next")
    assert later
    got = engine_blog.get(later).text
    (context,) = page.classed(got, "context")
    told = page.words(context)
    assert "Reply 2." in told
    assert "Reader 0" in told
    assert "Reader 2" in told
    assert f"/posts/open/comments/{made[0].id}" in page.addresses(got)


def test_a_page_that_begins_with_a_new_thread_shows_no_context(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    grow("open", [None] * 60)
    later = page.link(engine_blog.get("/posts/open").text, "next")
    assert later
    assert not list(page.classed(engine_blog.get(later).text, "context"))


def test_a_short_thread_has_one_page(blog: Blog) -> None:
    blog.post("Open")
    grow("open", [None] * 3)
    got = blog.get("/posts/open").text
    assert page.link(got, "next") is page.link(got, "prev") is None


def test_the_cursor_of_a_thread_belongs_to_its_post(engine_blog: Blog) -> None:
    for slug in ("one", "two"):
        engine_blog.post(slug.title())
        grow(slug, [None] * 51)
    later = page.link(engine_blog.get("/posts/one").text, "next") or ""
    assert engine_blog.get(later).status == 200
    assert engine_blog.get(later.replace("/one/", "/two/")).status == 400
    assert engine_blog.get(later[:-1]).status == 400
    assert engine_blog.get(f"{later}&before={later.partition('=')[2]}").status == 400
    assert engine_blog.get("/?" + later.partition("?")[2]).status == 400


def test_a_permalink_shows_a_reply_what_it_answers_and_its_answers(blog: Blog) -> None:
    blog.post("Open")
    made = grow("open", [None, 0, 1, None])
    got = blog.get(f"/posts/open/comments/{made[1].id}").text
    assert page.reply_ids(got) == [made[1].id, made[2].id]
    (target,) = page.classed(got, "target")
    assert target.attrib["id"] == f"c-{made[1].id}"
    assert "Reply 0." in got
    assert page.typed(got)["parent"] == made[1].id
    assert '<meta name="robots" content="noindex">' in got


@pytest.mark.parametrize(
    "comment_id", ["0000000000000", "x", "%00", "%2F", "a%2Fb", "~", "x" * 1000, "é" * 100]
)
def test_the_permalink_of_no_reply_is_not_found(engine_blog: Blog, comment_id: str) -> None:
    engine_blog.post("Open")
    assert engine_blog.get(f"/posts/open/comments/{comment_id}").status == 404


@pytest.mark.parametrize("status", ["pending", "spam", "deleted"])
def test_the_permalink_of_a_hidden_reply_is_not_found(engine_blog: Blog, status: str) -> None:
    engine_blog.post("Open")
    comment = engine_blog.reply("open", "Seen before")
    engine_blog.api("PATCH", f"/api/comments/{comment}", status=status)
    got = engine_blog.get(f"/posts/open/comments/{comment.partition('.')[2]}")
    assert "Seen before" not in got.text
    assert got.status == 404


# --- what was taken out ----------------------------------------------------------------------


def test_a_removed_reply_leaves_no_trace_where_nothing_hangs_under_it(blog: Blog) -> None:
    blog.post("Open")
    grow("open", [None])
    removed = blog.reply("open", "Bad words")
    blog.api("PATCH", f"/api/comments/{removed}", status="deleted")
    (left,) = page.replies(blog.get("/posts/open").text)
    assert (left.gone, "1 reply" in blog.get("/posts/open").text) == (False, True)


def test_a_removed_reply_keeps_the_place_of_its_answers(blog: Blog) -> None:
    post = blog.post("Open")
    made = grow("open", [None, 0, None])
    blog.api("PATCH", f"/api/comments/{post['id']}.{made[0].id}", status="deleted")
    got = blog.get("/posts/open").text
    shown = page.replies(got)
    assert [(reply.depth, reply.gone) for reply in shown] == [(1, True), (2, False), (1, False)]
    assert "Reply 0." not in got
    assert "Reader 0" not in got
    assert "2 replies" in got


def test_removed_replies_with_nothing_left_under_them_are_not_shown(engine_blog: Blog) -> None:
    post = engine_blog.post("Open")
    made = grow("open", [None, 0, 1, None])
    for comment in made[:3]:
        engine_blog.api("PATCH", f"/api/comments/{post['id']}.{comment.id}", status="deleted")
    assert page.reply_ids(engine_blog.get("/posts/open").text) == [made[3].id]


def test_a_removed_reply_at_the_end_of_a_page_shows_if_its_answers_follow(engine_blog: Blog) -> None:
    post = engine_blog.post("Open")
    made = grow("open", [*([None] * 50), 49, 49])
    engine_blog.api("PATCH", f"/api/comments/{post['id']}.{made[49].id}", status="deleted")
    first = engine_blog.get("/posts/open").text
    assert page.replies(first)[-1].gone
    later = engine_blog.get(page.link(first, "next") or "").text
    assert page.reply_ids(later) == [made[50].id, made[51].id]


def test_a_thread_of_removed_replies_is_an_empty_one(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    comment = engine_blog.reply("open", "Bad words")
    engine_blog.api("PATCH", f"/api/comments/{comment}", status="spam")
    got = engine_blog.get("/posts/open").text
    assert page.replies(got) == []
    assert "Leave a reply" in got


def test_replies_that_were_taken_out_leave_no_empty_page(engine_blog: Blog) -> None:
    """Sixty replies, of which the first fifty-five are gone; and a branch whose beginning is."""
    engine_blog.post("Open")
    made = grow("open", [None] * 60)
    for comment in made[:55]:
        engine_blog.api("PATCH", f"/api/comments/{comment.full_id}", status="deleted")
    text = engine_blog.get("/posts/open").text
    assert page.reply_ids(text) == [comment.id for comment in made[55:]]
    assert "5 replies" in text
    assert page.link(text, "next") is None
    engine_blog.post("Branch")
    first, *others = grow("branch", [None, *[0] * 59])
    for comment in (first, *others[:54]):
        engine_blog.api("PATCH", f"/api/comments/{comment.full_id}", status="spam")
    got = engine_blog.get(f"/posts/branch/comments/{first.id}")
    assert got.status == 200
    assert page.reply_ids(got.text) == [comment.id for comment in others[54:]]


def test_the_author_s_answer_is_none_of_a_reader_s(engine_blog: Blog) -> None:
    """Though every word of them is the same."""
    engine_blog.post("Open")
    engine_blog.api("PATCH", "/api/settings", author="Ann")
    engine_blog.reply("open", "The same words.", approve=False)
    got = engine_blog.api("POST", "/posts/open/comments", name="Ann", body="The same words.")
    assert (got.status, got.json["status"]) == (201, "approved")


def test_nobody_replies_to_a_static_page(engine_blog: Blog) -> None:
    engine_blog.post("About", type="page")
    assert engine_blog.api("POST", "/posts/about/comments", body="Words").status == 409
