"""Counting anew. What is counted changes with what it counts, in one transaction, so there should be nothing
to mend; this shows that, and mends what a restored backup or a change by hand has left.
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.comments import store as comments
from chalicelib.core import table
from chalicelib.core.problems import Unavailable
from chalicelib.core.table import TRIES, Refused
from chalicelib.core.values import value
from chalicelib.likes import store as likes
from chalicelib.posts import tallies
from chalicelib.posts.actions import list_posts
from chalicelib.posts.model import STATES, TYPES, Post

A_PAGE = 100


@value
class Recount:
    post: Post
    counted: dict[str, int]
    """What the tallies said."""
    found: dict[str, int]
    """What there is."""

    @property
    def is_right(self) -> bool:
        return self.counted == self.found


def recount(post: Post) -> Recount:
    """Count the replies and the likes of a post one by one, and have its tallies say that. Whatever comes
    meanwhile is counted too. Raises Unavailable where too much does.
    """
    for attempt in range(TRIES):
        table.pause(attempt)
        stood = tallies.read_each(post.home)
        sums = tallies.sum_tallies(stood.values())
        counted = {"replies": sums.replies, "likes": sums.likes}
        found = {"replies": comments.count_rows(post.home), "likes": likes.count_records(post.id)}
        if counted == found:
            return Recount(post, counted, found)
        try:
            table.transact(tallies.settled(post.home, stood, found))
        except Refused:
            continue
        return Recount(post, counted, found)
    raise Unavailable


def recount_all() -> Iterator[Recount]:
    """Those of all posts, in whatever state, one after the other."""
    for kind in TYPES:
        for state in STATES:
            yield from map(recount, _all(state, kind))


def _all(state: str, kind: str) -> Iterator[Post]:
    page = list_posts(state, A_PAGE, None, kind)
    yield from page.items
    while page.more:
        page = list_posts(state, A_PAGE, page.last, kind)
        yield from page.items
