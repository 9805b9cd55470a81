"""Many readers and authors at once, with transactions cancelled that meet on an item, as DynamoDB does."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from chalicelib.core import jobs, table
from tests import page
from tests.blog import Blog, Got
from tests.comments.threads import contradictions
from tests.conftest import GUARDED
from tests.faults import Conflicts, Faults, at_once, die_after, die_before
from tests.lists.standing import finish_jobs

PEOPLE = 200
TOGETHER = 40


def send(blog: Blog, number: int, **fields: str) -> Got:
    sent = json.dumps({"name": f"Reader {number}", "body": f"What reader {number} thinks of it", **fields})
    headers = {"Content-Type": "application/json"}
    return blog.send(
        "POST",
        "/posts/open/comments",
        body=sent,
        headers=headers,
        source_ip=f"198.{number // 250}.{number}.1",
    )


def in_crowds(blog: Blog, statuses: set[int]) -> list[Got]:
    """Everybody once, and who was told to try again, again."""
    waiting, done = list(range(PEOPLE)), {}
    while waiting:
        crowd, waiting = waiting[:TOGETHER], waiting[TOGETHER:]
        for number, got in zip(crowd, at_once([lambda n=n: send(blog, n) for n in crowd]), strict=True):  # type: ignore[misc]
            assert got.status in statuses
            if got.status == 503:
                waiting.append(number)
            else:
                done[number] = got
    return [done[number] for number in range(PEOPLE)]


@pytest.mark.parametrize("hold", ["none", "all"])
def test_two_hundred_commenters_lose_and_invent_nothing(engine_blog: Blog, hold: str) -> None:
    engine_blog.post("Open")
    guarded = {**GUARDED, "comments_form_seconds": 0, "comments_form_hours": 0}
    engine_blog.api("PATCH", "/api/settings", comments_hold=hold, **guarded)
    with Conflicts(table.client()) as between:
        sent = in_crowds(engine_blog, {201, 503})
    assert hold == "all" or between.met > 0
    ids = [got.json["id"] for got in sent]
    assert len(set(ids)) == PEOPLE
    assert {got.json["status"] for got in sent} == {"approved" if hold == "none" else "pending"}
    with Conflicts(table.client()):
        decisions = Counter(
            got.status
            for at in range(0, PEOPLE, TOGETHER)
            for got in at_once(
                [
                    lambda one=one: engine_blog.api("PATCH", f"/api/comments/{one}", status="approved")  # type: ignore[misc]
                    for one in ids[at : at + TOGETHER]
                ]
            )
        )
    assert set(decisions) <= {200, 503}
    for one in ids:
        assert engine_blog.api("PATCH", f"/api/comments/{one}", status="approved").status == 200
    assert contradictions("open") == []
    shown, target = [], "/posts/open"
    while target:
        got = engine_blog.get(target).text
        shown += page.reply_ids(got)
        target = page.link(got, "next") or ""
    assert sorted(shown) == sorted(one.partition(".")[2] for one in ids)


def test_ten_of_one_network_at_once_are_two(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    engine_blog.api("PATCH", "/api/settings", **GUARDED)
    with Conflicts(table.client()):
        got = at_once([lambda n=n: send_from_one_network(engine_blog, n) for n in range(10)])  # type: ignore[misc]
    statuses = Counter(each.status for each in got)
    assert set(statuses) <= {201, 429, 503}
    assert statuses[201] <= 2
    held = engine_blog.api("GET", "/api/comments?limit=100").json["items"]
    assert len(held) == statuses[201]


def send_from_one_network(blog: Blog, number: int) -> Got:
    sent = json.dumps({"name": "Ann", "body": f"Thought number {number} of the day"})
    headers = {"Content-Type": "application/json"}
    return blog.send(
        "POST", "/posts/open/comments", body=sent, headers=headers, source_ip=f"192.0.2.{number}"
    )


@pytest.mark.parametrize("fault", [die_before, die_after])
def test_a_guarded_reply_is_kept_once_whatever_call_dies(
    engine_blog: Blog, faults: Faults, fault: object
) -> None:
    """With windows, texts, addresses and jobs beside it in its transaction."""
    engine_blog.post("Open")
    engine_blog.api("PATCH", "/api/settings", **GUARDED)
    for skip in range(12):
        faults.clear()
        faults.on("*", fault(), skip=skip)  # type: ignore[operator]
        fields = {"email": "ann@example.org", "website": "https://ann.example"}
        try:
            send(engine_blog, skip, **fields)
            died = False
        except BaseException:  # noqa: BLE001 - the death
            died = True
        faults.clear()
        assert send(engine_blog, skip, **fields).status == 201
        held = engine_blog.api("GET", "/api/comments?limit=100").json["items"]
        assert [item["name"] for item in held].count(f"Reader {skip}") == 1
        if not died:
            break
    else:
        raise AssertionError("every call was a death")
    finish_jobs()
    assert jobs.dead(10) == []
