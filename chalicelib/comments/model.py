"""A reader's reply: what it is, where it stands in the thread, and what may be done to it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from chalicelib.core import clock, text
from chalicelib.core.fields import Fields, Flag, Text, Wrong
from chalicelib.core.markup import COMMENT_BYTES
from chalicelib.core.values import value
from chalicelib.posts.model import Post
from chalicelib.settings.model import Site, email_address

STATUSES = ("pending", "approved", "spam", "deleted")
DEEPEST = 60
"""Levels of a thread. A sort key holds 1,024 bytes, and sixty ids with their slashes fit."""

_HOST = re.compile(r"[\w\-.~%]+(\.[\w\-~%]+)+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?")


class Closed(NamedTuple):
    """Why nobody can reply: a key of the interface's words, and the days that it names."""

    key: str
    days: int = 0
    at: datetime | None = None
    """Since when, where its author has said so."""


@value
class Comment:
    """A comment's record, which stands for ever; what readers see is a projection of it."""

    id: str
    post_id: str
    home: str
    """The partition of its post."""
    path: tuple[str, ...]
    """Ids from the thread's root down to this comment."""
    parent_id: str | None
    """Whom it answers: its place in the thread, except below the deepest level."""
    name: str
    website: str
    source: str
    html: str
    is_author: bool
    status: str
    created_at: datetime
    decided_at: datetime | None
    """When somebody last decided about it; None while only the blog itself has."""
    version: int
    person: str = ""
    """The e-mail address of who wrote it, as a keyed hash; empty where none was given."""
    visitor: str = ""
    """The mark of the browser that sent it (`core.visitors`), as a keyed hash."""
    wants_mail: bool = False
    """Whether answers shall be mailed to who wrote it."""
    reasons: tuple[str, ...] = ()
    """Why it was held or taken for spam: names of `screening.REASONS`."""
    is_sticky: bool = False
    """Whether it is shown above the thread, too."""
    is_hidden: bool = False
    """Whether readers see it only after a click."""
    edited_by: str = ""
    """`author` or `self`, where its text was changed."""
    original: str | None = None
    """What its writer had written, where the author changed it."""

    @property
    def full_id(self) -> str:
        """What it is called outside its post."""
        return f"{self.post_id}.{self.id}"

    @property
    def is_erased(self) -> bool:
        """Whether its text is gone for good, and nothing but its place is left."""
        return not self.source and not self.html

    @property
    def told_status(self) -> str:
        """What its writer is told: a verdict that only the blog itself has made is none yet."""
        return "pending" if self.status == "spam" and self.decided_at is None else self.status

    def erased(self, moment: datetime) -> Comment:
        """Deleted for good, at the wish of who wrote it."""
        return replace(
            self,
            name="",
            website="",
            source="",
            html="",
            status="deleted",
            decided_at=moment,
            version=self.version + 1,
            person="",
            visitor="",
            wants_mail=False,
            reasons=(),
            is_sticky=False,
            is_hidden=False,
            edited_by="",
            original=None,
        )


def why_closed(
    kind: str, published_at: datetime | None, site: Site, *, is_open: bool = True
) -> Closed | None:
    """Why readers cannot reply to what is a `post` or a `page`; None where they can. `is_open` is what its
    author says of this very conversation.
    """
    if kind == "page" or not site.comments_open or not is_open:
        return Closed("closed.off")
    days = site.comments_close_days
    if days and published_at and clock.now() - published_at >= timedelta(days=days):
        return Closed("closed.days", days)
    return None


def closed_for(post: Post, site: Site) -> Closed | None:
    """The same of a post that was read."""
    is_open = post.takes_replies(clock.now())
    if post.comments_open and not is_open and post.type == "post" and site.comments_open:
        return Closed("closed.at", at=post.comments_close_at)
    return why_closed(post.type, post.published_at, site, is_open=is_open)


def closes_at(post: Post, site: Site) -> datetime | None:
    """When an open conversation closes because its author has said so; None where the settings close it
    sooner.
    """
    days = timedelta(days=site.comments_close_days)
    sooner = (
        days
        and post.published_at
        and post.comments_close_at
        and (post.published_at + days <= post.comments_close_at)
    )
    return None if sooner or closed_for(post, site) else post.comments_close_at


def place(comment_id: str, parent: Comment | None) -> tuple[str, ...]:
    """Where a reply stands: under whom it answers, or beside them at the deepest level."""
    above = parent.path if parent else ()
    return (*above[: DEEPEST - 1], comment_id)


def split_id(full_id: str) -> tuple[str, str] | None:
    post_id, _, comment_id = full_id.partition(".")
    return (post_id, comment_id) if text.is_id(post_id) and text.is_id(comment_id) else None


def _name(name: str) -> str:
    if not (shown := text.plain_name(name)):
        raise Wrong("must not be empty: say how you would like to be called")
    return shown


def _body(source: str) -> str:
    if not source.strip():
        raise Wrong("must not be empty: write your reply here")
    return source


def _website(url: str) -> str:
    """Http and https only; a bare host is taken as https."""
    if not url:
        return ""
    full = url if re.match(r"[a-zA-Z][a-zA-Z0-9+.\-]*:(?!\d)", url) else f"https://{url}"
    try:
        parts = urlsplit(full)
        host_is_good = bool(_HOST.fullmatch(parts.netloc))
    except ValueError:
        host_is_good = False
    if (
        not host_is_good
        or parts.scheme.lower() not in ("http", "https")
        or re.search(r"[\s<>\"\\^`{|}]", full)
    ):
        raise Wrong("is not a web address such as https://example.com; correct it or leave it empty")
    return full


COMMENT_FIELDS = Fields(
    name=Text(100, check=_name),
    email=Text(254, check=email_address),
    website=Text(500, check=_website),
    body=Text(COMMENT_BYTES, lines=True, check=_body),
    parent=Text(60),
    notify=Flag(),
    issued=Text(200),
)
OWN_FIELDS = Fields(**{name: COMMENT_FIELDS.declared[name] for name in ("name", "website", "body")})
"""What who wrote a comment may change of it."""
