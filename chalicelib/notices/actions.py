"""Who is told of what by mail. The jobs look at what is true when they run: what was taken out meanwhile is
told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.comments.actions import TELL_AUTHOR, TELL_READERS, comments_of
from chalicelib.comments.model import Comment
from chalicelib.core import clock, mail, table, windows
from chalicelib.core.config import config
from chalicelib.core.jobs import Handler
from chalicelib.core.problems import Unavailable
from chalicelib.core.table import TRIES, Refused
from chalicelib.core.windows import Limit
from chalicelib.notices import letters, yours
from chalicelib.notices.model import Said
from chalicelib.people import store as people
from chalicelib.people.actions import claim_asking
from chalicelib.people.model import Mailbox
from chalicelib.posts.actions import posts_at
from chalicelib.settings.actions import current_site
from chalicelib.settings.model import Site

AUTHOR_LIMITS = (Limit(30, 3600),)
"""So many mails of single comments go to the author: a flood must not flood the inbox."""


# --- to the author ---------------------------------------------------------------------------


def tell_author(full_id: str) -> None:
    """Of a new comment by somebody else, unless the blog took it for spam."""
    site, said = current_site(), _said(full_id)
    if not (said and site.author_email and config().sends_mail):
        return
    comment = said.comment
    if comment.status not in ("pending", "approved") or comment.is_author or said.post.status == "deleted":
        return
    mail.send_once(letters.new_comment(said, site) if _has_room() else letters.more_waiting(site))


def _has_room() -> bool:
    """Whether one more may be mailed within the hour; it is counted then."""
    keys = windows.keys("mail-author", ["all"])
    for attempt in range(TRIES):
        table.pause(attempt)
        window = windows.window(keys, table.batch_get(keys, consistent=True))
        if window.wait(AUTHOR_LIMITS):
            return False
        try:
            table.write(window.noted(AUTHOR_LIMITS))
        except Refused:
            continue
        return True
    raise Unavailable


# --- to readers ------------------------------------------------------------------------------


def tell_readers(full_id: str) -> datetime | None:
    """Of a comment that was approved: whoever is answered in it, and asked for that twice. Its own writer is
    asked whether answers shall be mailed; again later where the address had its one mail today.
    """
    site, said = current_site(), _said(full_id)
    if not (said and site.mail_readers and config().sends_mail and _is_public(said)):
        return None
    _tell_answered(said, site)
    return _ask_writer(said, site)


def _tell_answered(said: Said, site: Site) -> None:
    parent = said.parent
    if not parent or parent.status != "approved" or _is_same(parent, said.comment):
        return
    box = _mailbox(parent)
    if box and box.is_confirmed:
        mail.send_once(letters.answer(said, box, site))


def _ask_writer(said: Said, site: Site) -> datetime | None:
    box = _mailbox(said.comment)
    if not box or box.is_confirmed:
        return None
    if claim := claim_asking(box.person, box.visitor):
        mail.send_once(letters.confirmation(said.post, box, claim, site))
        return None
    return yours.when_free(box.person)


def _mailbox(comment: Comment) -> Mailbox | None:
    return people.find_mailbox(comment.person, comment.visitor) if comment.wants_mail else None


def _is_same(one: Comment, other: Comment) -> bool:
    """Whether somebody answers what they wrote themselves."""
    pairs = ((one.person, other.person), (one.visitor, other.visitor))
    return any(mine and mine == theirs for mine, theirs in pairs)


def _is_public(said: Said) -> bool:
    return said.comment.status == "approved" and said.post.is_public(clock.now())


def _said(full_id: str) -> Said | None:
    """None where it, or its post, is not there, or nothing of it is left."""
    comment = comments_of([full_id]).get(full_id)
    if not comment or comment.is_erased:
        return None
    above = f"{comment.post_id}.{comment.parent_id}"
    parent = comments_of([above]).get(above) if comment.parent_id else None
    post = posts_at([comment.home]).get(comment.home)
    return Said(comment, post, None if parent and parent.is_erased else parent) if post else None


# --- what the owner of an address decides ----------------------------------------------------


def state_of(person: str, visitor: str) -> str:
    """`asked`, `confirmed`, or `gone`."""
    box = people.find_mailbox(person, visitor)
    return "gone" if not box else "confirmed" if box.is_confirmed else "asked"


def confirm(person: str, visitor: str) -> str:
    """Answers are mailed from now on, unless the wish was forgotten; what `state_of` gives afterwards."""
    if state_of(person, visitor) == "asked":
        try:
            table.write(people.confirm_mailbox(person, visitor))
        except Refused:
            return "gone"
    return state_of(person, visitor)


def is_mailed(person: str) -> bool:
    """Whether answers go to that address, or may once they are confirmed, from any browser."""
    return bool(people.mailboxes_of(person))


def stop(person: str) -> None:
    """Nothing more is mailed there, whichever browser asked for it; the address is forgotten."""
    for forgotten in people.forget_mailboxes(person):
        table.write(forgotten)


JOBS: Mapping[str, Handler] = {TELL_AUTHOR: tell_author, TELL_READERS: tell_readers, **yours.JOBS}
