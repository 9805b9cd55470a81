"""The author's queue, and decisions that many make at once."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.comments.model import STATUSES
from chalicelib.core import listing, table
from chalicelib.core.requests import Principal
from chalicelib.moderation import actions
from tests import page
from tests.blog import Blog
from tests.comments.threads import contradictions, grow
from tests.faults import Conflicts, Faults, at_once, cancelled, forgotten, lost_reply
from tests.moderation.desks import Desk, came_from


def decide(blog: Blog, comment: str, status: str, **headers: str) -> Any:
    return blog.api("PATCH", f"/api/comments/{comment}", _headers=headers, status=status)


def shown(blog: Blog, slug: str = "open") -> int:
    """How many replies a reader sees, which must be as many as the page says."""
    text = blog.get(f"/posts/{slug}").text
    standing = [reply for reply in page.replies(text) if not reply.gone]
    says = (
        "Leave a reply" if not standing else "1 reply" if len(standing) == 1 else f"{len(standing)} replies"
    )
    assert says in text
    return len(standing)


@pytest.mark.parametrize(("before", "after"), list(product(STATUSES, STATUSES)))
def test_every_decision_can_be_undone(engine_blog: Blog, before: str, after: str) -> None:
    engine_blog.post("Open")
    comment = engine_blog.reply("open", approve=False)
    for status in (before, after, before, after):
        got = decide(engine_blog, comment, status)
        assert (got.status, got.json["status"]) == (200, status)
        assert shown(engine_blog) == (status == "approved")
        assert contradictions("open") == []


@given(decisions=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(STATUSES)), max_size=12))
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_are_what_is_shown(engine_blog: Blog, decisions: list[tuple[int, str]]) -> None:
    slug = engine_blog.post()["slug"]
    comments = grow(slug, [None, 0, 0, 2])
    state = dict.fromkeys(range(4), "approved")
    for number, status in decisions:
        actions.decide([comments[number].full_id], status, by=Principal("", "a test", frozenset()))
        state[number] = status
    assert shown(engine_blog, slug) == list(state.values()).count("approved")
    assert contradictions(slug) == []


@pytest.mark.parametrize("order", ["", "oldest", "newest"])
def test_the_queue_is_in_either_order_and_pages(engine_blog: Blog, order: str) -> None:
    engine_blog.post("Open")
    left = [engine_blog.reply("open", f"Reply {number}", approve=False) for number in range(5)]
    got, at = [], "/api/comments?status=pending&limit=2" + (f"&order={order}" if order else "")
    target = at
    while target:
        answer = engine_blog.api("GET", target).json
        got += [item["id"] for item in answer["items"]]
        target = f"{at}&cursor={answer['cursor']}" if answer["cursor"] else ""
    assert sorted(got) == sorted(left)
    assert got == sorted(got, key=lambda full_id: full_id.partition(".")[2], reverse=order == "newest")


@pytest.mark.parametrize("how", ["pending", "network", "desk"])
def test_a_page_of_long_comments_ends_before_it_is_too_long(
    engine_blog: Blog, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """An answer has 6 MB at most. Here pages are of 100 kB, and a comment takes more than 30."""
    engine_blog.post("Open")
    body = "~~~\n" + "&<" * 3900 + "\n~~~"
    left = [engine_blog.reply("open", f"{number}\n\n{body}", approve=False) for number in range(9)]
    for one in left:
        came_from(one, "n1")
    monkeypatch.setattr(listing, "MOST_BYTES", 100_000)
    desk = Desk(engine_blog)
    target = first = {
        "pending": "/api/comments?limit=100",
        "network": f"/api/comments?limit=100&network_of={left[4]}",
        "desk": "/moderate",
    }[how]
    got, pages = [], 0
    while target:
        pages += 1
        answer = desk.open(target) if how == "desk" else engine_blog.api("GET", target)
        assert len(answer.text.encode()) < 150_000
        if how == "desk":
            named = [str(li.get("id")) for li in page.parse(answer.text).iter("li") if li.get("id")]
            got += [one for one in left if f"c-{one.partition('.')[2]}" in named]
            target = page.link(answer.text, "next") or ""
        else:
            got += [item["id"] for item in answer.json["items"]]
            target = f"{first}&cursor={answer.json['cursor']}" if answer.json["cursor"] else ""
    assert pages > 2
    assert sorted(got) == sorted(left)
    if how == "network":
        assert got[0] == left[4]


@pytest.mark.parametrize(
    "query", ["status=held", "order=best", "limit=0", "cursor=x", "post=1", "status=spam&status=spam"]
)
def test_a_wrong_question_to_the_queue_is_refused(engine_blog: Blog, query: str) -> None:
    assert engine_blog.api("GET", f"/api/comments?{query}").status == 400


@pytest.mark.parametrize(
    "wrong", [{}, {"status": "good"}, {"status": None}, {"why": "x"}, {"status": "spam", "html": "x"}]
)
def test_a_wrong_decision_is_refused(engine_blog: Blog, wrong: dict[str, Any]) -> None:
    engine_blog.post("Open")
    comment = engine_blog.reply("open")
    got = engine_blog.api("PATCH", f"/api/comments/{comment}", **wrong)
    assert got.status == (400 if not wrong else 422)
    assert shown(engine_blog) == 1


@pytest.mark.parametrize(
    "comment", ["x", "0000000000000.0000000000000", "0000000000000", ".", "a.b.c", "%00", "x" * 3000]
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_comment_is_not_found(engine_blog: Blog, method: str, comment: str) -> None:
    fields = {"status": "spam"} if method == "PATCH" else {}
    assert engine_blog.api(method, f"/api/comments/{comment}", **fields).status == 404


def test_a_deleted_comment_can_be_brought_back(blog: Blog) -> None:
    blog.post("Open")
    comment = blog.reply("open", "Good after all")
    assert blog.api("DELETE", f"/api/comments/{comment}").status == 204
    assert shown(blog) == 0
    assert decide(blog, comment, "approved").status == 200
    assert shown(blog) == 1


def test_a_decision_may_name_the_version_that_it_is_about(blog: Blog) -> None:
    blog.post("Open")
    comment = blog.reply("open", approve=False)
    tag = blog.api("GET", f"/api/comments/{comment}").headers["etag"]
    assert decide(blog, comment, "approved", **{"If-Match": tag}).status == 200
    assert decide(blog, comment, "spam", **{"If-Match": tag}).status == 412
    assert shown(blog) == 1


def test_what_is_decided_together_may_be_what_was_read_alone(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    read, edited, any_version = (engine_blog.reply("open", f"Text {n}", approve=False) for n in range(3))
    ids = [{"id": read, "version": 1}, {"id": edited, "version": 1}, any_version]
    engine_blog.api("PATCH", f"/api/comments/{edited}", body="Nobody has read this")
    got = engine_blog.api("POST", "/api/comments/decide", ids=ids, act="approve").json
    assert [(one["id"], one["outcome"]) for one in got["results"]] == [
        (read, "done"),
        (edited, "conflict"),
        (any_version, "done"),
    ]
    assert "Nobody has read this" not in engine_blog.get("/posts/open").text


def test_a_decision_taken_twice_is_taken_once(blog: Blog) -> None:
    blog.post("Open")
    comment = blog.reply("open")
    version = blog.api("GET", f"/api/comments/{comment}").json["version"]
    assert decide(blog, comment, "approved").json["version"] == version
    assert contradictions("open") == []


def test_a_decision_whose_reply_was_lost_is_taken_once(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("Open")
    comment = engine_blog.reply("open", approve=False)
    faults.on("TransactWriteItems", lost_reply())
    faults.on("TransactWriteItems", forgotten())
    got = decide(engine_blog, comment, "approved", **{"If-Match": '"v1"'})
    assert (got.status, got.json["version"]) == (200, 2)
    assert shown(engine_blog) == 1
    assert contradictions("open") == []


def test_of_two_decisions_with_one_version_one_is_taken(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    comment = engine_blog.reply("open", approve=False)
    tasks = [
        lambda s=s: decide(engine_blog, comment, s, **{"If-Match": '"v1"'}).status
        for s in ("approved", "spam")
    ]
    assert sorted(at_once(tasks)) == [200, 412]
    assert contradictions("open") == []


def test_decisions_that_race_leave_one_state(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    for _ in range(4):
        comment = engine_blog.reply("open", f"Reply {_}", approve=False)
        tasks = [
            lambda s=s: decide(engine_blog, comment, s).status for s in ("approved", "deleted", "spam") * 2
        ]
        assert set(at_once(tasks)) <= {200, 503}
        assert contradictions("open") == []


def test_thirty_replies_approved_at_once_are_counted_exactly(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    at_once([lambda n=n: engine_blog.reply("open", f"Reply {n}") for n in range(30)])
    assert shown(engine_blog) == 30
    assert contradictions("open") == []


def test_transactions_that_meet_on_an_item_are_tried_again(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    with Conflicts(table.client()) as conflicts:
        at_once([lambda n=n: engine_blog.reply("open", f"Reply {n}") for n in range(30)])
    assert conflicts.met
    assert shown(engine_blog) == 30
    assert contradictions("open") == []


def test_after_a_conflict_a_reply_is_counted_elsewhere(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("Open")
    used = []
    for number in range(16):
        comment = engine_blog.reply("open", f"Reply {number}", approve=False)
        faults.clear()
        faults.on("TransactWriteItems", cancelled("None", "None", "TransactionConflict"))
        assert decide(engine_blog, comment, "approved").status == 200
        used.append(
            [_tally(body) for operation, body in faults.requests if operation == "TransactWriteItems"]
        )
    assert {first for first, _ in used} == {"2n#0"}
    assert len({second for _, second in used}) > 3
    assert shown(engine_blog) == 16
    assert contradictions("open") == []


def _tally(asked: Any) -> str:
    """The sort key of the tally that a transaction counts in."""
    return next(
        str(write["Update"]["Key"]["sk"]["S"]) for write in asked["TransactItems"] if "Update" in write
    )


def test_strangers_share_no_item_when_they_reply(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    with Conflicts(table.client()) as conflicts:
        at_once([lambda n=n: engine_blog.reply("open", f"Reply {n}", approve=False) for n in range(16)])
    assert conflicts.met == 0
