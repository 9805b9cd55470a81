"""What feeds need, read in as few round trips as they can be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import quote

from chalicelib.comments import store as comment_store
from chalicelib.comments.store import PublicReply
from chalicelib.core import clock, table
from chalicelib.feeds.entries import (
    Desk,
    Entry,
    Feed,
    author_of,
    post_entry,
    replies_path,
    reply_entry,
    stable_id,
    within_limits,
)
from chalicelib.lists.actions import posts_tagged
from chalicelib.posts import store as post_store
from chalicelib.posts.actions import posts_at, readable
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of

POSTS = 20
REPLIES = 50
MOST_LOOKS = 10
"""Stretches of replies that are looked through for those to posts in lists."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def read_posts(desk: Desk) -> Feed:
    """The newest posts: a Query, and a BatchGetItem for their texts."""
    posts = post_store.listed("published", limit=POSTS, end=post_store.until(clock.now())).items
    return _feed(
        desk,
        _of_posts(desk, posts),
        own_id=desk.absolute("/"),
        title=desk.site.title,
        subtitle=desk.site.description,
        page="/",
        address="/feed",
    )


def read_tagged(desk: Desk, tag: str) -> Feed:
    """The newest posts with a tag, by its slug: two calls, and one for their texts. Raises NotFound."""
    name, posts = posts_tagged(tag, POSTS)
    page = f"/tags/{quote(tag)}"
    return _feed(
        desk,
        _of_posts(desk, posts),
        own_id=desk.absolute(page),
        title=_titled(desk, desk.words.plain("feed.tag", tag=name)),
        page=page,
        address=f"{page}/feed",
    )


def read_replies(desk: Desk) -> Feed:
    """The newest replies to posts that stand in lists: a Query, and a BatchGetItem for the posts; some more
    where many of them are to posts that do not.
    """
    return _feed(
        desk,
        [reply_entry(reply, post, desk) for reply, post in islice(_replies_in_lists(), REPLIES)],
        own_id=stable_id(desk.absolute("/comments/feed")),
        title=_titled(desk, desk.words.plain("feed.all_replies")),
        page="/",
        address="/comments/feed",
    )


def _replies_in_lists() -> Iterator[tuple[PublicReply, Post]]:
    now, end = clock.now(), ""
    for _ in range(MOST_LOOKS):
        found = comment_store.newest(REPLIES, end)
        posts = {post.id: post for post in posts_at(reply.home for reply in found.items).values()}
        for reply in found.items:
            post = posts.get(reply.post_id)
            if post and post.is_listed and post.is_public(now):
                yield reply, post
        if not found.more:
            return
        end = table.just_before(found.last)


def read_replies_to(desk: Desk, post: Post) -> Feed:
    """The newest replies to one post: a Query."""
    replies = comment_store.newest_of(post, REPLIES)
    name = post.title or desk.words.day(post.published_at or post.created_at)
    return _feed(
        desk,
        [reply_entry(reply, post, desk) for reply in replies],
        own_id=stable_id(f"{post.id} replies"),
        title=_titled(desk, desk.words.plain("feed.replies", title=name)),
        page=path_of(post),
        address=f"{replies_path(post)}/feed",
    )


def _of_posts(desk: Desk, posts: list[Post]) -> list[Entry]:
    bodies = post_store.bodies_at(post.home for post in posts)
    return within_limits(post_entry(post, readable(post, bodies.get(post.home)), desk) for post in posts)


def _titled(desk: Desk, title: str) -> str:
    return desk.words.plain("title.with_site", title=title, site=desk.site.title)


def _feed(
    desk: Desk, entries: list[Entry], *, own_id: str, title: str, page: str, address: str, subtitle: str = ""
) -> Feed:
    return Feed(
        id=own_id,
        title=title,
        subtitle=subtitle,
        url=desk.absolute(page),
        address=desk.absolute(address),
        language=desk.site.language,
        author=author_of(desk),
        icon=desk.absolute("/icon.svg"),
        updated=max((entry.updated for entry in entries), default=desk.changed or LONG_AGO),
        entries=entries,
    )
