"""A post as templates show it. Links are complete, with the stage where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from chalicelib.core import text
from chalicelib.core.views import Stamp, stamp_of
from chalicelib.posts.model import Body, Post


@dataclass(frozen=True, slots=True)
class PostSummary:
    url: str
    title: str
    title_or_date: str
    published: Stamp
    excerpt: str
    tags: tuple[str, ...]
    reading_minutes: int


@dataclass(frozen=True, slots=True)
class PostView:
    id: str
    url: str
    title: str
    title_or_date: str
    author: str
    published: Stamp
    updated: Stamp | None
    tags: tuple[str, ...]
    html: Markup
    reading_minutes: int
    is_unlisted: bool


def path_of(post: Post) -> str:
    """Its address on the blog, percent-encoded."""
    return f"/posts/{quote(post.slug)}"


def summary_view(post: Post, root: str) -> PostSummary:
    return PostSummary(excerpt=post.summary or post.excerpt, **_common(post, root))


def post_view(post: Post, body: Body | None, author: str, root: str) -> PostView:
    # The HTML was sanitised before it was stored, so it is taken as it is.
    html = Markup(body.html if body else "")  # noqa: S704
    return PostView(
        id=post.id,
        author=author,
        updated=stamp_of(post.updated_at) if post.updated_at else None,
        html=html,
        is_unlisted=post.status == "unlisted",
        **_common(post, root),
    )


def _common(post: Post, root: str) -> dict[str, Any]:
    published = stamp_of(post.published_at or post.created_at)
    return {
        "url": root + path_of(post),
        "title": post.title,
        "title_or_date": post.title or published.text,
        "published": published,
        "tags": post.tags,
        "reading_minutes": text.reading_minutes(post.words),
    }
