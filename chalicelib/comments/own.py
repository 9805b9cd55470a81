"""What who wrote a reply may do with it: see what became of it, change it, take it back, ask for mail.

They have no account. A secret address shows that they are who they say; the browser that sent the reply is
led there by its cookie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.comments.actions import change_comment, erase, require_comment, said_of
from chalicelib.comments.model import Comment
from chalicelib.comments.screening import content_reasons, status_of, trusted_since
from chalicelib.comments.texts import TEXTS, texts_of, with_texts
from chalicelib.core import clock, markup, signing
from chalicelib.core.config import config
from chalicelib.core.problems import Conflict, Invalid, NotFound
from chalicelib.core.table import Write
from chalicelib.core.visitors import Visitor
from chalicelib.people import store as people
from chalicelib.people.actions import person_of
from chalicelib.people.model import Mailbox
from chalicelib.settings.actions import current_site
from chalicelib.settings.model import Site

PRIVATE_LINK = "reply"
MOST_VERSIONS = 50


def private_key(comment: Comment) -> str:
    """What only the commenter is told: the address of their own view of the comment."""
    return signing.seal(PRIVATE_LINK, comment.full_id)


def own_comment(key: str) -> Comment:
    """The comment that `private_key` was made for."""
    try:
        return require_comment(signing.unseal(PRIVATE_LINK, key))
    except ValueError as error:
        raise NotFound("This private address is not complete, or too old.") from error


def is_own(comment: Comment, visitor: Visitor | None) -> bool:
    """Whether that browser sent it."""
    return visitor is not None and bool(comment.visitor) and comment.visitor == visitor.mark("reply")


def changeable_until(comment: Comment, site: Site) -> datetime | None:
    """Until when it may be changed and taken back; None where it may not be."""
    until = comment.created_at + timedelta(minutes=site.comments_edit_minutes)
    taken_out = comment.status == "deleted" or (comment.status == "spam" and comment.decided_at is not None)
    if comment.is_author or taken_out or comment.is_erased or until <= clock.now():
        return None
    return until


def edited(comment: Comment, fields: Mapping[str, Any]) -> Comment:
    """The comment as its writer changes it, judged anew. `fields` are those of `model.OWN_FIELDS`. Raises
    Conflict where it is too late.
    """
    site = current_site()
    _refuse_late(comment, site)
    if comment.version >= MOST_VERSIONS:
        raise Conflict("This reply was changed too often; it stays as it is.")
    texts = {**texts_of(comment), **{name: fields[name] for name in TEXTS if name in fields}}
    if texts == texts_of(comment):
        return comment
    after = with_texts(comment, texts, markup.render_comment(texts["body"]), "self")
    # What its writer replaces is gone, except where the author has had a hand in it.
    authored = comment.original is not None
    status = comment.status
    if status == "approved":
        trusted = bool(trusted_since(comment.visitor))
        status = "pending" if authored else status_of(site, said_of(after), is_trusted=trusted)
    judged = ("links", "words", "edited") if comment.status == "approved" else ("links", "words")
    kept = [reason for reason in comment.reasons if reason not in judged]
    if comment.status == "approved" != status:
        kept.append("edited")
    return replace(
        after,
        status=status,
        reasons=(*kept, *content_reasons(site, said_of(after))),
        original=after.original if authored else None,
        version=comment.version + 1,
    )


def edit_own(key: str, fields: Mapping[str, Any]) -> Comment:
    """What stands in public is held again, unless its writer needs no approval."""
    return change_comment(own_comment(key).full_id, lambda before: edited(before, fields)).after


def delete_own(key: str) -> None:
    """For good: nothing of it is kept but its place."""
    comment = own_comment(key)

    def may(before: Comment) -> bool:
        _refuse_late(before, current_site())
        return True

    erase(comment.full_id, may)


def ask_for_mail(key: str, email: str) -> Comment:
    """Have answers mailed to an address, once its owner has confirmed it."""
    comment = own_comment(key)
    if not (config().sends_mail and current_site().mail_readers):
        raise Conflict("This blog does not mail answers.")
    if not email:
        raise Invalid("email", "“email” is missing: say where answers shall be mailed to.")
    if comment.is_author or comment.is_erased or comment.told_status in ("deleted", "spam"):
        raise Conflict("There will be no answers to this reply.")
    person = person_of(email)

    def asked(before: Comment) -> Comment:
        if before.wants_mail and before.person == person:
            return before
        return replace(before, person=person, wants_mail=True, version=before.version + 1)

    def kept(before: Comment, after: Comment) -> list[Write]:
        writes: list[Write] = [people.put_said(person, after.post_id, after.id)]
        if before.person not in ("", person):
            writes.append(people.forget_said(before.person, after.post_id, after.id))
        if not people.find_mailbox(person, after.visitor):
            writes.append(people.put_mailbox(Mailbox(person, after.visitor, email)))
        return writes

    return change_comment(comment.full_id, asked, also=kept).after


def stop_mail(key: str) -> Comment:
    """Answers to this one are not mailed any more; the address is forgotten."""

    def silent(before: Comment) -> Comment:
        return replace(before, wants_mail=False, version=before.version + 1) if before.wants_mail else before

    def forgotten(before: Comment, _: Comment) -> list[Write]:
        return [people.forget_mailbox(before.person, before.visitor)]

    return change_comment(own_comment(key).full_id, silent, also=forgotten).after


def _refuse_late(comment: Comment, site: Site) -> None:
    if not changeable_until(comment, site):
        raise Conflict(
            f"A reply can be changed or taken back for {site.comments_edit_minutes} minutes, while it stands."
            " Write to the author if it must go."
        )
