"""A conversation for programs: the same rows as its page, as JSON."""

from __future__ import annotations

from typing import Any

from chalicelib.comments.model import closed_for
from chalicelib.comments.reading import Thread, links_of
from chalicelib.comments.stamps import stamp
from chalicelib.comments.store import Row
from chalicelib.comments.views import with_something_under
from chalicelib.core import web
from chalicelib.core.requests import Request
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of
from chalicelib.settings.actions import current_site

Document = dict[str, Any]


def thread_document(request: Request, post: Post, thread: Thread, count: int) -> Document:
    """A page of a conversation. `count` is of all replies that the post has."""
    url = web.absolute(request, path_of(post))
    links = {name: url + path if path else None for name, path in links_of(thread, post)._asdict().items()}
    rows = with_something_under(thread.rows, thread.following)
    return {
        "post": {"id": post.id, "title": post.title, "url": url},
        "count": count,
        "order": thread.order,
        "sticky": [f"{post.id}.{row.id}" for row in thread.sticky],
        "issued": None if closed_for(post, current_site()) else stamp(post.id),
        "items": [_item(row, post.id, url) for row in rows],
        **links,
    }


def _item(row: Row, post_id: str, post_url: str) -> Document:
    place = {
        "id": f"{post_id}.{row.id}",
        "url": f"{post_url}/comments/{row.id}",
        "parent": f"{post_id}.{row.parent_id}" if row.parent_id else None,
        "depth": len(row.path),
    }
    if row.gone:
        return {**place, "gone": True}
    return {
        **place,
        "name": row.name,
        "website": row.website,
        "html": row.html,
        "is_author": row.is_author,
        "is_hidden": row.is_hidden,
        "is_edited": row.is_edited,
        "created_at": row.at,
    }
