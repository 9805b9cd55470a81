"""What who wrote a reply may do with it: see what became of it, change it, take it back, ask for mail.

They have no account. A secret address shows that they are who they say; the browser that sent the reply is
led there by its cookie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.comments import bans
from chalicelib.comments.actions import TELL_READERS, change_comment, erase, require_comment, said_of
from chalicelib.comments.model import Comment
from chalicelib.comments.screening import content_reasons, status_of, trusted_since
from chalicelib.comments.texts import TEXTS, texts_of, with_texts
from chalicelib.core import clock, jobs, markup, networks, signing, table, windows
from chalicelib.core.config import config
from chalicelib.core.problems import Conflict, Invalid, NotFound, TooMany, Unavailable
from chalicelib.core.table import TRIES, Refused, Write
from chalicelib.core.visitors import Visitor
from chalicelib.core.windows import Limit
from chalicelib.people import store as people
from chalicelib.people.actions import person_of
from chalicelib.people.model import Mailbox
from chalicelib.settings.actions import current_site
from chalicelib.settings.model import Site

PRIVATE_LINK = "reply"
MOST_VERSIONS = 50
ASKING = (Limit(3, 24 * 3600),)
"""How often a network may have answers mailed somewhere, since each time a mail may go to a stranger."""


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
    _refuse_often(comment)
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


def edit_own(key: str, fields: Mapping[str, Any], neighbourhood: str) -> Comment:
    """What stands in public is held again, unless its writer needs no approval. Raises NotWelcome where they
    are banned, or the site is that they name now.
    """
    comment = own_comment(key)
    _refuse_banned(comment.person, fields.get("website", comment.website), neighbourhood)
    return change_comment(comment.full_id, lambda before: edited(before, fields)).after


def delete_own(key: str) -> None:
    """For good: nothing of it is kept but its place."""
    comment = own_comment(key)

    def may(before: Comment) -> bool:
        _refuse_late(before, current_site())
        return True

    erase(comment.full_id, may)


def mail_state(comment: Comment) -> str:
    """Whether answers are mailed: `off`, `asked` (its owner has yet to confirm the address) or `on`."""
    box = people.find_mailbox(comment.person, comment.visitor) if comment.wants_mail else None
    return "off" if not box else "on" if box.is_confirmed else "asked"


def ask_for_mail(key: str, email: str, neighbourhood: str) -> Comment:
    """Have answers mailed to an address, once its owner has confirmed it; to another one no more. Raises
    Invalid, Conflict, NotWelcome, and TooMany where that network asked too often.
    """
    comment = own_comment(key)
    if not (config().sends_mail and current_site().mail_readers):
        raise Conflict("This blog does not mail answers.")
    if not email:
        raise Invalid("email", "“email” is missing: say where answers shall be mailed to.")
    if not comment.visitor or comment.is_erased or comment.told_status in ("deleted", "spam"):
        raise Conflict("There will be no answers to this reply.")
    box = Mailbox(person_of(email), comment.visitor, email)
    for attempt in range(TRIES):
        table.pause(attempt)
        try:
            return _ask(comment.full_id, box, neighbourhood)
        except Refused:
            # Somebody else in the network was first.
            continue
    raise Unavailable


def _ask(full_id: str, box: Mailbox, neighbourhood: str) -> Comment:
    again = jobs.new(TELL_READERS, full_id)

    def asked(before: Comment) -> Comment:
        if before.person == box.person and mail_state(before) != "off":
            return before
        _refuse_often(before)
        return replace(before, person=box.person, wants_mail=True, version=before.version + 1)

    def kept(before: Comment, after: Comment) -> list[Write]:
        writes = [_counted(box, after.website, neighbourhood)]
        writes += _moved(before, after)
        if not people.find_mailbox(box.person, box.visitor):
            writes.append(people.put_mailbox(box))
        # Where it was wished before, the wish as such is no change from which anything follows.
        return [*writes, again.put(queued=True)] if _is_repeated(before) else writes

    changed = change_comment(full_id, asked, also=kept)
    if changed.after is not changed.before and _is_repeated(changed.before):
        jobs.send([again])
    return changed.after


def _is_repeated(before: Comment) -> bool:
    return before.wants_mail and before.status == "approved"


def _counted(box: Mailbox, website: str, neighbourhood: str) -> Write:
    """One mail more from that network."""
    window_keys = windows.keys("ask-mail", networks.keys_of(neighbourhood))
    ban_keys = bans.keys_for(box.person, website, networks.lasting_key(neighbourhood))
    found = table.batch_get([*window_keys, *ban_keys], consistent=True)
    bans.refuse(ban_keys, found)
    window = windows.window(window_keys, found)
    if wait := window.wait(ASKING):
        raise TooMany("Answers were asked for several times from your network today.", wait)
    return window.noted(ASKING)


def _moved(before: Comment, after: Comment) -> list[Write]:
    """From one address to another, as far as it is another: what was wished for the one is forgotten."""
    writes: list[Write] = [people.put_said(after.person, after.post_id, after.id)]
    if before.person in ("", after.person):
        return writes
    writes.append(people.forget_said(before.person, before.post_id, before.id))
    return [*writes, people.forget_mailbox(before.person, before.visitor)] if before.wants_mail else writes


def stop_mail(key: str) -> Comment:
    """Nothing is mailed any more about what was sent from that browser under that address, which is
    forgotten. Never too often: it must be asked for in between.
    """

    def silent(before: Comment) -> Comment:
        return replace(before, wants_mail=False, version=before.version + 1) if before.wants_mail else before

    def forgotten(before: Comment, _: Comment) -> list[Write]:
        return [people.forget_mailbox(before.person, before.visitor)] if before.person else []

    return change_comment(own_comment(key).full_id, silent, also=forgotten).after


def _refuse_often(comment: Comment) -> None:
    if comment.version >= MOST_VERSIONS:
        raise Conflict("This reply was changed too often; it stays as it is.")


def _refuse_banned(person: str, website: str, neighbourhood: str) -> None:
    keys = bans.keys_for(person, website, networks.lasting_key(neighbourhood))
    bans.refuse(keys, table.batch_get(keys))


def _refuse_late(comment: Comment, site: Site) -> None:
    if not changeable_until(comment, site):
        raise Conflict(
            f"A reply can be changed or taken back for {site.comments_edit_minutes} minutes, while it stands."
            " Write to the author if it must go."
        )
