"""Closing the conversation under a post by hand, and opening it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.core import clock
from chalicelib.core.requests import Principal
from chalicelib.core.table import Write
from chalicelib.moderation.model import Step
from chalicelib.moderation.notes import Note, new_note
from chalicelib.posts.changes import Also
from chalicelib.posts.model import Changes, Post


def closing(by: Principal, note: Note | None = None, place: int = 0) -> Also:
    """For `posts.actions.edit_post`: what the log says where the conversation is closed or opened."""
    noted = note or new_note(by)

    def also(before: Post, after: Post) -> Sequence[Write]:
        was, now = conversation_of(before), conversation_of(after)
        if was == now:
            return []
        return noted.entries(place, after.id, [Step(_act(before, after), was, now)], after.version)

    return also


def conversation_of(post: Post) -> dict[str, Any]:
    """What its author has said of when readers may reply to it, as the log keeps it."""
    at = post.comments_close_at
    return {"comments_open": post.comments_open, **({"comments_close_at": clock.stamp(at)} if at else {})}


def is_as_left(post: Post, after: Mapping[str, Any]) -> bool:
    """Whether it is as an entry of the log says that it was left."""
    return conversation_of(post) == dict(after)


def as_before(before: Mapping[str, Any]) -> Changes:
    """What makes it again what it was before such an entry."""
    at = clock.known(before.get("comments_close_at"))
    return {"comments_open": bool(before.get("comments_open", True)), "comments_close_at": at}


def set_open(post: Post, *, is_open: bool) -> Changes:
    """What closes it, or opens it: then it must not be over already by the time that was set."""
    over = is_open and not replace(post, comments_open=True).takes_replies(clock.now())
    return {"comments_open": is_open, **({"comments_close_at": None} if over else {})}


def _act(before: Post, after: Post) -> str:
    was, now = before.takes_replies(clock.now()), after.takes_replies(clock.now())
    return "closing" if was == now else "open" if now else "close"
