"""What a feed says, whatever its format: plain values, made of posts and replies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote, urljoin
from uuid import UUID, uuid5

from chalicelib.comments.store import PublicReply
from chalicelib.core import text
from chalicelib.core.pictures import at_origin, served
from chalicelib.core.values import value
from chalicelib.core.words import Words, words_for
from chalicelib.feeds.content import MOST_BYTES_A_LETTER, bytes_in_answer, with_full_addresses
from chalicelib.posts.model import Body, Post
from chalicelib.posts.views import path_of, preview_picture, told_of
from chalicelib.settings.model import Site

IDS = UUID("0b9a6f3e-6d5c-4f0e-9d0b-7f2f1d3a8c41")
"""The name space of every id in every feed (RFC 9562, section 5.5). Another one would make each
entry new to every reader."""

MOST_CONTENT = 4_000_000
"""Bytes of full text in one feed; an entry for which that is no room has its summary alone."""
MOST_ANSWER = 5_300_000
"""The same as the platform counts them, which carries six megabytes."""
HEADING = 60

Absolute = Callable[[str], str]
"""The full URL of a path on the blog."""


@value
class Desk:
    """What everything here is written with."""

    site: Site
    absolute: Absolute
    changed: datetime | None = None
    """When something that is written of last changed: the date of a feed without entries."""

    @property
    def words(self) -> Words:
        return words_for(self.site.language, self.site.time_zone)


@value
class Person:
    name: str
    url: str = ""
    picture: str = ""


@value
class Parent:
    """What a reply answers: a post, or another reply."""

    id: str
    url: str


@value
class Entry:
    id: str
    url: str
    title: str
    """Empty where it has none."""
    heading: str
    """The title, or what stands for it where a format insists."""
    author: Person
    published: datetime
    updated: datetime
    html: str
    """Sanitised, with full addresses; empty where the feed became too long for it."""
    summary: str = ""
    """Plain text."""
    tags: Sequence[str] = ()
    language: str = ""
    """Where it is another than the feed's."""
    image: str = ""
    replies: str = ""
    """The feeds of its replies, without the ending."""
    parent: Parent | None = None
    canonical: str = ""
    """Where it was first published, if that was not here."""


@value
class Feed:
    id: str
    title: str
    subtitle: str
    url: str
    """The page that shows the same."""
    address: str
    """The feed's own URL, without the ending."""
    language: str
    author: Person
    icon: str
    updated: datetime
    entries: Sequence[Entry]


def stable_id(own_id: str) -> str:
    """For a post's id or a comment's full one: what its entry is called, wherever it moves."""
    return uuid5(IDS, own_id).urn


def author_of(desk: Desk) -> Person:
    return Person(desk.site.author, desk.absolute("/author"), _picture(desk.site.author_picture, desk))


def post_entry(post: Post, body: Body | None, desk: Desk) -> Entry:
    published = post.published_at or post.created_at
    url = desk.absolute(path_of(post))
    language = post.language or desk.site.language
    html = at_origin(body.html) if body else ""
    return Entry(
        id=stable_id(post.id),
        url=url,
        title=post.title,
        heading=post.title or text.excerpt(post.began, HEADING) or desk.words.day(published),
        author=author_of(desk),
        published=published,
        updated=max(published, post.updated_at or published),
        html=_warned(post, _towards(language, with_full_addresses(html, url)), desk),
        summary=told_of(post, desk.words),
        tags=post.tags,
        language=language if language != desk.site.language else "",
        image=_picture(post.image or (preview_picture(post, body) or [""])[0], desk, url),
        replies=desk.absolute(f"{replies_path(post)}/feed"),
        canonical=post.canonical_url,
    )


def reply_entry(reply: PublicReply, post: Post, desk: Desk) -> Entry:
    page, replies = desk.absolute(path_of(post)), desk.absolute(replies_path(post))
    title = post.title or desk.words.day(post.published_at or post.created_at)
    heading = f"{reply.name} · {title}"
    return Entry(
        id=stable_id(f"{post.id}.{reply.id}"),
        url=f"{replies}/{reply.id}",
        title=heading,
        heading=heading,
        author=author_of(desk) if reply.is_author else Person(reply.name, _website(reply.website)),
        published=reply.at,
        updated=reply.at,
        html=with_full_addresses(reply.html, page),
        parent=(
            Parent(stable_id(f"{post.id}.{reply.parent_id}"), f"{replies}/{reply.parent_id}")
            if reply.parent_id
            else Parent(stable_id(post.id), page)
        ),
    )


def replies_path(post: Post) -> str:
    """Where its replies stand, be it a post or a static page."""
    return f"/posts/{quote(post.slug)}/comments"


def within_limits(entries: Iterable[Entry]) -> list[Entry]:
    """With their full text, the newest first, as far as an answer can carry it; one that is too long leaves
    the room to those after it.
    """
    entries = list(entries)
    if MOST_BYTES_A_LETTER * sum(len(entry.html) for entry in entries) <= MOST_ANSWER:
        return entries
    kept: list[Entry] = []
    content = answer = 0
    for entry in entries:
        with_it = content + len(entry.html.encode()), answer + bytes_in_answer(entry.html)
        fits = with_it[0] <= MOST_CONTENT and with_it[1] <= MOST_ANSWER
        content, answer = with_it if fits else (content, answer)
        kept.append(entry if fits else replace(entry, html=""))
    return kept


def _towards(language: str, html: str) -> str:
    """Readers show what they get from left to right, unless told otherwise."""
    if text.direction_of(language) == "ltr" or not html:
        return html
    return f'<div lang="{escape(language)}" dir="rtl">{html}</div>'


def _warned(post: Post, html: str, desk: Desk) -> str:
    """The text, folded away under its warning: what takes the folding out shows the warning first, as
    Mastodon's own feeds do.
    """
    if not post.content_warning or not html:
        return html
    warning, show = escape(told_of(post, desk.words)), escape(desk.words.plain("feed.show"))
    return f"<p><strong>{warning}</strong></p><details><summary>{show}</summary>{html}</details>"


def _website(address: Any) -> str:
    """An address that a stored row says, whatever that is."""
    is_one = isinstance(address, str) and address.lower().startswith(("https://", "http://"))
    return address if is_one else ""


def _picture(address: str, desk: Desk, base: str = "") -> str:
    """The URL of a picture that is given as one, as a path on the blog, or as a post's text names it."""
    address = served(address)
    if address.startswith("/") and not address.startswith("//"):
        return desk.absolute(address)
    try:
        return urljoin(base, address) if address else ""
    except ValueError:
        return ""
