"""`Idempotency-Key`: the same write sent again is done once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.blog import Blog, Got
from tests.conftest import Moment
from tests.faults import Faults, at_once, forgotten, lost_reply, lost_request

KEY = {"Idempotency-Key": "6f1c"}


def create(blog: Blog, key: dict[str, str] | None = None, **fields: Any) -> Got:
    return blog.api("POST", "/api/posts", _headers=key or KEY, **({"title": "Once", "body": "b"} | fields))


def count(blog: Blog) -> int:
    return len(blog.api("GET", "/api/posts?limit=100").json["items"])


def essence(got: Got) -> tuple[int, str, str]:
    return got.status, got.headers["location"], got.json["id"]


def test_a_repeat_gives_the_same_answer_and_one_post(blog: Blog) -> None:
    first = create(blog)
    assert first.status == 201
    assert essence(create(blog)) == essence(first)
    assert count(blog) == 1


def test_ten_at_once_make_one_post(engine_blog: Blog) -> None:
    answers = at_once([lambda: create(engine_blog)] * 10)
    assert len({essence(answer) for answer in answers}) == 1
    assert answers[0].status == 201
    assert count(engine_blog) == 1


@pytest.mark.parametrize("slug", [None, "wanted"])
def test_a_lost_reply_is_found_again(engine_blog: Blog, faults: Faults, slug: str | None) -> None:
    fields = {"slug": slug} if slug else {}
    faults.on("TransactWriteItems", lost_reply(), times=3)
    first = create(engine_blog, **fields)
    again = create(engine_blog, **fields)
    assert essence(again)[0] == 201
    assert first.status in (201, 503)
    assert count(engine_blog) == 1


def test_a_lost_request_is_done_by_the_repeat(engine_blog: Blog, faults: Faults) -> None:
    faults.on("TransactWriteItems", lost_request(), times=3)
    assert create(engine_blog).status == 503
    assert count(engine_blog) == 0
    assert create(engine_blog).status == 201
    assert count(engine_blog) == 1


def test_a_lost_reply_without_a_key_makes_one_post_as_well(engine_blog: Blog, faults: Faults) -> None:
    faults.on("TransactWriteItems", lost_reply())
    faults.on("TransactWriteItems", forgotten())
    post = engine_blog.post("No key")
    assert (post["slug"], count(engine_blog)) == ("no-key", 1)


def test_a_key_is_good_for_one_request(blog: Blog) -> None:
    create(blog)
    other = create(blog, title="Other")
    assert other.status == 422
    assert other.json["errors"][0]["field"] == "Idempotency-Key"
    assert count(blog) == 1


def test_other_keys_make_other_posts(blog: Blog) -> None:
    slugs = [create(blog, {"Idempotency-Key": key}).json["slug"] for key in "abc"]
    assert slugs == ["once", "once-2", "once-3"]


def test_a_key_belongs_to_its_token(engine_blog: Blog) -> None:
    made = engine_blog.api("POST", "/api/tokens", name="other", scopes=["create", "read"]).json
    create(engine_blog)
    other = Blog(engine_blog.gateway._app, made["token"])
    assert create(other).json["slug"] == "once-2"


def test_a_key_is_kept_for_a_day(blog: Blog, moment: Moment) -> None:
    first = create(blog)
    moment.forward(hours=24)
    assert essence(create(blog)) == essence(first)
    moment.forward(seconds=1)
    assert create(blog).json["id"] != first.json["id"]


def test_an_expired_key_may_be_used_for_another_request(blog: Blog, moment: Moment) -> None:
    create(blog)
    moment.forward(hours=25)
    assert create(blog, title="Other").status == 201


@pytest.mark.parametrize(("key", "status"), [("", 400), ("x" * 256, 400), ("x" * 255, 201), ("é ?&", 201)])
def test_a_key_has_a_length(engine_blog: Blog, key: str, status: int) -> None:
    assert create(engine_blog, {"Idempotency-Key": key}).status == status


def test_a_refused_request_does_not_use_its_key_up(engine_blog: Blog) -> None:
    assert create(engine_blog, title=5).status == 422
    assert create(engine_blog).status == 201


def test_an_edit_is_done_once(engine_blog: Blog) -> None:
    post = engine_blog.post()
    edited = [
        engine_blog.api(
            "PATCH", f"/api/posts/{post['id']}", _headers={**KEY, "If-Match": '"v1"'}, title="New"
        )
        for _ in range(2)
    ]
    assert [got.status for got in edited] == [200, 200]
    assert {got.json["version"] for got in edited} == {2}


def test_the_key_of_an_edit_that_changed_nothing_is_used_up_too(engine_blog: Blog) -> None:
    post = engine_blog.post("Same")
    target = f"/api/posts/{post['id']}"
    assert engine_blog.api("PATCH", target, _headers=KEY, title="Same").status == 200
    assert engine_blog.api("PATCH", target, _headers=KEY, title="Other").status == 422


def test_a_deletion_is_done_once(engine_blog: Blog) -> None:
    post = engine_blog.post()
    target = f"/api/posts/{post['id']}"
    assert engine_blog.api("DELETE", target, _headers=KEY).status == 204
    engine_blog.api("PATCH", target, status="published")
    assert engine_blog.api("DELETE", target, _headers=KEY).status == 204
    assert engine_blog.api("GET", target).json["status"] == "published"


def test_strangers_may_choose_the_same_key(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    answers = [
        _reply(engine_blog, name, network)
        for name, network in (("Ann", "198.51.100.1"), ("Bo", "203.0.113.1"))
    ]
    assert [got.status for got in answers] == [201, 201]


def test_a_stranger_does_not_learn_another_ones_address_by_its_key(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    mine, theirs = (_reply(engine_blog, "Ann", network) for network in ("198.51.100.1", "203.0.113.1"))
    assert mine.json["url"] != theirs.json["url"]


def _reply(blog: Blog, name: str, network: str) -> Got:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "1"}
    body = json.dumps({"name": name, "body": "b"})
    return blog.send("POST", "/posts/open/comments", body=body, headers=headers, source_ip=network)
