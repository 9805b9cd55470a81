"""Strings known to break programs, in every field: kept exactly, or refused cleanly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.comments.model import COMMENT_FIELDS
from chalicelib.core import text
from chalicelib.core.fields import Fields
from chalicelib.core.problems import Invalid
from chalicelib.posts.model import POST_FIELDS
from tests import page
from tests.blog import Blog

FILE = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "naughty_strings" / "blns.json"
OWN = [
    "",
    " ",
    "\u2028",
    "\u0085",
    "\ufeff",
    "\ufdd0",
    "\U0010ffff",
    "e\u0301",
    "\u202e",
    "%s%n",
    "\\",
    "'",
    "{{7*7}}",
    "𝒳",
    "a" * 5000,
]


def strings() -> list[str]:
    if not FILE.exists():
        pytest.skip(
            f"the corpus of naughty strings is not beside this checkout ({FILE.parent.name}/{FILE.name})"
        )
    return [*json.loads(FILE.read_text()), *OWN]


def test_the_corpus_is_large() -> None:
    assert len(strings()) > 500


def attempt(fields: Fields, field: str, string: str) -> tuple[str | None, list[str]]:
    """The value as it is read, or the names of the fields that are refused."""
    try:
        return fields.read({field: string})[field], []
    except Invalid as problem:
        return None, [error["field"] for error in problem.errors]


@pytest.mark.parametrize("field", ["title", "body", "summary", "slug", "status", "published_at"])
def test_a_field_of_a_post_is_kept_exactly_or_refused(field: str) -> None:
    for string in strings():
        read, refused = attempt(POST_FIELDS, field, string)
        whole = string if field in ("body", "summary") else string.strip()
        assert refused == [field] or field == "published_at" or read == whole


@pytest.mark.parametrize("field", ["name", "body", "email", "website", "parent"])
def test_a_field_of_a_reply_is_kept_or_refused(field: str) -> None:
    for string in strings():
        read, refused = attempt(COMMENT_FIELDS, field, string)
        whole = {"name": text.plain_name(string), "body": string}.get(field, string.strip())
        assert refused == [field] or read in (whole, f"https://{whole}")


def test_posts_of_naughty_strings_come_back_exactly(engine_blog: Blog) -> None:
    kept = 0
    for at, group in enumerate(groups(_fitting("title", 300), 12)):
        for string in group[:1]:
            post = engine_blog.post(
                string, "\n\n".join(group), tags=_tags(group), slug=f"post-{at}", summary=string
            )
            read = engine_blog.api("GET", f"/api/posts/{post['id']}").json
            assert (read["title"], read["body"], read["summary"]) == (
                string.strip(),
                "\n\n".join(group),
                string,
            )
            assert read | {"warnings": post["warnings"]} == post
            shown = engine_blog.get(f"/posts/post-{at}")
            assert shown.status == 200
            kept += 1
    assert kept > 30
    assert engine_blog.get("/").status == 200


def test_naughty_titles_are_shown_as_they_are(engine_blog: Blog) -> None:
    for at, string in enumerate(_fitting("title", 300)[::9]):
        slug = engine_blog.post(string or "x", "Text", slug=f"post-{at}")["slug"]
        heading = next(page.parse(engine_blog.get(f"/posts/{slug}").text).iter("h1"))
        assert page.words(heading) == (" ".join(string.split()) or "x")


def test_naughty_titles_give_addresses_that_work(engine_blog: Blog) -> None:
    for string in _fitting("title", 300)[::9]:
        post = engine_blog.post(string, "Text")
        assert engine_blog.get(f"/posts/{quote(post['slug'])}").status == 200


def test_replies_of_naughty_strings_are_stored_or_refused(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    for at, string in enumerate(strings()[::4]):
        sent: dict[str, str] = {"name": string, "body": f"{string}\n{at}", "email": string, "website": string}
        statuses = {engine_blog.form("/posts/open/comments", **sent).status}
        statuses.add(
            engine_blog.form("/posts/open/comments", name=string[:20], body=f"{string}\n{at}").status
        )
        assert statuses <= {303, 413, 422}
    held = engine_blog.api("GET", "/api/comments?limit=100").json["items"]
    assert len(held) > 60
    kept = {comment["body"].rpartition("\n")[0] for comment in held}
    assert kept <= {string.replace("\r\n", "\n").replace("\r", "\n") for string in strings()}


def test_naughty_addresses_and_parameters_never_break_anything(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    token = {"Authorization": f"Bearer {engine_blog.token}"}
    for string in strings()[::3]:
        part = quote(string[:200].encode(errors="replace"), safe="")
        for target in (f"/posts/{part}", f"/{part}", f"/?after={part}", f"/?{part}=1", f"/replies/{part}"):
            assert engine_blog.get(target).status in (200, 301, 400, 404), target
        for target in (
            f"/api/posts?cursor={part}",
            f"/api/posts?limit={part}",
            f"/api/comments?status={part}",
        ):
            assert engine_blog.send("GET", target, headers=token).status in (200, 400), target


def _fitting(field: str, most: int) -> list[str]:
    """The strings that a field takes."""

    read = {string: attempt(POST_FIELDS, field, string)[0] for string in strings()}
    return [string for string, value in read.items() if value and len(value.encode()) <= most]


def groups(all_strings: list[str], size: int) -> list[list[str]]:
    return [all_strings[at : at + size] for at in range(0, len(all_strings), size)]


def _tags(group: list[str]) -> list[Any]:
    return [tag for tag in group if text.slugify(tag) and len(tag.encode()) <= 60]
