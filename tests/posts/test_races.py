"""Two writers of one post."""

from __future__ import annotations

from tests.blog import Blog
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
