"""The post: what it is, when it is public, and what may be done to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from chalicelib.core import text
from chalicelib.core.fields import Choice, Fields, Flag, Moment, OrNull, Text, TextList, Wrong
from chalicelib.core.markup import POST_BYTES
from chalicelib.core.values import value
from chalicelib.settings.model import language_tag, picture

STATUSES = ("draft", "published", "unlisted", "deleted")
"""As they are stored. A published post whose time is to come is shown as `scheduled`."""
STATES = ("draft", "scheduled", "published", "unlisted", "deleted")

TYPES = ("post", "page")

PLAIN = 0
"""Instead of a renderer's version: a long text as it was typed, until the worker has rendered it."""
MOST_TAGS = 30
MOST_COPIES = 10
RESERVED = frozenset(
    "api archive assets author comments feed followers mail media mentions micropub moderate people posts"
    " preview privacy replies search series sitemaps subscribe tags token webmention yours".split()
)
"""First parts of the blog's own addresses, present and to come: no page may stand there."""
KEPT = ("title", "summary", "language", "content_warning")
"""The fields that are content besides the text: each change of them is a revision."""
UPDATES = frozenset(("title", "summary", "content_warning", "body"))
"""The changes of content after which a post counts as updated."""
TIMES = ("created_at", "published_at", "updated_at", "deleted_at", "comments_close_at")


@value
class Post:
    """The card: everything but the text itself."""

    id: str
    home: str
    """The slug under which its items stand: the current one until the post was first public, and
    that one for ever after."""
    slug: str
    title: str
    status: str
    created_at: datetime
    published_at: datetime | None
    """When it first was, or will be, public."""
    updated_at: datetime | None
    """When its content last changed after that; None where it never did."""
    deleted_at: datetime | None
    tags: tuple[str, ...]
    summary: str
    excerpt: str
    """The beginning of the text, for lists where there is no summary."""
    words: int
    revision: int
    version: int
    was_public: bool
    type: str = "post"
    """`post`, or `page`: one that stands by itself at `/slug`, in no list and no feed."""
    series: str = ""
    """The name of the series it is part of."""
    pinned: bool = False
    """Whether it stands first on the front page."""
    language: str = ""
    """BCP 47; empty where it is the blog's."""
    image: str = ""
    """Chosen for link cards; where there is none, the first picture of the text serves."""
    image_alt: str = ""
    syndication: tuple[str, ...] = ()
    """Where else on the web the same post stands."""
    comments_open: bool = True
    """Whether its author has not closed the conversation under it."""
    comments_close_at: datetime | None = None
    """From when on it is closed; None where it does not close by itself."""
    canonical_url: str = ""
    """Where else it was first published; empty where that was here."""
    content_warning: str = ""
    """What readers are told before they unfold the text, and instead of it in every other place."""
    waited: bool = False
    """Whether it is to come by itself, or came so when it was last published."""

    @property
    def times(self) -> dict[str, datetime | None]:
        return {name: getattr(self, name) for name in TIMES}

    def is_public(self, moment: datetime) -> bool:
        """Whether anybody may read it: visibility is decided here and by the keys, nowhere else."""
        open_to_readers = self.status in ("published", "unlisted")
        return open_to_readers and self.published_at is not None and self.published_at <= moment

    def takes_replies(self, moment: datetime) -> bool:
        """Whether its author leaves the conversation open; the settings may close it all the same."""
        return self.comments_open and not (self.comments_close_at and self.comments_close_at <= moment)

    @property
    def told(self) -> str:
        """What other places say of the text: the warning alone where there is one, then the summary."""
        return self.content_warning or self.summary or self.excerpt

    @property
    def began(self) -> str:
        """What stands for a title where there is none."""
        return self.content_warning or self.excerpt

    @property
    def is_listed(self) -> bool:
        """Whether it stands in lists and feeds, now or from its time on."""
        return self.type == "post" and self.status == "published" and self.published_at is not None

    def state(self, moment: datetime) -> str:
        if self.status == "published" and not self.is_public(moment):
            return "scheduled"
        return self.status


