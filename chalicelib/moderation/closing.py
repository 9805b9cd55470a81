"""Closing the conversation under a post by hand, and opening it again."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.requests import Principal
from chalicelib.core.table import Write
from chalicelib.moderation.model import Step
from chalicelib.moderation.notes import Note, new_note
from chalicelib.posts.changes import Also
from chalicelib.posts.model import Post


def closing(by: Principal, note: Note | None = None, place: int = 0) -> Also:
    """For `posts.actions.edit_post`: what the log says where the conversation is closed or opened."""
    noted = note or new_note(by)

    def also(before: Post, after: Post) -> Sequence[Write]:
        was, now = before.comments_open, after.comments_open
        if was == now:
            return []
        step = Step("open" if now else "close", {"comments_open": was}, {"comments_open": now})
        return noted.entries(place, after.id, [step], after.version)

    return also
