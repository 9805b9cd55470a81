"""Where a post stands among the others: in the line of all posts, in its month, under its tags, in
its series, and beside whom.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, tzinfo

from chalicelib.core import clock, text
from chalicelib.core.values import value
from chalicelib.posts.model import Post

LINE, MONTH, TAG, SERIES = "LINE", "M#", "T#", "X#"
MOST_RELATED = 3
NAME_LETTERS = 60


@value
class Place:
    """A post in one group."""

    at: str
    """`time#id`, by which groups are sorted."""
    home: str
    name: str = ""
    """The group as this post's author wrote it."""
    coming: str = ""
    """When it can be seen, where that was to come when it was placed."""


Places = Mapping[str, Place]
"""{group: place}. Groups are `LINE`, `M#2026-11`, `T#slug of a tag`, `X#slug of a series`."""


@value
class Standing:
    """What a post is counted in, as it was last written down."""

    places: Places = field(default_factory=dict)
    face: str = ""
    """What other posts' pages say of it: name, slug and language."""
    left: Sequence[tuple[str, str]] = ()
    """Places (group, at) whose neighbours have not been told yet."""
    version: int = 0

    @property
    def is_settled(self) -> bool:
        return not self.left


def places_of(post: Post, at: str, zone: tzinfo, now: datetime) -> dict[str, Place]:
    """The groups that a post belongs to; none unless it stands in lists."""
    if not post.is_listed or not post.published_at:
        return {}
    coming = clock.stamp(post.published_at) if post.published_at > now else ""
    names = {LINE: "", MONTH + f"{post.published_at.astimezone(zone):%Y-%m}": ""}
    names |= {TAG + text.slugify(tag): tag for tag in post.tags}
    if post.series:
        names[SERIES + text.slugify(post.series)] = post.series
    return {group: Place(at, post.home, name, coming) for group, name in names.items()}


def moves(before: Places, after: Places) -> Iterator[tuple[str, Place | None, Place | None]]:
    """(group, place before, place after) where they differ."""
    for group in dict.fromkeys([*before, *after]):
        if before.get(group) != after.get(group):
            yield group, before.get(group), after.get(group)


# --- beside whom -----------------------------------------------------------------------------


@value
class Neighbour:
    """Another post, as far as a link to it needs."""

    id: str
    home: str
    slug: str
    title: str
    at: datetime
    """When it was, or will be, public."""
    language: str = ""
    """BCP 47; empty where it is the blog's."""
    score: int = 0
    """How much it shares, of a related one."""
    is_coming: bool = False
    """Whether it could not be seen yet when this was written down: when it can be, the page that names
    it is written anew, so that no older copy of the page is taken for good.
    """
    version: int = field(default=0, compare=False)
    """That of its card, where it was just read; not stored."""

    @property
    def face(self) -> tuple[str, str, str, str, datetime]:
        return self.id, self.slug, self.title, self.language, self.at


@value
class Around:
    """What a post's page says of others. Those that are still to come are among them."""

    previous: Neighbour | None = None
    following: Neighbour | None = None
    series_previous: Neighbour | None = None
    series_following: Neighbour | None = None
    related: tuple[Neighbour, ...] = ()
    version: int = 0
    shown: int = 0
    """The version with which readers last saw a change."""

    @property
    def beside(self) -> list[Neighbour]:
        found = (self.previous, self.following, self.series_previous, self.series_following)
        return [one for one in found if one]

    def recommends(self, post_id: str) -> bool:
        return any(one.id == post_id for one in self.related)

    @property
    def seen(self) -> list[object]:
        """What the page says of them, as far as they could be seen when this was written down."""
        places = self.previous, self.following, self.series_previous, self.series_following
        beside = [one.face if one and not one.is_coming else None for one in places]
        return [*beside, *(one.face for one in self.related if not one.is_coming)]

    def seen_at(self, moment: datetime) -> list[object]:
        """The same then: what was to come may be seen before this is written anew."""
        places = self.previous, self.following, self.series_previous, self.series_following
        beside = [one.face if one and one.at <= moment else None for one in places]
        return [*beside, *(one.face for one in self.related if one.at <= moment)]


def neighbour(post: Post, now: datetime, score: int = 0) -> Neighbour:
    at = post.published_at or post.created_at
    return Neighbour(
        id=post.id,
        home=post.home,
        slug=post.slug,
        title=name_of(post),
        at=at,
        language=post.language,
        score=score,
        is_coming=at > now,
        version=post.version,
    )


def name_of(post: Post) -> str:
    """What a link to it says: its title, or how it begins."""
    return post.title or text.excerpt(post.told, NAME_LETTERS)


def best(candidates: Sequence[Neighbour]) -> tuple[Neighbour, ...]:
    """Those that share most, of equals the newest; each once."""
    once = {one.id: one for one in sorted(candidates, key=lambda one: one.score)}.values()
    return tuple(sorted(once, key=lambda one: (-one.score, -one.at.timestamp(), one.id))[:MOST_RELATED])


def weight(count: int) -> int:
    """What it says that two posts share a tag: less, the more posts have it."""
    return round(1000 / math.sqrt(max(1, count)))


@value
class Count:
    """A group and how many posts of it can be seen."""

    slug: str
    name: str
    count: int
