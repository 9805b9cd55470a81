"""The conversation as templates show it: a page of rows in thread order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import NamedTuple

from markupsafe import Markup, escape

from chalicelib.comments.model import Closed, Comment
from chalicelib.comments.stamps import stamp
from chalicelib.comments.store import Row
from chalicelib.core import clock
from chalicelib.core.config import config
from chalicelib.core.faces import face_of
from chalicelib.core.values import value
from chalicelib.core.views import stamp_of
from chalicelib.core.words import Words
from chalicelib.settings.model import Site

NESTING_SAYS_IT = 4
"""Down to this depth the indentation shows whom a reply answers, also on a phone."""
SEEN, UNSEEN = "u-in-reply-to", "u-in-reply-to up"
"""Classes of the link to whom a reply answers: where the indentation says so, it is for who does not see
that."""


class CommentView(NamedTuple):
    """One reply. Whatever a person typed is escaped or sanitised already (`Markup`), and the rest
    is made of ids and numbers, so that the loop over a page of them need not escape again.
    """

    id: str
    depth: int
    gone: bool
    url: str
    name: Markup
    website: Markup | None
    initial: Markup
    face: int
    is_author: bool
    html: Markup
    at: str
    """When it was written, for machines."""
    day: str
    """The same in words."""
    reply_to_name: Markup | None
    reply_to_url: str | None
    reply_to_class: str
    is_target: bool
    is_hidden: bool
    is_edited: bool


class PinView(NamedTuple):
    """What is shown above a conversation."""

    comment: CommentView
    url: str
    """Its place in the thread: on the page itself, or at its own address."""


@value
class Talk:
    heading: Markup
    count: int
    comments: Sequence[CommentView]
    author: str
    """Who has pinned, hidden or edited what is marked so."""
    pinned: Sequence[PinView] = ()
    is_newest_first: bool = False
    previous: str | None = None
    next: str | None = None
    rest: str | None = None
    """With the newest first: the rest of a thread that is longer than a page."""
    whole: str | None = None
    other_order: str | None = None
    """The same conversation in the other order, where that makes a difference."""
    own: str | None = None
    """Where the browser that sent the reply of this page finds what may be done with it."""
    closed: Markup | None = None
    """Why no reply can be left, where that is so."""
    closing: Markup | None = None
    """When that will be, where its author has said so."""


MINUTE = timedelta(minutes=1)
EMPTY = {"name": "", "email": "", "website": "", "body": "", "parent": "", "remember": "", "notify": ""}


@value
class Form:
    action: str
    note: Markup
    issued: str
    """The stamp that tells how old the form is."""
    has_trap: bool
    can_notify: bool
    parent: CommentView | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    personal: str = ""
    """Where the form stands that is filled with what its reader is remembered by; empty for that one."""

    @property
    def parent_id(self) -> str:
        return self.parent.id if self.parent else self.values["parent"]


def form_view(
    post_id: str,
    post_url: str,
    site: Site,
    words: Words,
    *,
    parent: CommentView | None = None,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    issued: str = "",
    is_personal: bool = False,
) -> Form:
    shown = parent if parent and not parent.gone else None
    about = f"?parent={shown.id}" if shown else ""
    note = "reply.note" if site.comments_hold == "all" else "reply.note.first"
    return Form(
        action=f"{post_url}/comments",
        note=words(note, author=site.author),
        issued=issued or stamp(post_id),
        has_trap=site.comments_honeypot,
        can_notify=site.mail_readers and config().sends_mail,
        parent=shown,
        values={**EMPTY, **(values or {})},
        errors=errors or {},
        personal="" if is_personal else f"{post_url}/reply{about}",
    )


def closed_sentence(closed: Closed, words: Words) -> Markup:
    if closed.at:
        return words(closed.key, date=_timed(closed.at, words))
    return words.count(closed.key, closed.days) if closed.days else words(closed.key)


def closing_sentence(moment: datetime, words: Words) -> Markup:
    return words("closing.at", date=_timed(moment, words))


def _timed(moment: datetime, words: Words) -> Markup:
    stamp = stamp_of(moment, words)
    return Markup('<time datetime="{}">{}</time>').format(stamp.iso, stamp.long)


def heading(replies: int, words: Words) -> Markup:
    return words.count("replies", replies) if replies else words("replies.none")


def comment_views(
    rows: Sequence[Row],
    post_url: str,
    words: Words,
    *,
    following: Row | None,
    above: Sequence[Row] = (),
    target: str = "",
) -> list[CommentView]:
    """What is to be shown of `rows`. `following` is the row after them, if any: a tombstone shows
    only where something hangs under it. `above` are the ancestors of the first row.
    """
    names = {row.path[-1]: row.name for row in (*above, *rows) if not row.gone}
    rows = with_something_under(rows, following)
    first = rows[0].id if rows else ""
    # A page that begins deep in a branch need not be indented for what it does not show.
    hidden = min((len(row.path) for row in rows), default=1) - 1 if above else 0
    return [
        _view(row, post_url, words, names, hidden=hidden, tell_parent=row.id == first, target=target)
        for row in rows
    ]


def with_something_under(rows: Sequence[Row], following: Row | None) -> list[Row]:
    """Without tombstones under which nobody is left: the next living row is not theirs."""
    if not any(row.gone for row in rows):
        return list(rows)
    living = following if following and not following.gone else None
    kept = []
    for row in reversed(rows):
        if not row.gone:
            living = row
        if living and living.path[: len(row.path)] == row.path:
            kept.append(row)
    return kept[::-1]


def of_record(comment: Comment, post_url: str, words: Words, parent: Comment | None = None) -> CommentView:
    """A comment that has no row, or not yet; `parent` is whom it answers, where that shall be told."""
    row = Row(
        path=comment.path,
        parent_id=comment.parent_id if parent else None,
        gone=False,
        name=comment.name,
        website=comment.website,
        html=comment.html,
        is_author=comment.is_author,
        at=clock.stamp(comment.created_at),
        is_hidden=comment.is_hidden,
        is_edited=comment.edited_by == "author",
    )
    return _view(row, post_url, words, {parent.id: parent.name} if parent else {}, tell_parent=True)


def context_views(above: Sequence[Row], post_url: str, words: Words) -> list[CommentView]:
    return [_view(row, post_url, words, {}) for row in above]


def pin_views(
    sticky: Sequence[Row], shown: Sequence[CommentView], post_url: str, words: Words
) -> list[PinView]:
    """`shown` are the replies on the same page."""
    here = {comment.id for comment in shown} if sticky else ()
    views = [_view(row, post_url, words, {}) for row in sticky]
    return [PinView(view, f"#c-{view.id}" if view.id in here else view.url) for view in views]


def _view(
    row: Row,
    post_url: str,
    words: Words,
    names: Mapping[str, str],
    *,
    hidden: int = 0,
    tell_parent: bool = False,
    target: str = "",
) -> CommentView:
    path, parent_id, gone, name, website, html, is_author, at, is_hidden, is_edited = row
    own_id, depth = path[-1], len(path)
    shown_name, initial, face = face_of(name)
    nested = depth > 1 and parent_id == path[-2]
    # By position: naming eighteen values takes longer than making the tuple.
    return CommentView(
        own_id,
        depth - hidden,
        gone,
        f"{post_url}/comments/{own_id}",
        shown_name,
        escape(website) if website else None,
        initial,
        face,
        is_author,
        Markup(html),  # noqa: S704 - sanitised before it was stored
        at,
        words.day_of(at) if at else "",
        _reply_to(names.get(parent_id), words) if parent_id else None,
        f"{post_url}/comments/{parent_id}" if parent_id else None,
        UNSEEN if nested and depth <= NESTING_SAYS_IT and not tell_parent else SEEN,
        own_id == target,
        is_hidden,
        is_edited,
    )


def _reply_to(name: str | None, words: Words) -> Markup:
    return face_of(name)[0] if name else words("reply.earlier_one")


@value
class OwnForm:
    """What who wrote a reply may still do with it."""

    action: str
    values: Mapping[str, str]
    errors: Mapping[str, str]
    time_left: Markup | None
    """For how long it may be changed, in words; None where it may not be."""
    can_ask: bool
    """Whether answers may be mailed."""
    mail: str
    """Whether they are: `off`, `asked` or `on`."""


def form_of_own(
    action: str,
    comment: Comment,
    site: Site,
    words: Words,
    *,
    until: datetime | None,
    mail_state: str,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> OwnForm:
    stands = comment.told_status in ("pending", "approved") and not comment.is_author
    values = {"name": comment.name, "website": comment.website, "body": comment.source, "email": ""}
    return OwnForm(
        action=action,
        values={**values, **(typed or {})},
        errors=errors or {},
        time_left=words.count("own.minutes", -((clock.now() - until) // MINUTE)) if until else None,
        can_ask=site.mail_readers and config().sends_mail and stands,
        mail=mail_state,
    )
