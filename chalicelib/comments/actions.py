"""What may be done in the conversation under a post."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.comments import store
from chalicelib.comments.model import Comment, place, split_id
from chalicelib.core import clock, markup, signing, table, text
from chalicelib.core.idempotency import Idempotency
from chalicelib.core.problems import Conflict, Invalid, NotFound, PreconditionFailed, Unavailable
from chalicelib.core.table import TRIES, Page, Refused, Write
from chalicelib.people.actions import person_of
from chalicelib.posts.actions import posts_at
from chalicelib.posts.model import Post
from chalicelib.settings.actions import current_site
from chalicelib.settings.model import Site

PRIVATE_LINK = "reply"


class Closed(NamedTuple):
    """A key of the interface's words, and the days that it names."""

    key: str
    days: int = 0


def leave_comment(
    post: Post,
    fields: Mapping[str, Any],
    neighbourhood: str,
    *,
    by_author: bool = False,
    once: Idempotency | None = None,
) -> Comment:
    """Keep a reply, held until the author has read it; the author's own is shown at once.

    `fields` are those of `model.COMMENT_FIELDS`. The same reply sent again, by a double click or
    after a lost answer, is the same comment. `neighbourhood` (`Request.neighbourhood`) only tells
    senders apart for that, as part of a keyed hash.
    """
    once = once or _same_reply(post, fields, neighbourhood, by_author)
    if done := once.earlier():
        return require_comment(f"{post.id}.{done}")
    if post.type == "page":
        raise Conflict("A static page takes no replies.")
    if not by_author and why_closed(post.type, post.published_at, current_site()):
        raise Conflict("Replies to this post are closed.")
    comment = _new_comment(post, fields, by_author)
    writes = store.create(comment, is_listed=post.is_listed)
    try:
        table.transact(lambda attempt: [*writes(attempt), once.claim(comment.id)])
    except Refused as refused:
        if not (done := once.earlier()):
            raise Unavailable from refused
        return require_comment(f"{post.id}.{done}")
    return comment


def why_closed(kind: str, published_at: datetime | None, site: Site) -> Closed | None:
    """Why readers cannot reply to what is a `post` or a `page`; None where they can."""
    if kind == "page" or not site.comments_open:
        return Closed("closed.off")
    days = site.comments_close_days
    if days and published_at and clock.now() - published_at >= timedelta(days=days):
        return Closed("closed.days", days)
    return None


def decide(full_id: str, status: str, expected: int | None = None) -> Comment:
    """Approve, hold, or take out a comment as spam or deleted; each can be undone."""
    return change_comment(full_id, lambda before: decided(before, status), expected).after


def decided(before: Comment, status: str) -> Comment:
    """A comment of which somebody has decided. Raises Conflict where nothing is left of it."""
    if before.status == status:
        return before
    if before.is_erased:
        raise Conflict("This comment was erased at the wish of who wrote it; it cannot come back.")
    return replace(before, status=status, decided_at=clock.now(), version=before.version + 1)


class Changed(NamedTuple):
    before: Comment
    after: Comment


Change = Callable[[Comment], Comment]
"""Gives a comment of the next version, or the very one that it was given where there is nothing to do."""
Also = Callable[[Comment, Comment], Sequence[Write]]
"""What else is written in the transaction of a change from one to the other."""


def change_comment(
    full_id: str, change: Change, expected: int | None = None, also: Also | None = None
) -> Changed:
    """Every change of a comment that exists goes through here. `expected` is the version that it must be
    at. Raises NotFound, PreconditionFailed where it is at another, and Refused where a condition of what
    is written `also` does not hold: `positions` are then within that.
    """
    for attempt in range(TRIES):
        table.pause(attempt)
        before = require_comment(full_id)
        if expected not in (None, before.version):
            break
        after = change(before)
        if after is before:
            return Changed(before, before)
        if _is_written(before, after, also(before, after) if also else ()):
            return Changed(before, after)
    if expected is None:
        raise Unavailable
    raise PreconditionFailed("The comment was changed meanwhile. Read it again, then repeat the change.")


def _is_written(before: Comment, after: Comment, others: Sequence[Write]) -> bool:
    """Whether it is, and not somebody else's change."""
    writes = store.change(before, after, is_listed=_is_listed(before.home))
    try:
        table.transact(lambda attempt: [*others, *writes(attempt)])
    except Refused as refused:
        # Our own, whose answer got lost?
        if require_comment(before.full_id) == after:
            return True
        if refused.positions & set(range(len(others))):
            raise
        return False
    return True


def _is_listed(home: str) -> bool:
    post = posts_at([home]).get(home)
    return post is not None and post.is_listed


def list_comments(status: str, limit: int, after: str | None) -> Page[Comment]:
    """Those of one status, the oldest first, from a sort key on."""
    return store.by_status(status, limit, after)


def find_parent(post: Post, parent_id: str | None) -> Comment | None:
    """Whom a reply answers, by its id within the post or outside it, if that stands under this post,
    where everybody can read it.
    """
    own_id = (parent_id or "").removeprefix(f"{post.id}.")
    found = store.find(post.id, own_id) if text.is_id(own_id) else None
    return found if found and found.status == "approved" else None


def require_comment(full_id: str) -> Comment:
    """By its id outside its post, read consistently. Raises NotFound."""
    ids = split_id(full_id)
    found = store.find(*ids) if ids else None
    if not found:
        raise NotFound(f"There is no comment with the id “{full_id[:60]}”. GET /api/comments lists them.")
    return found


def private_key(comment: Comment) -> str:
    """What only the commenter is told: the address of their own view of the comment."""
    return signing.seal(PRIVATE_LINK, comment.full_id)


def own_comment(key: str) -> Comment:
    """The comment that `private_key` was made for."""
    try:
        return require_comment(signing.unseal(PRIVATE_LINK, key))
    except ValueError as error:
        raise NotFound("This private address is not complete, or too old.") from error


def _new_comment(post: Post, fields: Mapping[str, Any], by_author: bool) -> Comment:
    parent = _parent(post, fields.get("parent") or None)
    moment = clock.precisely()
    comment_id = text.new_id(moment)
    return Comment(
        id=comment_id,
        post_id=post.id,
        home=post.home,
        path=place(comment_id, parent),
        parent_id=parent.id if parent else None,
        name=fields["name"],
        website=fields.get("website", ""),
        source=fields["body"],
        html=markup.render_comment(fields["body"]),
        is_author=by_author,
        status="approved" if by_author else "pending",
        created_at=moment.replace(microsecond=0),
        decided_at=None,
        version=1,
        person=person_of(fields.get("email", "")),
    )


def _parent(post: Post, parent_id: str | None) -> Comment | None:
    found = find_parent(post, parent_id)
    if parent_id and not found:
        raise Invalid("parent", "The reply that you answer is not under this post (any more).")
    return found


def _same_reply(post: Post, fields: Mapping[str, Any], neighbourhood: str, by_author: bool) -> Idempotency:
    told = [
        "author" if by_author else "reader",
        post.id,
        *(fields.get(name) or "" for name in ("parent", "name", "email", "website", "body")),
    ]
    name = signing.digest("same reply", json.dumps([*told, neighbourhood]))
    return Idempotency(name, name)
