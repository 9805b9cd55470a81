"""The author's API for what a post was before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from chalicelib.core import answers, clock, web
from chalicelib.core.answers import Answer
from chalicelib.core.difference import MOST_CHANGED, Hunk, Piece, merged, unified
from chalicelib.core.fields import Fields
from chalicelib.core.idempotency import idempotency
from chalicelib.core.listing import cursor, limit_from, position
from chalicelib.core.problems import BadRequest, Invalid
from chalicelib.core.requests import Request
from chalicelib.posts.actions import require_post
from chalicelib.posts.model import Post, Revision
from chalicelib.posts.revisions import (
    Change,
    Difference,
    difference,
    list_revisions,
    require_pair,
    require_revision,
    restore_revision,
)
from chalicelib.publishing.routes import show_post

routes = web.Routes()

FORMATS = ("json", "text")
LARGEST_ANSWER = answers.MOST_CARRIED
NOTHING = Fields()


@routes.get("/api/posts/{post_id}/revisions", scope="read", takes=("limit", "cursor"))
def show_revisions(request: Request, post_id: str) -> Answer:
    """The newest first, without their texts."""
    post = require_post(post_id)
    listing = f"revisions {post.id}"
    found = list_revisions(post, limit_from(request), position(listing, request.parameter("cursor")))
    more = cursor(listing, found.last) if found.more else None
    items = [_outline(post, revision) for revision in found.items]
    return answers.of_json({"items": items, "cursor": more}, headers=answers.version_tag(post.version))


@routes.get("/api/posts/{post_id}/revisions/{number}", scope="read")
def show_revision(_: Request, post_id: str, number: str) -> Answer:
    post = require_post(post_id)
    revision = require_revision(post, number)
    whole = {**_outline(post, revision), "size": len(revision.source.encode())}
    content = {**whole, **revision.kept, "body": revision.source}
    return answers.of_json(content, headers=answers.version_tag(post.version))


@routes.get("/api/posts/{post_id}/revisions/{number}/diff", scope="read", takes=("against", "format"))
def show_difference(request: Request, post_id: str, number: str) -> Answer:
    """From the one `against`, or from the one before it: as JSON or, where that is asked for, as text."""
    wanted = request.parameter("format")
    if wanted not in (None, *FORMATS):
        raise BadRequest(f"“format” must be one of {', '.join(FORMATS)}.")
    accept = request.headers.get("accept", "")
    as_text = wanted == "text" or (wanted is None and "text/plain" in accept and "json" not in accept)
    found = difference(*require_pair(require_post(post_id), number, request.parameter("against")))
    if not found.is_whole:
        raise _too_much(f"The texts differ in more than {MOST_CHANGED:,} lines.")
    answer = _in_words(found) if as_text else answers.of_json(_document(found))
    if (size := answers.carried(answer.body)) > LARGEST_ANSWER:
        raise _too_much(f"The difference takes {size:,} bytes, and an answer {LARGEST_ANSWER:,}.")
    answer.headers["Vary"] = "Accept"
    return answer


def _too_much(why: str) -> Invalid:
    return Invalid("against", f"{why} Read both revisions, and compare them with a program of your own.")


@routes.post("/api/posts/{post_id}/revisions/{number}/restore", scope="update")
def restore(request: Request, post_id: str, number: str) -> Answer:
    """The post, with the content that it had then, as a new revision."""
    if request.body:
        NOTHING.read(request.json(1000))
    expected, once = request.expected_version(), idempotency(request)
    name = request.principal.name if request.principal else ""
    restore_revision(post_id, number, expected, once, name)
    return show_post(request, post_id)


def _outline(post: Post, revision: Revision) -> dict[str, Any]:
    return {
        "number": revision.number,
        "is_current": revision.number == post.revision,
        "saved_at": clock.stamp(revision.saved_at),
        "by": revision.by,
        "title": revision.title,
        "words": revision.words,
        "size": revision.size,
        "changed": None if revision.changed is None else list(revision.changed),
    }


# --- differences -----------------------------------------------------------------------------


def _document(found: Difference) -> dict[str, Any]:
    return {
        "number": found.revision.number,
        "against": found.against.number if found.against else None,
        "fields": [_field(change) for change in found.fields],
        "hunks": [_hunk(hunk) for hunk in found.hunks],
    }


def _field(change: Change) -> dict[str, Any]:
    words = _pieces(merged(change.before, change.after))
    return {"field": change.field, "old": change.old, "new": change.new, "words": words}


def _hunk(hunk: Hunk) -> dict[str, Any]:
    return {
        "old_start": hunk.old_start,
        "old_lines": hunk.old_lines,
        "new_start": hunk.new_start,
        "new_lines": hunk.new_lines,
        "lines": [
            {"op": line.op, "text": line.text, **({"words": _pieces(line.words)} if line.words else {})}
            for line in hunk.lines
        ],
    }


def _pieces(pieces: Iterable[Piece]) -> list[dict[str, str]]:
    return [{"op": piece.op, "text": piece.text} for piece in pieces]


def _in_words(found: Difference) -> Answer:
    """As `diff -u` writes it; what else changed stands before it, where `patch` passes it over."""
    fields = [
        f"{change.field}: {json.dumps(change.old, ensure_ascii=False)}"
        f" -> {json.dumps(change.new, ensure_ascii=False)}\n"
        for change in found.fields
    ]
    names = [f"--- {_name(found.against)}\n", f"+++ {_name(found.revision)}\n"] if found.hunks else []
    text = "".join([*fields, *names, *unified(found.hunks)])
    return Answer(200, text, {"Content-Type": "text/plain; charset=utf-8", **answers.PRIVATE})


def _name(revision: Revision | None) -> str:
    return f"revision {revision.number}\t{clock.stamp(revision.saved_at)}" if revision else "/dev/null"
