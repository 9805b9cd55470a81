"""What was said under an address, as its page shows it, and as a file."""

from __future__ import annotations

from typing import Any, NamedTuple

from markupsafe import Markup

from chalicelib.comments.model import Comment
from chalicelib.comments.texts import original_of
from chalicelib.core import clock
from chalicelib.core.views import Stamp, stamp_of
from chalicelib.core.words import Words
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of, summary_view


class OwnView(NamedTuple):
    """A comment as its writer sees it among all of theirs."""

    name: str
    title: str
    """Of the post; empty where that is no longer public."""
    post_url: str
    url: str
    """Where everybody can read it; empty where nobody can."""
    html: Markup
    at: Stamp
    state: Markup


def own_view(comment: Comment, post: Post | None, root: str, author: str, words: Words) -> OwnView:
    shown = post if post and post.is_public(clock.now()) else None
    post_url = root + path_of(shown) if shown else ""
    return OwnView(
        comment.name,
        summary_view(shown, root, words).name if shown else "",
        post_url,
        f"{post_url}/comments/{comment.id}" if shown and comment.status == "approved" else "",
        Markup(comment.html),  # noqa: S704 - sanitised before it was stored
        stamp_of(comment.created_at, words),
        words(f"reply.state.{comment.told_status}", author=author),
    )


def as_file(comment: Comment, post: Post | None, base: str) -> dict[str, Any]:
    """All that its writer gave, and what became of it; links begin with `base`."""
    shown = post if post and post.is_public(clock.now()) else None
    post_url = base + path_of(shown) if shown else None
    return {
        "id": comment.full_id,
        "post": {"title": shown.title, "url": post_url} if shown else None,
        "parent": f"{comment.post_id}.{comment.parent_id}" if comment.parent_id else None,
        "url": f"{post_url}/comments/{comment.id}" if shown and comment.status == "approved" else None,
        "status": comment.told_status,
        "name": comment.name,
        "website": comment.website,
        "body": comment.source,
        **_changed_text(comment),
        "wants_mail": comment.wants_mail,
        **clock.stamps({"created_at": comment.created_at, "decided_at": comment.decided_at}),
    }


def _changed_text(comment: Comment) -> dict[str, Any]:
    """What its writer had written, where the author changed it."""
    original = original_of(comment)
    return {"original": original} if original else {}
