"""Conversations with the newest threads first, against a model of what they should be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.comments.model import Comment
from chalicelib.comments.reading import REPLIES_A_PAGE
from chalicelib.core import kept, table
from tests import capacity, page
from tests.blog import Blog
from tests.comments import threads
from tests.comments.threads import grow, walk
from tests.faults import Faults

NEWEST = "/posts/open/comments?order=newest"


def sizes_to_parents(sizes: Sequence[int], chance: random.Random) -> list[int | None]:
    """Threads of these sizes, of any shape."""
    parents: list[int | None] = []
    for size in sizes:
        root = len(parents)
        parents += [None, *(chance.randrange(root, root + number) for number in range(1, size))]
    return parents


def threads_of(made: Sequence[Comment]) -> dict[str, list[str]]:
    """{root: the ids of its thread, in order}, the newest thread first: the model."""
    found: dict[str, list[str]] = {}
    roots = {comment.id: comment.path[0] for comment in made}
    for comment_id in walk(made):
        found.setdefault(roots[comment_id], []).append(comment_id)
    return dict(reversed(found.items()))


def living(made: Sequence[Comment], gone: set[str]) -> set[str]:
    return {comment.id for comment in made} - gone


def take_out(made: Sequence[Comment], share: float, chance: random.Random) -> set[str]:
    gone = [comment for comment in made if chance.random() < share]
    for comment in gone:
        threads.take_out(comment, "deleted")
    return {comment.id for comment in gone}


def follow(blog: Blog, target: str, text: str) -> list[list[str]]:
    """The pages from one on: of each what is shown, and in the middle of it the rest of its thread."""
    found = []
    later: str | None = target
    while later:
        got = blog.get(later)
        assert got.status == 200
        found.append(page.reply_ids(got.text))
        rest = linked(got.text, text)
        while rest:
            more = blog.get(rest)
            assert more.status == 200
            found[-1] += page.reply_ids(more.text)
            rest = page.link(more.text, "next")
        later = page.link(got.text, "next")
    return found


def linked(html: str, words: str) -> str | None:
    return next((a.attrib["href"] for a in page.parse(html).iter("a") if page.words(a) == words), None)


REST = "The rest of this thread"
SIZES = [
    pytest.param([1], 0.0, id="one"),
    pytest.param([50, 50, 1], 0.0, id="whole pages"),
    pytest.param([51, 1, 1], 0.0, id="a long one at the end"),
    pytest.param([1, 1, 51], 0.0, id="a long one at the beginning"),
    pytest.param([120, 1, 120, 49, 2, 60], 0.0, id="long ones between"),
    pytest.param([1] * 101, 0.3, id="flat, some gone"),
    pytest.param([120, 3, 70], 0.9, id="most gone"),
    pytest.param([1, 120, 1], 1.0, id="all gone"),
]


@pytest.mark.parametrize(("sizes", "share"), SIZES)
def test_the_newest_threads_come_first_and_each_in_order(
    engine_blog: Blog, sizes: list[int], share: float
) -> None:
    _holds(engine_blog, sizes, share, random.Random(7))


@pytest.mark.parametrize("seed", range(6))
def test_pages_of_any_conversation_show_each_living_reply_once(engine_blog: Blog, seed: int) -> None:
    chance = random.Random(seed)
    sizes = [chance.choice((1, 2, 7, 20, 49, 50, 51, 120)) for _ in range(chance.randint(1, 9))]
    _holds(engine_blog, sizes, chance.choice((0, 0.1, 0.5)), chance)


def _holds(blog: Blog, sizes: Sequence[int], share: float, chance: random.Random) -> None:
    blog.post("Open")
    made = grow("open", sizes_to_parents(sizes, chance))
    gone = take_out(made, share, chance)
    pages = follow(blog, NEWEST, REST)
    shown = [reply for ids in pages for reply in ids]
    alive = living(made, gone)
    assert [reply for reply in shown if reply in alive] == [
        reply for ids in threads_of(made).values() for reply in ids if reply in alive
    ]
    # Threads are whole: none is on two pages.
    roots = {comment.id: comment.path[0] for comment in made}
    pages_of = [{roots[reply] for reply in ids} for ids in pages]
    assert sum(map(len, pages_of)) == len(set().union(*pages_of))
    assert all(len(ids) <= REPLIES_A_PAGE or len({roots[reply] for reply in ids}) == 1 for ids in pages)
    assert all(pages) or not alive


def test_a_page_leads_back_to_newer_threads(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    chance = random.Random(3)
    made = grow("open", sizes_to_parents([20] * 9, chance))
    forward = [NEWEST]
    while later := page.link(engine_blog.get(forward[-1]).text, "next"):
        forward.append(later)
    there = [page.reply_ids(engine_blog.get(target).text) for target in forward]
    back, newer = [], forward[-1]
    while newer:
        got = engine_blog.get(newer).text
        back.append(page.reply_ids(got))
        newer = page.link(got, "prev") or ""
    # The number of threads is odd, so pages going back are cut elsewhere; nothing is left out.
    assert sorted({reply for ids in back for reply in ids}) == sorted(comment.id for comment in made)
    assert len(there) == len(back) == 5
    first_of_back = back[-1][0]
    assert first_of_back == there[0][0]


def test_a_page_before_the_first_one_is_the_first(engine_blog: Blog) -> None:
    """Where the newer threads were taken out since."""
    engine_blog.post("Open")
    made = grow("open", [None] * 60)
    later = page.link(engine_blog.get(NEWEST).text, "next") or ""
    newer = page.link(engine_blog.get(later).text, "prev") or ""
    for comment in made[10:]:
        threads.take_out(comment, "spam")
    assert page.reply_ids(engine_blog.get(newer).text) == [comment.id for comment in made[9::-1]]


def test_orders_lead_to_each_other_where_there_is_more_than_one_thread(blog: Blog) -> None:
    blog.post("Open")
    grow("open", [None, 0, 1])
    assert linked(blog.get("/posts/open").text, "Newest first") is None
    blog.post("Other")
    made = grow("other", [None, 0, None])
    target = linked(blog.get("/posts/other").text, "Newest first")
    assert target == "/posts/other/comments?order=newest"
    got = blog.get(target).text
    assert page.reply_ids(got) == [made[2].id, made[0].id, made[1].id]
    assert linked(got, "Oldest first") == "/posts/other#conversation"


def test_a_cursor_belongs_to_its_order_and_its_branch(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    made = grow("open", [None, *[0] * 60, *[None] * 60])
    newest = page.link(engine_blog.get(NEWEST).text, "next") or ""
    oldest = page.link(engine_blog.get("/posts/open").text, "next") or ""
    branch = page.link(engine_blog.get(f"/posts/open/comments/{made[0].id}").text, "next") or ""
    assert branch.startswith(f"/posts/open/comments/{made[0].id}?after=")
    assert [engine_blog.get(target).status for target in (newest, oldest, branch)] == [200] * 3
    wrong = [
        newest.replace("order=newest&", ""),
        newest.replace("order=newest", "order=oldest"),
        oldest.replace("?", "?order=newest&"),
        branch.replace(made[0].id, made[1].id),
        branch.replace(f"/{made[0].id}", ""),
        "/posts/open/comments?order=random",
        "/posts/open/comments?order=newest&order=newest",
    ]
    assert [engine_blog.get(target).status for target in wrong] == [400] * len(wrong)


def test_the_pages_of_a_branch_keep_to_it_and_lead_back(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    made = grow("open", [None, 0, *[1] * 120, *[None] * 5])
    targets = [f"/posts/open/comments/{made[1].id}"]
    while later := page.link(engine_blog.get(targets[-1]).text, "next"):
        targets.append(later)
    texts = [engine_blog.get(target).text for target in targets]
    assert [reply for text in texts for reply in page.reply_ids(text)] == [c.id for c in made[1:122]]
    (context,) = page.classed(texts[1], "context")
    assert "Reply 1." in page.words(context)
    assert page.reply_ids(engine_blog.get(page.link(texts[2], "prev") or "").text) == page.reply_ids(texts[1])


def test_a_changed_slug_keeps_the_order(engine_blog: Blog) -> None:
    post = engine_blog.post("Open")
    made = grow("open", [None] * 60)
    old = page.link(engine_blog.get(NEWEST).text, "next") or ""
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", slug="other")
    ids = []
    for target in (NEWEST, old):
        moved = engine_blog.get(target)
        assert moved.status == 301
        assert moved.headers["location"].startswith("/posts/other/comments?order=newest")
        got = engine_blog.get(moved.headers["location"])
        assert got.status == 200
        ids += page.reply_ids(got.text)
    assert ids == [one.id for one in reversed(made)]
    got = engine_blog.get("/posts/other/comments?order=newest")
    assert page.reply_ids(got.text)[0] == made[-1].id
    assert engine_blog.get(page.link(got.text, "next") or "").status == 200


# --- what it costs ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "calls"),
    [
        ([1, 2], ["Query", "Query", "BatchGetItem"]),
        ([30, 30, 30], ["Query", "Query", "BatchGetItem"]),
        ([1, 120], ["Query", "Query", "Query", "BatchGetItem"]),
    ],
)
def test_newest_first_costs_one_query_more_at_most(
    engine_blog: Blog, faults: Faults, sizes: list[int], calls: list[str]
) -> None:
    """Beside the first one, of the tallies, which tells whether a copy is good."""
    engine_blog.post("Open")
    grow("open", sizes_to_parents(sizes, random.Random(1)))
    engine_blog.get("/")
    faults.clear()
    assert engine_blog.get(NEWEST).status == 200
    assert faults.calls == calls
    faults.clear()
    assert engine_blog.get(NEWEST).status == 200
    assert faults.calls[1:] in ([], calls[1:])


@pytest.mark.slow
def test_a_thread_of_twenty_thousand_costs_what_a_small_one_does(engine_blog: Blog) -> None:
    parents: list[int | None] = [None if number % 10 == 0 else number - 1 for number in range(20_000)]
    engine_blog.post("Small")
    small = grow("small", parents[:300])
    engine_blog.post("Large")
    large = grow("large", parents)
    measure = capacity.Measure(table.client())

    def cost(target: str) -> tuple[list[str], float]:
        got: list[Any] = []
        kept.pages.forget()
        found = measure.of(lambda: got.append(engine_blog.get(target)))
        assert got[0].status == 200
        assert len(page.replies(got[0].text)) in (50, 1)
        return found.calls, found.reads

    def targets(slug: str, last: str) -> list[str]:
        newest = f"/posts/{slug}/comments?order=newest"
        first = engine_blog.get(newest).text
        return [
            f"/posts/{slug}",
            f"/posts/{slug}/comments",
            page.link(engine_blog.get(f"/posts/{slug}").text, "next") or "",
            newest,
            page.link(first, "next") or "",
            f"/posts/{slug}/comments/{last}",
        ]

    one, other = targets("small", small[-1].id), targets("large", large[-1].id)
    costs = [(cost(a), cost(b)) for a, b in zip(one, other, strict=True)]
    assert [calls for (calls, _), _ in costs] == [calls for _, (calls, _) in costs]
    # Names and texts of later replies are a few digits longer.
    assert [reads for (_, reads), _ in costs] == pytest.approx([reads for _, (_, reads) in costs], abs=0.5)
