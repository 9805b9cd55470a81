"""Lists of posts: one Query of at most a page, and one BatchGetItem."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.core import clock, table
from chalicelib.core.problems import NotFound
from chalicelib.core.table import Page
from chalicelib.core.values import value
from chalicelib.lists import store as list_store
from chalicelib.lists.actions import public_members
from chalicelib.lists.model import SERIES, TAG, Count
from chalicelib.posts import store as post_store
from chalicelib.posts.model import Post
from chalicelib.posts.tallies import cards_and_replies
from chalicelib.settings.model import Site

TAGS_A_PAGE = 1000
YEAR_PAGE = 100
SERIES_PAGE = 50
RECENT = 5
NOTHING_THEN = "No post was published then. The archive tells when there were some."

Replies = Mapping[str, int]
"""{home: number of replies}"""


@value
class Window:
    """Where on a list somebody looks: after (older than) or before (newer than) a sort key."""

    after: str | None = None
    before: str | None = None

    @property
    def is_first(self) -> bool:
        return not (self.after or self.before)


@value
class Listed:
    """A page of posts, the newest first."""

    posts: Sequence[Post]
    replies: Replies
    newer: str | None = None
    """The sort key before which the newer page ends; None on the first page."""
    older: str | None = None
    """The sort key after which the older page begins; None on the last page."""


@value
class Span:
    """Bounds of a list, as sort keys, both included."""

    start: str
    end: str


def open_home(site: Site, window: Window) -> tuple[Listed, list[Post]]:
    """The newest posts, and on the first page those that are pinned."""
    found, newer, older = _turn(post_store.listed, _until_now(), window, site.posts_per_page, "published")
    pinned = list(site.pinned.values()) if window.is_first else []
    cards, replies = cards_and_replies(pinned, [*pinned, *(post.home for post in found.items)])
    now = clock.now()
    first = [
        cards[home]
        for home in pinned
        if home in cards and cards[home].pinned and cards[home].is_listed and cards[home].is_public(now)
    ]
    first.sort(key=lambda post: post.published_at or now, reverse=True)
    shown = {post.id for post in first}
    posts = [post for post in found.items if post.id not in shown]
    return Listed(posts, replies, newer, older), first


def open_tag(tag: str, site: Site, window: Window) -> tuple[str, Listed, int | None]:
    """A tag's name, its posts, and how many there are. Raises NotFound where there are none."""
    group = TAG + tag
    found, newer, older = _turn(list_store.members, _until_now(), window, site.posts_per_page, group)
    homes = [member.home for member in found.items]
    cards, replies = cards_and_replies(homes, homes)
    posts = public_members(found, group, cards)
    if not posts:
        raise NotFound("No post has this tag. The list of tags names those there are.")
    count = list_store.count_of([group]).get(group)
    return found.items[0].name or tag, Listed(posts, replies, newer, older), count.count if count else None


def open_span(span: Span, window: Window, count: int) -> Listed:
    """The posts of a time. Raises NotFound where there are none."""
    found, newer, older = _turn(post_store.listed, span, window, count, "published")
    if not found.items:
        raise NotFound(NOTHING_THEN)
    _, replies = cards_and_replies((), (post.home for post in found.items))
    return Listed(found.items, replies, newer, older)


def open_series(series: str, after: str | None) -> tuple[str, Listed]:
    """A series in its order, the oldest first; `older` is then about those after them."""
    group = SERIES + series
    start = table.just_after(after) if after else ""
    end = post_store.until(clock.now())
    found = list_store.members(group, SERIES_PAGE, start=start, end=end, forward=True)
    homes = [member.home for member in found.items]
    cards, replies = cards_and_replies(homes, homes)
    posts = public_members(found, group, cards)
    if not posts:
        raise NotFound("There is no series of this name, or not any more.")
    return found.items[-1].name or series, Listed(posts, replies, older=found.last if found.more else None)


def open_recent() -> Listed:
    """A handful of the newest posts."""
    found = post_store.listed("published", limit=RECENT, end=_until_now().end)
    _, replies = cards_and_replies((), (post.home for post in found.items))
    return Listed(found.items, replies)


def open_counts(kind: str, after: str | None) -> Page[Count]:
    """Tags or series by name, with how many posts each has."""
    return list_store.counts(kind, TAGS_A_PAGE, after or "")


def span_of(site: Site, year: int, month: int | None = None) -> Span:
    """A year or a month by the blog's clocks, as far as it is over. Raises NotFound for one that is
    still to come, or that no clock reaches.
    """
    zone = clock.zone(site.time_zone)
    if not 1 < year <= clock.now().year + 1:
        raise NotFound(NOTHING_THEN)
    first = datetime(year, month or 1, 1, tzinfo=zone)
    following = datetime(year + (month in (None, 12)), month % 12 + 1 if month else 1, 1, tzinfo=zone)
    last = following.astimezone(UTC) - timedelta(seconds=1)
    return Span(clock.stamp(first.astimezone(UTC)), post_store.until(min(last, clock.now())))


def _until_now() -> Span:
    return Span("", post_store.until(clock.now()))


def _turn(
    read: Callable[..., Page[Any]], span: Span, window: Window, count: int, *what: str
) -> tuple[Page[Any], str | None, str | None]:
    """A page of a list, and the sort keys of the pages before and after it, newest first."""
    if window.before:
        start = max(table.just_after(window.before), span.start)
        page = _between(read, start, span.end, *what, limit=count, forward=True).reversed()
        return page, page.first if page.more else None, page.last or None
    end = min(table.just_before(window.after), span.end) if window.after else span.end
    page = _between(read, span.start, end, *what, limit=count)
    return page, (page.first or None) if window.after else None, page.last if page.more else None


def _between(read: Callable[..., Page[Any]], start: str, end: str, *what: str, **how: int) -> Page[Any]:
    """Between bounds that may be the wrong way round, which the service refuses: a time that is still
    to come, or a cursor from before the blog's clocks were changed.
    """
    return read(*what, start=start, end=end, **how) if start <= end else Page([], "", "", False, None)


def by_month(posts: Iterable[Post], site: Site) -> dict[tuple[int, int], list[Post]]:
    """{(year, month): posts}, in the order of the posts."""
    zone = clock.zone(site.time_zone)
    found: dict[tuple[int, int], list[Post]] = {}
    for post in posts:
        at = (post.published_at or post.created_at).astimezone(zone)
        found.setdefault((at.year, at.month), []).append(post)
    return found
