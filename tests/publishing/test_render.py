"""Markdown that is only looked at."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.markup import IN_REQUEST_BYTES, POST_BYTES
from tests.blog import Blog, Got
from tests.faults import Faults

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}


def render(blog: Blog, **fields: Any) -> Got:
    return blog.api("POST", "/api/render", **fields)


def document(blog: Blog, text: str, target: str = "/api/render") -> Got:
    headers = {"Authorization": f"Bearer {blog.token}", "Content-Type": "text/markdown"}
    return blog.send("POST", target, body=text, headers=headers)


def test_a_text_is_rendered_as_publishing_would(blog: Blog) -> None:
    sent = {"title": "T", "body": "# One\n\n*Words* and “more” words.\n" * 90, "language": "de"}
    got = render(blog, **sent)
    assert got.status == 200
    assert set(got.json) == {"html", "excerpt", "words", "reading_minutes", "warnings"}
    post = blog.post(**sent)
    assert {name: got.json[name] for name in ("html", "excerpt", "words")} == {
        name: post[name] for name in ("html", "excerpt", "words")
    }
    assert got.json["reading_minutes"] == 2


def test_a_document_is_rendered_too(engine_blog: Blog) -> None:
    got = document(engine_blog, "---\ntitle: T\ntags: [a]\nlanguage: ar\n---\nSome *text*.\n")
    assert (got.status, got.json["html"], got.json["words"]) == (200, "<p>Some <em>text</em>.</p>", 2)


def test_nothing_is_written(engine_blog: Blog, faults: Faults) -> None:
    def stored() -> list[dict[str, Any]]:
        return sorted(engine_blog.everything(), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    render(engine_blog, body="x")
    faults.clear()
    before = stored()
    assert render(engine_blog, title="A title", body="A secret").status == 200
    assert not WRITES & set(faults.calls)
    assert stored() == before
    assert document(engine_blog, "x").status == 200
    assert stored() == before


WRONG: list[dict[str, Any]] = [
    {},
    {"body": ""},
    {"body": " \n"},
    {"body": 3},
    {"body": "a\x00b"},
    {"body": "x" * (POST_BYTES + 1)},
    {"body": "x", "language": "?"},
    {"body": "x", "title": "\u200b"},
    {"body": "x", "unknown": 1},
    {"body": "x", "type": "page", "slug": "preview"},
    {"body": "> " * 5000 + "x"},
    {"body": "[" * 60_000},
]


@pytest.mark.parametrize("fields", WRONG, ids=range(len(WRONG)))
def test_what_publishing_refuses_is_refused_in_the_same_words(
    engine_blog: Blog, fields: dict[str, Any]
) -> None:
    got, published = render(engine_blog, **fields), engine_blog.api("POST", "/api/posts", **fields)
    assert got.status == published.status >= 400
    told, same = got.json, published.json
    del told["request_id"], same["request_id"]
    assert told == same


def test_what_the_worker_would_render_is_not_rendered_at_once(engine_blog: Blog) -> None:
    assert render(engine_blog, body="word " * (IN_REQUEST_BYTES // 5)).status == 200
    got = render(engine_blog, body="x" * (IN_REQUEST_BYTES + 1))
    assert (got.status, got.json["errors"][0]["field"]) == (413, "body")
    assert "Keep it as a draft" in got.json["detail"]


def test_other_content_types_are_refused(engine_blog: Blog) -> None:
    headers = {"Authorization": f"Bearer {engine_blog.token}", "Content-Type": "text/plain"}
    assert engine_blog.send("POST", "/api/render", body="x", headers=headers).status == 415
    assert document(engine_blog, "---\ntitle: x\n").status == 400


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("*_`[]()#\n> |"),
        min_size=1,
    )
)
def test_whatever_is_sent_is_rendered_or_refused(engine_blog: Blog, body: str) -> None:
    got = render(engine_blog, title="T", body=body)
    assert got.status in (200, 422), got.text
    assert "<script" not in got.text.lower()
