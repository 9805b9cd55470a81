"""What may be done in the conversation under a post."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.comments import store
from chalicelib.comments.model import Comment, closed_for, place, split_id
from chalicelib.comments.screening import Said, Sender, Verdict, screen
from chalicelib.comments.texts import texts_of
from chalicelib.core import clock, jobs, markup, networks, signing, table, text
from chalicelib.core.config import config
from chalicelib.core.idempotency import Idempotency
from chalicelib.core.jobs import Job
from chalicelib.core.problems import Conflict, Invalid, NotFound, PreconditionFailed, Unavailable
from chalicelib.core.table import TRIES, Page, Refused, Write
from chalicelib.people import store as people
from chalicelib.people.actions import person_of
from chalicelib.people.model import Mailbox
from chalicelib.posts.actions import posts_at
from chalicelib.posts.model import Post
from chalicelib.settings.actions import current_site

TELL_AUTHOR, TELL_READERS = "tell_author", "tell_readers"
"""Jobs about a comment's full id: its arrival and its approval are mailed. The room `notices` does them."""
FORGET = "forget"
FORGOTTEN_AFTER = timedelta(days=30)
"""What was taken out can be put back for so long; then its text is erased."""


# --- leaving one -----------------------------------------------------------------------------


class Left(NamedTuple):
    comment: Comment
    is_theirs: bool
    """Whether whoever sent it may be told the writer's private address: not those who merely say in public
    words what somebody in their network has said before.
    """


def leave_comment(
    post: Post, fields: Mapping[str, Any], sender: Sender, once: Idempotency | None = None
) -> Left:
    """Keep a reader's reply, held or shown as `screening` judges it. `fields` are those of
    `model.COMMENT_FIELDS`. The same reply sent again, by a double click or after a lost answer, is the same
    comment. Raises Invalid, Conflict, NotWelcome, TooMany; then nothing is kept of it.
    """
    once = once or _same_reply(post, fields, sender.neighbourhood)
    for attempt in range(TRIES):
        table.pause(attempt)
        if done := once.earlier():
            return _left_before(post, done, sender)
        refuse_closed(post)
        comment, person = _new_comment(post, fields), person_of(fields.get("email", ""))
        verdict = screen(current_site(), said_of(comment), person, sender)
        comment = replace(
            comment,
            status=verdict.status,
            reasons=verdict.reasons,
            person=person,
            visitor=sender.mark,
            wants_mail=bool(fields.get("notify")),
        )
        claim = once.claim(f"{comment.id} {sender.browser}")
        if _is_kept(post, comment, [claim, *_beside(comment, fields, sender, verdict)]):
            return Left(comment, is_theirs=True)
    raise Unavailable


def _left_before(post: Post, done: str, sender: Sender) -> Left:
    """The comment that the same words were kept as. Its sender knows what stood nowhere in public, or comes
    with its cookie, or from the very browser that sent it a moment ago and may have got neither yet.
    """
    comment_id, _, browser = done.partition(" ")
    comment = require_comment(f"{post.id}.{comment_id}")
    has_cookie = bool(comment.visitor) and comment.visitor == sender.mark
    is_same_browser = bool(browser) and signing.same(browser, sender.browser)
    return Left(comment, has_cookie or is_same_browser or _was_never_public(comment))


def _was_never_public(comment: Comment) -> bool:
    undecided = comment.decided_at is None and "edited" not in comment.reasons
    return undecided and comment.told_status == "pending"


def answer_as_author(post: Post, fields: Mapping[str, Any], once: Idempotency | None = None) -> Comment:
    """The author's own reply, which is shown at once. Whoever calls this has seen a token."""
    once = once or _same_reply(post, fields, "the author")
    for attempt in range(TRIES):
        table.pause(attempt)
        if done := once.earlier():
            return require_comment(f"{post.id}.{done}")
        if post.type == "page":
            raise Conflict("A static page takes no replies.")
        comment = replace(_new_comment(post, fields), is_author=True, status="approved")
        if _is_kept(post, comment, [once.claim(comment.id)]):
            return comment
    raise Unavailable


def refuse_answer(post: Post, fields: Mapping[str, Any]) -> None:
    """Raises what `answer_as_author` would, but for whom it answers, who may not stand in public yet."""
    if post.type == "page":
        raise Conflict("A static page takes no replies.")
    markup.render_comment(fields["body"])


def refuse_closed(post: Post) -> None:
    """Raises Conflict where readers cannot reply."""
    if post.type == "page":
        raise Conflict("A static page takes no replies.")
    if closed_for(post, current_site()):
        raise Conflict("Replies to this post are closed.")


def preview(post: Post, fields: Mapping[str, Any]) -> Comment:
    """What `leave_comment` would keep; nothing is written."""
    refuse_closed(post)
    return _new_comment(post, fields)


def _new_comment(post: Post, fields: Mapping[str, Any]) -> Comment:
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
        is_author=False,
        status="pending",
        created_at=moment.replace(microsecond=0),
        decided_at=None,
        version=1,
    )


def _beside(comment: Comment, fields: Mapping[str, Any], sender: Sender, verdict: Verdict) -> list[Write]:
    """What else is kept when a reader's reply arrives."""
    writes = [*verdict.writes, store.put_origin(comment, networks.lasting_key(sender.neighbourhood))]
    if comment.person:
        writes.append(people.put_said(comment.person, comment.post_id, comment.id))
        if comment.wants_mail and not verdict.has_mailbox:
            writes.append(people.put_mailbox(Mailbox(comment.person, sender.mark, fields["email"])))
    return writes


