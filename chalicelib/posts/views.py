"""A post as templates show it. Links are complete, with the stage where there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

from chalicelib.core import pictures, text
from chalicelib.core.values import value
from chalicelib.core.views import PostLink, Stamp, TagLink, stamp_of
from chalicelib.core.words import Words
from chalicelib.posts.model import Body, Post

NAME_LETTERS = 60
FEWEST_HEADINGS = 3
FEWEST_WORDS = 600
"""From which on a post gets a table of contents."""

_HEADING = re.compile(r'<h([23])\b[^>]*? id="([^"]*)"[^>]*>(.*?)</h\1>', re.DOTALL)
_ANCHORED = re.compile(r'(<h[2-6]\b[^>]*? id="([^"]*)"[^>]*>)(.*?)(</h[2-6]>)', re.DOTALL)
_TAGS = re.compile(r"<[^>]*>")
_PICTURE = re.compile(r'<img\b(?:[^">]|"[^"]*")*>')
_ATTRIBUTE = re.compile(r'\b(src|alt)="([^"]*)"')


class Heading(NamedTuple):
    level: int
    id: Markup
    text: Markup


class SeriesView(NamedTuple):
    name: str
    url: str
    previous: PostLink | None
    next: PostLink | None


class Copy(NamedTuple):
    """The same post elsewhere."""

    label: str
    url: str


@value
class Beside:
    """What stands beside a post: links to others, as far as they can be seen now."""

    previous: PostLink | None = None
    next: PostLink | None = None
    series: SeriesView | None = None
    related: tuple[PostLink, ...] = ()


@value
class PostSummary:
    id: str
    url: str
    title: str
    title_or_date: str
    name: str
    """The title, or how it begins, or its date."""
    published: Stamp
    excerpt: str
    tags: tuple[TagLink, ...]
    reading_minutes: int
    replies: int
    language: str
    direction: str
    is_pinned: bool


@value
class PostView:
    id: str
    url: str
    title: str
    title_or_date: str
    author: str
    author_url: str
    published: Stamp
    updated: Stamp | None
    tags: tuple[TagLink, ...]
    html: Markup
    reading_minutes: int
    replies: int
    language: str
    direction: str
    is_unlisted: bool
    is_page: bool
    contents: tuple[Heading, ...]
    series: SeriesView | None
    previous: PostLink | None
    next: PostLink | None
    related: tuple[PostLink, ...]
    syndication: tuple[Copy, ...]
    warning: str
    """What its readers are told before they unfold the text; empty where it stands open."""
    first_at: Copy | None
    """Where it was first published, if that was not here."""


def path_of(post: Post) -> str:
    """Its address on the blog, percent-encoded."""
    return address(post.slug, post.type)


def address(slug: str, kind: str = "post") -> str:
    return f"/{quote(slug)}" if kind == "page" else f"/posts/{quote(slug)}"


@lru_cache(1024)
def tag_path(tag: str) -> str:
    return f"/tags/{quote(text.slugify(tag))}"


@lru_cache(256)
def series_path(name: str) -> str:
    return f"/series/{quote(text.slugify(name))}"


def summary_view(post: Post, root: str, words: Words, replies: int = 0) -> PostSummary:
    common = _common(post, root, words, replies)
    told = told_of(post, words)
    began = text.excerpt(told, NAME_LETTERS)
    return PostSummary(
        excerpt=told,
        name=post.title or began or common["title_or_date"],
        is_pinned=post.pinned,
        **common,
    )


def told_of(post: Post, words: Words) -> str:
    """What other places than its own page say of the text."""
    return words.plain("post.warning", warning=post.told) if post.content_warning else post.told


def post_view(
    post: Post,
    body: Body | None,
    author: str,
    root: str,
    words: Words,
    *,
    replies: int = 0,
    beside: Beside | None = None,
) -> PostView:
    html = pictures.at_origin(body.html) if body else ""
    beside = beside or Beside()
    return PostView(
        author=author,
        author_url=f"{root}/author",
        updated=stamp_of(post.updated_at, words) if post.updated_at else None,
        html=_with_anchors(html, words),
        is_unlisted=post.status == "unlisted",
        is_page=post.type == "page",
        # What is folded away is not told by its headings.
        contents=_contents(html) if post.words >= FEWEST_WORDS and not post.content_warning else (),
        series=beside.series,
        previous=beside.previous,
        next=beside.next,
        related=beside.related,
        syndication=tuple(Copy(_host(url), url) for url in post.syndication),
        warning=post.content_warning,
        first_at=Copy(_host(post.canonical_url), post.canonical_url) if post.canonical_url else None,
        **_common(post, root, words, replies),
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.removeprefix("www.") or url
    except ValueError:
        return url


def preview_picture(post: Post, body: Body | None) -> tuple[str, str] | None:
    """The first picture of its text, which stands in other places, too: not where readers are warned."""
    return first_picture(pictures.at_origin(body.html)) if body and not post.content_warning else None


def first_picture(html: str) -> tuple[str, str] | None:
    """The address and the words of the first picture in a post's HTML, as it is stored or shown."""
    found = _PICTURE.search(html)
    known: Mapping[str, str] = dict(_ATTRIBUTE.findall(found[0])) if found else {}
    if not known.get("src"):
        return None
    return unescape(known["src"]), unescape(known.get("alt", ""))


def _with_anchors(html: str, words: Words) -> Markup:
    """Each heading leads to itself, so that its address can be taken along: by its words, or by a sign
    after them where they hold links of their own. Stored HTML, which feeds show, has none of it.
    """
    label = escape(words.plain("markup.anchor"))

    def anchored(heading: re.Match[str]) -> str:
        opening, anchor, said, closing = heading.groups()
        link = f'<a class="anchor" href="#{anchor}"'
        if "<a " in said:
            return f'{opening}{said} {link} aria-label="{label}">#</a>{closing}'
        return f"{opening}{link}>{said}</a>{closing}"

    # The HTML was sanitised before it was stored, so it is taken as it is.
    return Markup(_ANCHORED.sub(anchored, html))  # noqa: S704


def _contents(html: str) -> tuple[Heading, ...]:
    """The headings, where there are enough of them and the author placed no list of them."""
    if 'class="toc"' in html:
        return ()
    # Sanitised HTML: what is between the tags is escaped already.
    found = [
        Heading(int(level), Markup(anchor), Markup(_TAGS.sub("", words)))  # noqa: S704
        for level, anchor, words in _HEADING.findall(html)
    ]
    return tuple(found) if len(found) >= FEWEST_HEADINGS else ()


def _common(post: Post, root: str, words: Words, replies: int) -> dict[str, Any]:
    published = stamp_of(post.published_at or post.created_at, words)
    return {
        "id": post.id,
        "url": root + path_of(post),
        "title": post.title,
        "title_or_date": post.title or published.text,
        "published": published,
        "tags": tuple(TagLink(tag, root + tag_path(tag)) for tag in post.tags),
        "reading_minutes": text.reading_minutes(post.words),
        "replies": replies,
        "language": post.language,
        "direction": text.direction_of(post.language) if post.language else "auto",
    }
