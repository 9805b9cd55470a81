"""A function that dies at any call to the storage, before or after it took effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.blog import Blog, Got
from tests.comments.threads import contradictions
from tests.conftest import unmake_site
from tests.faults import Died, Fault, Faults, die_after, die_before

AT_MOST = 60
FAULTS = pytest.mark.parametrize("fault", [die_before, die_after])


def deaths(faults: Faults, fault: Callable[[], Fault], action: Callable[[int], Got]) -> Iterator[int]:
    """Let `action` die at its first call, its second, and so on; ends when it survives."""
    for number in range(AT_MOST):
        faults.clear()
        faults.on("*", fault(), skip=number)
        try:
            assert action(number).status < 400
        except Died:
            faults.clear()
            yield number
        else:
            assert number > 1
            return
    raise AssertionError(f"more than {AT_MOST} calls")


@FAULTS
def test_a_post_is_created_whole_or_not_at_all(engine_blog: Blog, faults: Faults, fault: Any) -> None:
    def create(number: int) -> Got:
        headers = {"Idempotency-Key": f"key {number}"}
        return engine_blog.api(
            "POST", "/api/posts", _headers=headers, title=f"Post {number}", body=f"Text {number}"
        )

    for number in deaths(faults, fault, create):
        before = engine_blog.get(f"/posts/post-{number}")
        assert before.status == 404 or f"Text {number}" in before.text
        assert engine_blog.get("/").text.count(f">Post {number}<") == (before.status == 200)
        assert create(number).json["slug"] == f"post-{number}"
        assert f"Text {number}" in engine_blog.get(f"/posts/post-{number}").text
        assert engine_blog.get("/").text.count(f">Post {number}<") == 1


@FAULTS
@pytest.mark.parametrize("status", ["draft", "published"])
def test_a_post_is_renamed_whole_or_not_at_all(
    engine_blog: Blog, faults: Faults, fault: Any, status: str
) -> None:
    made = [engine_blog.post(f"Post {number}", f"Old {number}", status=status) for number in range(AT_MOST)]

    def edit(number: int) -> Got:
        headers = {"Idempotency-Key": f"key {number}"}
        target = f"/api/posts/{made[number]['id']}"
        return engine_blog.api(
            "PATCH", target, _headers=headers, slug=f"new-{number}", body=f"New {number}", status="published"
        )

    for number in deaths(faults, fault, edit):
        now = engine_blog.api("GET", f"/api/posts/{made[number]['id']}").json
        assert (now["slug"], now["body"]) in [
            (f"post-{number}", f"Old {number}"),
            (f"new-{number}", f"New {number}"),
        ]
        assert now["body"] in now["html"]
        assert edit(number).json["version"] == 2
        assert f"New {number}" in engine_blog.get(f"/posts/new-{number}").text
        assert engine_blog.get(f"/posts/post-{number}").status == (301 if status == "published" else 404)


@FAULTS
def test_a_reply_is_kept_once(engine_blog: Blog, faults: Faults, fault: Any) -> None:
    engine_blog.post("Open")

    def leave(number: int) -> Got:
        return engine_blog.form("/posts/open/comments", name="Ann", body=f"Reply {number}")

    for number in deaths(faults, fault, leave):
        assert engine_blog.get("/posts/open").status == 200
        assert engine_blog.get(leave(number).headers["location"]).status == 200
        held = engine_blog.api("GET", "/api/comments?limit=100").json["items"]
        assert [item["body"] for item in held].count(f"Reply {number}") == 1


@FAULTS
@pytest.mark.parametrize(("first", "then"), [("pending", "approved"), ("approved", "deleted")])
def test_a_decision_is_taken_whole_or_not_at_all(
    engine_blog: Blog, faults: Faults, fault: Any, first: str, then: str
) -> None:
    engine_blog.post("Open")
    comments = [
        engine_blog.reply("open", f"Reply {number}", approve=first == "approved") for number in range(AT_MOST)
    ]

    def decide(number: int) -> Got:
        return engine_blog.api("PATCH", f"/api/comments/{comments[number]}", status=then)

    for number in deaths(faults, fault, decide):
        assert contradictions("open") == []
        assert decide(number).json["status"] == then
        assert contradictions("open") == []


@FAULTS
def test_a_blog_whose_first_request_died_is_set_up_by_the_next(
    engine_blog: Blog, faults: Faults, fault: Any
) -> None:
    unmake_site()
    faults.on("PutItem", fault())
    with pytest.raises(Died):
        engine_blog.get("/")
    assert engine_blog.get("/").status == 200
