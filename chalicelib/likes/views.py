"""Likes as templates show them: one sentence, faces, and a button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from chalicelib.core.faces import face_of
from chalicelib.core.values import value
from chalicelib.core.words import Words
from chalicelib.likes.model import Faces, SiteLike

NAMED = 2
"""So many are called by their names in the sentence."""


class FaceView(NamedTuple):
    name: Markup
    url: str
    picture: str
    initial: Markup
    face: int


@value
class LikesView:
    count: int
    sentence: Markup
    faces: tuple[FaceView, ...]
    action: str
    """Where likes go, and where a visitor sees their own."""
    is_open: bool
    """Whether there is a button to like the post with."""
    is_liked: bool = False
    """Whether it is known that who looks likes it; a public page never knows."""


def likes_view(
    post_url: str, likes: int, faces: Faces, words: Words, *, is_open: bool, is_liked: bool = False
) -> LikesView:
    # What is counted may be read a moment before what is shown.
    count = max(likes, len(faces.shown))
    return LikesView(
        count=count,
        sentence=sentence(count, faces.shown, words),
        faces=tuple(map(_face, faces.shown)),
        action=f"{post_url}/likes",
        is_open=is_open,
        is_liked=is_liked,
    )


def sentence(count: int, shown: Sequence[SiteLike], words: Words) -> Markup:
    """“Ann, Bo and 12 other bloggers like this”."""
    names = [Markup("<bdi>{}</bdi>").format(like.name) for like in shown[:NAMED]]
    if not count:
        return words("likes.none")
    if not names:
        return words.count("likes", count)
    if count == len(names):
        return words("likes.name", name=names[0]) if count == 1 else words("likes.names", **_two(names))
    told = words("likes.listed", **_two(names)) if len(names) == NAMED else names[0]
    return words.count("likes.others", count - len(names), names=told)


def _two(names: Sequence[Markup]) -> dict[str, Markup]:
    return dict(zip(("first", "second"), names, strict=True))


def _face(like: SiteLike) -> FaceView:
    name, initial, face = face_of(like.name)
    return FaceView(name, like.url, like.picture, initial, face)