@value(slots=False)
class Body:
    """The text as readers get it, deflated; written anew with each change of content."""

    deflated: bytes
    renderer: int
    """The version of the renderer; `PLAIN` where a job still has to render the text."""
    revision: int = 0
    """Of which revision it was made."""
    at: str = ""
    """Where a long one is to be fetched from; then `deflated` is empty until that is done."""
    problem: str = ""
    """Why it could not be rendered and stands there as it was typed; empty where it could."""

    @classmethod
    def of(cls, html: str, renderer: int, revision: int) -> Body:
        return cls(text.deflated(html), renderer, revision)

    @property
    def is_plain(self) -> bool:
        return self.renderer == PLAIN

    @property
    def is_long(self) -> bool:
        """Whether rendering it may take longer than that of many others."""
        return self.is_plain or bool(self.at)

    @cached_property
    def html(self) -> str:
        """Empty where what is stored is damaged: the page around it stands."""
        return text.inflated(self.deflated)


@value
class Revision:
    """The content as it was after a change. What an older one does not say is None, or absent from `kept`."""

    post_id: str
    number: int
    title: str
    source: str
    """The text as the author wrote it; empty in lists, which leave it out."""
    saved_at: datetime
    kept: Mapping[str, str] = field(default_factory=dict)
    """What else was content, by the names of `KEPT`."""
    by: str = ""
    """The name of the token that made it."""
    words: int | None = None
    size: int | None = None
    """Of the source, in bytes of UTF-8."""
    changed: tuple[str, ...] | None = None
    """Which of its fields were others before: those of `KEPT`, and `body`."""


def revision_of(post: Post, source: str, changed: tuple[str, ...], now: datetime, by: str) -> Revision:
    """What is kept of a post as it is now."""
    return Revision(
        post_id=post.id,
        number=post.revision,
        title=post.title,
        source=source,
        saved_at=now,
        kept={name: getattr(post, name) for name in KEPT},
        by=by,
        words=post.words,
        size=len(source.encode()),
        changed=changed,
    )


def _slug(wanted: str) -> str:
    proper = text.slugify(wanted)
    if wanted != proper or not proper:
        raise Wrong(f"must be lower-case words joined by hyphens, such as “{proper or 'my-post'}”")
    return wanted


def _title(title: str) -> str:
    if title and not text.plain_name(title):
        raise Wrong("has nothing that can be seen; write a title or leave it out")
    return title


def _tag(tag: str) -> str:
    if not text.slugify(tag):
        raise Wrong("must hold at least one letter or digit")
    return tag


def _series(name: str) -> str:
    if name and not text.slugify(name):
        raise Wrong("must hold at least one letter or digit")
    return name


def _language(tag: str) -> str:
    return language_tag(tag) if tag else tag


def _copy(url: str) -> str:
    if not re.fullmatch(r"https?://[^/\s\"<>\\]+(/[^\s\"<>\\]*)?", url):
        raise Wrong("must be a web address such as https://example.social/@me/1")
    try:
        urlsplit(url)
    except ValueError as error:
        raise Wrong("is not a web address") from error
    return url


POST_FIELDS = Fields(
    type=Choice(TYPES),
    title=Text(300, check=_title),
    body=Text(POST_BYTES, lines=True),
    slug=Text(text.SLUG_BYTES, check=_slug),
    tags=TextList(MOST_TAGS, Text(60, check=_tag)),
    series=Text(100, check=_series),
    summary=Text(1000, lines=True),
    language=Text(35, check=_language),
    image=Text(500, check=picture),
    image_alt=Text(500),
    syndication=TextList(MOST_COPIES, Text(500, check=_copy)),
    canonical_url=Text(500, check=lambda url: _copy(url) if url else url),
    content_warning=Text(200, check=_title),
    pinned=Flag(),
    comments_open=Flag(),
    comments_close_at=OrNull(Moment(dates=True)),
    status=Choice(("draft", "published", "unlisted")),
    published_at=OrNull(Moment(dates=True)),
    takes_over=Flag(),
).apart_from(
    *"id url html excerpt summary_generated words version revision created_at updated_at deleted_at".split(),
    *"announced_at older_slugs taken_slugs likes replies first_published home was_public".split(),
)
PLAIN_FIELDS = tuple(
    "type title series summary language image image_alt pinned comments_open canonical_url content_warning"
    " status".split()
)
"""Those that a post has just as they were sent."""

Changes = dict[str, Any]
"""What `POST_FIELDS.read` gives: only the fields that were sent."""


def distinct_tags(tags: list[str]) -> tuple[str, ...]:
    """In the order given; tags that differ only in case or accents are one."""
    return tuple({text.slugify(tag): tag for tag in reversed(tags)}.values())[::-1]
