"""What the author's API refuses, and how it says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.markup import POST_BYTES
from tests.blog import Blog, Got

GOOD = {"title": "T", "body": "B"}
DEEP = "[" * 100_000 + "]" * 100_000


def send(blog: Blog, body: str | bytes, kind: str = "application/json", **headers: str) -> Got:
    sent = {"Authorization": f"Bearer {blog.token}", "Content-Type": kind, **headers}
    return blog.send("POST", "/api/posts", body=body, headers=sent)


def as_json(fields: dict[str, Any]) -> bytes:
    """Letters as they are, where they can be: escaped, two megabytes would be six."""
    try:
        return json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(fields).encode()


def assert_refused(blog: Blog, got: Got, status: int, field: str | None = None) -> None:
    """A typed answer that names the field and carries the id of the request; nothing is stored."""
    assert got.status == status, got.text
    assert got.headers["content-type"] == "application/problem+json"
    problem = got.json
    assert problem["status"] == status
    assert problem["request_id"] == got.headers["x-request-id"]
    assert problem["detail"].endswith((".", "…"))
    if field:
        assert field in [error["field"] for error in problem["errors"]]
    for state in ("published", "draft", "unlisted", "scheduled"):
        assert blog.api("GET", f"/api/posts?status={state}").json["items"] == []


WRONG_FIELDS: list[tuple[dict[str, Any], int, str]] = [
    ({"title": 5}, 422, "title"),
    ({"title": None}, 422, "title"),
    ({"title": ["a"]}, 422, "title"),
    ({"title": "a\nb"}, 422, "title"),
    ({"title": "a\x00b"}, 422, "title"),
    ({"title": "\ud800"}, 422, "title"),
    ({"title": "é" * 151}, 413, "title"),
    ({"title": "", "body": " \n "}, 422, "body"),
    ({"body": 1}, 422, "body"),
    ({"body": {"text": "x"}}, 422, "body"),
    ({"body": "x\x1by"}, 422, "body"),
    ({"body": "\udc00"}, 422, "body"),
    ({"body": "\uffff"}, 422, "body"),
    ({"body": "x" * (POST_BYTES + 1)}, 413, "body"),
    ({"body": "é" * (POST_BYTES // 2 + 1)}, 413, "body"),
    ({"slug": "Not a slug"}, 422, "slug"),
    ({"slug": ""}, 422, "slug"),
    ({"slug": "a/b"}, 422, "slug"),
    ({"slug": "../x"}, 422, "slug"),
    ({"slug": "a--b"}, 422, "slug"),
    ({"slug": "привет"}, 422, "slug"),
    ({"slug": "x" * 121}, 413, "slug"),
    ({"slug": 7}, 422, "slug"),
    ({"tags": "one"}, 422, "tags"),
    ({"tags": {"a": 1}}, 422, "tags"),
    ({"tags": [1]}, 422, "tags"),
    ({"tags": [["a"]]}, 422, "tags"),
    ({"tags": ["!!"]}, 422, "tags"),
    ({"tags": [""]}, 422, "tags"),
    ({"tags": ["a\nb"]}, 422, "tags"),
    ({"tags": ["\ud83d"]}, 422, "tags"),
    ({"tags": ["x" * 61]}, 413, "tags"),
    ({"tags": [f"t{n}" for n in range(31)]}, 422, "tags"),
    ({"summary": 1}, 422, "summary"),
    ({"summary": "é" * 501}, 413, "summary"),
    ({"status": "scheduled"}, 422, "status"),
    ({"status": "deleted"}, 422, "status"),
    ({"status": "Published"}, 422, "status"),
    ({"status": 1}, 422, "status"),
    ({"status": ["draft"]}, 422, "status"),
    ({"published_at": "tomorrow"}, 422, "published_at"),
    ({"published_at": 1700000000}, 422, "published_at"),
    ({"published_at": "2026-11-23T10:00:00"}, 422, "published_at"),
    ({"published_at": "2026-02-30"}, 422, "published_at"),
    ({"status": "unlisted", "published_at": "2999-01-01"}, 422, "published_at"),
    ({"titel": "x"}, 422, "titel"),
    ({"\ud800": 1}, 422, "?"),
    ({"id": "0000000000000"}, 422, "id"),
    ({"version": 9}, 422, "version"),
    ({"created_at": "2020-01-01"}, 422, "created_at"),
    ({"updated_at": "2020-01-01"}, 422, "updated_at"),
    ({"was_public": True}, 422, "was_public"),
    ({"words": 1}, 422, "words"),
    ({"html": "<b>"}, 422, "html"),
    ({"pk": "SITE"}, 422, "pk"),
]


@pytest.mark.parametrize(("wrong", "status", "field"), WRONG_FIELDS, ids=lambda value: str(value)[:40])
def test_a_wrong_field_is_named(engine_blog: Blog, wrong: dict[str, Any], status: int, field: str) -> None:
    assert_refused(engine_blog, send(engine_blog, as_json({**GOOD, **wrong})), status, field)


def test_every_wrong_field_is_named_at_once(engine_blog: Blog) -> None:
    got = send(engine_blog, json.dumps({"title": 1, "tags": 2, "colour": 3}))
    assert [error["field"] for error in got.json["errors"]] == ["title", "tags", "colour"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("", 400, "not JSON"),
        ("{", 400, "not JSON"),
        ('{"title": NaN}', 400, "NaN"),
        ('{"title": "a", "title": "b"}', 422, "twice"),
        ("[]", 400, "object"),
        ("null", 400, "object"),
        ('"post"', 400, "object"),
        (DEEP, 400, "deep"),
        ('{"tags": ' + DEEP + "}", 400, "deep"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, 400, "deep"),
        (b'{"title": "\xff"}', 400, "UTF-8 at byte 11"),
        ('{"title": "a\x01b"}', 400, "not JSON"),
        ('{"title": ' + "1" * 10_000 + "}", 400, "number"),
        ('{"title": "' + "x" * 1_400_000 + '"}', 413, "bytes"),
    ],
    ids=lambda value: str(value)[:25],
)
def test_a_body_that_is_no_good_json_is_refused(
    engine_blog: Blog, body: str | bytes, status: int, says: str
) -> None:
    got = send(engine_blog, body)
    assert_refused(engine_blog, got, status)
    assert says in got.json["detail"]


def test_an_over_long_body_is_told_both_numbers(engine_blog: Blog) -> None:
    detail = send(engine_blog, json.dumps({**GOOD, "body": "x" * (POST_BYTES + 5)})).json["detail"]
    assert f"{POST_BYTES:,} bytes" in detail
    assert f"{POST_BYTES + 5:,}" in detail


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "jsonp/x",
    ],
)
def test_a_wrong_content_type_is_refused(engine_blog: Blog, kind: str) -> None:
    assert_refused(engine_blog, send(engine_blog, json.dumps(GOOD), kind), 415)


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/ld+json"]
)
def test_json_comes_under_several_names(engine_blog: Blog, kind: str) -> None:
    assert send(engine_blog, json.dumps(GOOD), kind).status == 201


@pytest.mark.parametrize(
    ("document", "status", "says"),
    [
        ("---\ntitle: x\n", 400, "never ends"),
        ("---\ntitle: [\n---\n", 400, "not YAML"),
        ("---\n- a\n---\nx", 400, "lines such as"),
        ("---\n? [a]\n: b\n---\nx", 400, "not YAML"),
        ("---\na: &a [1]\nb: *a\n---\nx", 400, "alias"),
        ("---\nbody: x\n---\nx", 400, "below"),
        ("---\ntitle: " + "x" * 11_000 + "\n---\nx", 400, "10,000"),
        ("---\ntitle: !!python/object/apply:os.system [x]\n---\nx", 422, "must be text"),
        ("---\ntags: " + "[" * 500 + "\n---\nx", 400, "not YAML"),
        ("---\ncolour: red\n---\nx", 422, "colour"),
        ("---\ntitle: [a]\n---\nx", 422, "must be text"),
        ("---\ntitle: a\ntitle: b\n---\nx", 400, "twice"),
        ("---\ntags: {a: 1}\n---\nx", 422, "list"),
        ('---\ntitle: "\\ud800"\n---\nx', 422, "surrogate"),
        ("---\n1: x\n---\nx", 422, "not a field"),
        ("", 422, "title or a body"),
    ],
    ids=lambda value: str(value)[:25],
)
def test_a_wrong_document_is_refused(engine_blog: Blog, document: str, status: int, says: str) -> None:
    got = send(engine_blog, document, "text/markdown")
    assert_refused(engine_blog, got, status)
    assert says in got.json["detail"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "GET"])
@pytest.mark.parametrize(
    "post_id", ["0000000000000", "x", "hello", "%00", "%F0%9F%92%A9", "A" * 3000, "..", "%2e%2e%2f"]
)
def test_an_unknown_id_is_not_found(engine_blog: Blog, method: str, post_id: str) -> None:
    fields = {"title": "x"} if method == "PATCH" else {}
    got = engine_blog.api(method, f"/api/posts/{post_id}", **fields)
    assert got.status == 404
    assert got.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "wrong", [{"title": "", "body": ""}, {"title": 1}, {"tags": ["a"] * 31}, {"colour": 1}]
)
def test_a_refused_change_changes_nothing(engine_blog: Blog, wrong: dict[str, Any]) -> None:
    post = engine_blog.post()
    assert engine_blog.api("PATCH", f"/api/posts/{post['id']}", **wrong).status == 422
    assert engine_blog.api("GET", f"/api/posts/{post['id']}").json | {"warnings": []} == post


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=ten",
        "limit=1.5",
        "limit=",
        "limit=%D9%A3",
        "limit=1&limit=2",
        "limit=0010",
    ],
)
def test_a_wrong_limit_is_refused(engine_blog: Blog, query: str) -> None:
    assert_refused(engine_blog, engine_blog.api("GET", f"/api/posts?{query}"), 400)


@pytest.mark.parametrize("query", ["status=none", "state=draft", "page=2", "status=draft&status=draft"])
def test_a_wrong_parameter_is_refused(engine_blog: Blog, query: str) -> None:
    assert_refused(engine_blog, engine_blog.api("GET", f"/api/posts?{query}"), 400)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/api/posts?lmit=1"),
        ("PATCH", "/api/posts/{id}?x=1"),
        ("DELETE", "/api/posts/{id}?x=1"),
        ("GET", "/api/posts/{id}?x=1"),
    ],
)
def test_a_parameter_that_nothing_reads_is_refused(engine_blog: Blog, method: str, target: str) -> None:
    post = engine_blog.post("Open")
    got = engine_blog.api(
        method, target.format(id=post["id"]), **({"title": "New"} if method != "GET" else {})
    )
    assert (got.status, "is not a parameter here" in got.text) == (400, True)
    assert engine_blog.api("GET", f"/api/posts/{post['id']}").json["title"] == "Open"
