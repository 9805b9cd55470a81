"""Two writers of one post."""

from __future__ import annotations

from typing import Any

import pytest

from tests.blog import Blog, Got
from tests.faults import Faults, at_once, forgotten, lost_reply


def test_of_two_writers_with_one_version_one_wins(engine_blog: Blog) -> None:
    post = engine_blog.post()
    target = f"/api/posts/{post['id']}"
    for version in range(1, 5):
        tag = {"If-Match": f'"v{version}"'}
        tasks = [
            lambda n=n: engine_blog.api("PATCH", target, _headers=tag, title=f"{version}{n}") for n in "ab"
        ]
        assert sorted(got.status for got in at_once(tasks)) == [200, 412]


def as_told(got: Got) -> dict[str, Any]:
    """A post without what a write alone answers, and what a job may tell meanwhile."""
    return {name: value for name, value in got.json.items() if name not in ("warnings", "announced_at")}


SENT = {"title": "New", "status": "draft", "slug": "new", "comments_close_at": "2030-01-01", "body": "New"}


@pytest.mark.parametrize("name", [*SENT, "DELETE"])
def test_who_comes_second_is_told_and_changes_nothing(blog: Blog, name: str) -> None:
    """Whatever the second one wanted; the answer names the version that there is."""
    target = f"/api/posts/{blog.post()['id']}"
    first = blog.api("PATCH", target, _headers={"If-Match": '"v1"'}, summary="First")
    assert (first.status, first.headers["etag"]) == (200, '"v2"')
    stale = {"If-Match": '"v1"'}
    if name == "DELETE":
        got = blog.api("DELETE", target, _headers=stale)
    else:
        got = blog.api("PATCH", target, _headers=stale, **{name: SENT[name]})
    assert got.status == 412
    assert "version 2. Read it again" in got.json["detail"]
    assert as_told(blog.api("GET", target)) == as_told(first)
    again = {"If-Match": '"v2"'}
    fields = {name: SENT[name]} if name in SENT else {"status": "draft"}
    assert blog.api("PATCH", target, _headers=again, **fields).headers["etag"] == '"v3"'


def test_of_many_editors_at_once_one_wins_each_round(engine_blog: Blog) -> None:
    target = f"/api/posts/{engine_blog.post()['id']}"
    for version in range(1, 4):
        tag = {"If-Match": f'"v{version}"'}
        tasks = [
            lambda n=n: engine_blog.api("PATCH", target, _headers=tag, **{n: SENT[n]})
            for n in ("title", "comments_close_at", "body")
        ]
        SENT.update(title=f"New {version}", comments_close_at=f"203{version}-01-01", body=f"New {version}")
        got = at_once(tasks)
        assert sorted(one.status for one in got) == [200, 412, 412]
        (won,) = [one for one in got if one.status == 200]
        assert as_told(won) == as_told(engine_blog.api("GET", target))


def test_without_a_version_both_changes_land(engine_blog: Blog) -> None:
    target = f"/api/posts/{engine_blog.post()['id']}"
    changes = [{"title": "New"}, {"tags": ["new"]}, {"summary": "New"}]
    got = at_once(
        [lambda fields=fields: engine_blog.api("PATCH", target, **fields).status for fields in changes]
    )
    assert got == [200, 200, 200]
    post = engine_blog.api("GET", target).json
    assert (post["title"], post["tags"], post["summary"], post["version"]) == ("New", ["new"], "New", 4)


def test_a_change_and_a_deletion_leave_one_or_the_other(engine_blog: Blog) -> None:
    for _ in range(4):
        target = f"/api/posts/{engine_blog.post()['id']}"
        changed, deleted = at_once(
            [
                lambda: engine_blog.api("PATCH", target, title="New").status,
                lambda: engine_blog.api("DELETE", target).status,
            ]
        )
        assert deleted == 204
        assert engine_blog.api("GET", target).json["title"] == ("New" if changed == 200 else "A post")
        assert engine_blog.api("GET", target).json["status"] == "deleted"


def test_an_edit_whose_reply_was_lost_is_not_a_lost_race(engine_blog: Blog, faults: Faults) -> None:
    post = engine_blog.post()
    faults.on("TransactWriteItems", lost_reply())
    faults.on("TransactWriteItems", forgotten())
    got = engine_blog.api("PATCH", f"/api/posts/{post['id']}", _headers={"If-Match": '"v1"'}, title="New")
    assert (got.status, got.json["version"]) == (200, 2)


def test_a_draft_is_found_while_it_is_renamed(engine_blog: Blog) -> None:
    post = engine_blog.post("Draft", status="draft")
    target = f"/api/posts/{post['id']}"
    renames = [lambda n=n: engine_blog.api("PATCH", target, slug=f"draft-{n}") for n in range(12)]
    looks = [lambda: engine_blog.api("GET", target)] * 36
    statuses = {got.status for got in at_once([*renames, *looks])}
    assert 404 not in statuses
    assert statuses <= {200, 503}