def _is_kept(post: Post, comment: Comment, beside: Sequence[Write]) -> bool:
    """Whether it is, and nobody else kept the same or came between."""
    writes = store.create(comment, is_listed=post.is_listed)
    follows = what_follows(None, comment)
    noted = [job.put(_wait(job), queued=True) for job in follows]
    try:
        table.transact(lambda attempt: [*writes(attempt), *beside, *noted])
    except Refused:
        return False
    jobs.send(job for job in follows if job.kind != FORGET)
    return True


def _parent(post: Post, parent_id: str | None) -> Comment | None:
    found = find_parent(post, parent_id)
    if parent_id and not found:
        raise Invalid("parent", "The reply that you answer is not under this post (any more).")
    return found


def _same_reply(post: Post, fields: Mapping[str, Any], sender: str) -> Idempotency:
    told = [post.id, *(fields.get(name) or "" for name in ("parent", "name", "body")), sender]
    name = signing.digest("same reply", json.dumps(told))
    return Idempotency(name, name)


# --- changing one ----------------------------------------------------------------------------


class Changed(NamedTuple):
    before: Comment
    after: Comment


Change = Callable[[Comment], Comment]
"""Gives a comment of the next version, or the very one that it was given where there is nothing to do."""
Also = Callable[[Comment, Comment], Sequence[Write]]
"""What else is written in the transaction of a change from one to the other."""


def decided(before: Comment, status: str) -> Comment:
    """A comment of which somebody has decided. Raises Conflict where nothing is left of it."""
    if before.status == status:
        return before
    if before.is_erased:
        raise Conflict("The text of this comment was erased; it cannot come back.")
    return replace(before, status=status, decided_at=clock.now(), version=before.version + 1)


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
    follows = what_follows(before, after)
    noted = [job.put(_wait(job), queued=True) for job in follows]
    try:
        table.transact(lambda attempt: [*others, *writes(attempt), *noted])
    except Refused as refused:
        # Our own, whose answer got lost?
        if require_comment(before.full_id) == after:
            return True
        if refused.positions & set(range(len(others))):
            raise
        return False
    jobs.send(job for job in follows if job.kind != FORGET)
    return True


def _is_listed(home: str) -> bool:
    post = posts_at([home]).get(home)
    return post is not None and post.is_listed


# --- what follows ----------------------------------------------------------------------------


def what_follows(before: Comment | None, after: Comment) -> list[Job]:
    """Jobs that a change gives rise to, where it makes a difference."""
    was = before.status if before else None
    kinds = []
    if not after.is_author and after.status in ("pending", "approved") and _is_news(before, after):
        kinds += [TELL_AUTHOR] if config().sends_mail and current_site().author_email else []
    asked = after.wants_mail and not (before and before.wants_mail)
    if after.status == "approved" and (was != "approved" or asked):
        kinds += [TELL_READERS] if config().sends_mail and current_site().mail_readers else []
    if after.status in ("spam", "deleted") and was != after.status and not after.is_erased:
        kinds.append(FORGET)
    return [jobs.new(kind, after.full_id) for kind in kinds]


def _is_news(before: Comment | None, after: Comment) -> bool:
    """Whether the author has not seen it: it is new, or its writer changed what everybody could read."""
    if before is None:
        return True
    by_writer = after.edited_by == "self" and texts_of(before) != texts_of(after)
    return before.status == "approved" and by_writer


def _wait(job: Job) -> timedelta:
    return FORGOTTEN_AFTER if job.kind == FORGET else jobs.GRACE


def forget(full_id: str) -> datetime | None:
    """Erase what was taken out long ago; where it was decided upon since, look again later."""
    return _due(erase(full_id, _is_due))


def _due(comment: Comment) -> datetime | None:
    """When what was taken out is to be erased; None for what is not to be."""
    if comment.status not in ("spam", "deleted") or comment.is_erased:
        return None
    return (comment.decided_at or comment.created_at) + FORGOTTEN_AFTER


def _is_due(comment: Comment) -> bool:
    due = _due(comment)
    return due is not None and due <= clock.now()


def erase(full_id: str, may: Callable[[Comment], bool] = lambda _: True) -> Comment:
    """Its text and all that it says of who wrote it, for good, if it `may` be as it is at that very moment;
    what there is of it then. Its place stays, since answers hang there. Raises NotFound, and whatever `may`
    raises.
    """

    def erased(before: Comment) -> Comment:
        return before if before.is_erased or not may(before) else before.erased(clock.now())

    def forgotten(before: Comment, _: Comment) -> list[Write]:
        said = [people.forget_said(before.person, before.post_id, before.id)] if before.person else []
        return [*said, store.forget_origin(before)]

    return change_comment(full_id, erased, also=forgotten).after


JOBS = {FORGET: forget}


# --- finding one -----------------------------------------------------------------------------


def list_comments(status: str, limit: int, after: str | None, *, newest: bool = False) -> Page[Comment]:
    """Those of one status, the oldest first, or the newest, from a sort key on."""
    return store.by_status(status, limit, after, newest=newest)


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


def comments_of(full_ids: Iterable[str]) -> dict[str, Comment]:
    """{id outside its post: comment}, read consistently; without those that are not there."""
    return {comment.full_id: comment for comment in store.find_all(map(split_id, full_ids))}


def said_of(comment: Comment) -> Said:
    return Said(comment.name, comment.website, comment.source, comment.html)
