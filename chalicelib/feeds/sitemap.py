"""What search engines read: an index of parts, and in each part the addresses of one month or day
(sitemaps.org, protocol 0.9).

A part is a stretch of the list of published posts, so that it costs the same however many there are.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

from chalicelib.core import clock, table
from chalicelib.core.values import value
from chalicelib.feeds.entries import Desk
from chalicelib.lists.model import MONTH, Count
from chalicelib.lists.store import count_of, month_tallies
from chalicelib.posts import store as post_store
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of

MOST_A_MONTH = 1_000
"""Posts in the part of a month; of a fuller one the index names the days."""
MOST_A_DAY = 20_000
MOST_BYTES = 5_000_000
"""In one part, without what surrounds each address; the platform carries six megabytes."""
AROUND = 80

PAGES = ("/tags", "/archive", "/author")

_SPAN = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?", re.ASCII)


@value
class Place:
    """An address, and when what stands there last changed, where that is known."""

    url: str
    changed: datetime | None = None


@value
class Span:
    """A month of the blog's calendar, or a day of it."""

    first: date
    after: date
    """The first day that is no longer in it."""

    @property
    def is_day(self) -> bool:
        return self.after - self.first == timedelta(days=1)

    @property
    def month(self) -> str:
        return self.first.isoformat()[:7]

    def __str__(self) -> str:
        return self.first.isoformat() if self.is_day else self.month


def span_of(name: str) -> Span | None:
    """`2026-11` or `2026-11-05`; None for what is neither."""
    found = _SPAN.fullmatch(name)
    try:
        first = date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
        days = monthrange(first.year, first.month)[1] if first and found and not found[3] else 1
        return Span(first, first + timedelta(days=days)) if first else None
    except (ValueError, OverflowError):
        return None


# --- the index -------------------------------------------------------------------------------


def parts(desk: Desk) -> list[Place]:
    """The parts that there are: one Query of as many small items as there are months with posts."""
    found = [Place(desk.absolute("/sitemaps/pages.xml"))]
    for month in reversed(month_tallies()):
        found += _parts_of(month, desk)
    return found


def _parts_of(month: Count, desk: Desk) -> list[Place]:
    if not (span := span_of(month.slug)):
        return []
    if month.count <= MOST_A_MONTH:
        return [Place(desk.absolute(f"/sitemaps/{span}.xml"))]
    first, after = span.first, min(span.after, _today(desk) + timedelta(days=1))
    days = (first + timedelta(days=number) for number in range((after - first).days))
    return [Place(desk.absolute(f"/sitemaps/{day}.xml")) for day in days]


# --- parts -----------------------------------------------------------------------------------


def pages(desk: Desk) -> list[Place]:
    """The front page and what is no post."""
    static = (f"/{quote(page.slug)}" for page in desk.site.public_pages(clock.now()))
    others = [Place(desk.absolute(path)) for path in (*PAGES, *static)]
    return [Place(desk.absolute("/"), desk.changed), *others]


def part(span: Span, desk: Desk) -> list[Place]:
    """The posts of a month or a day; empty where there are none and the index names no such part."""
    posts = _posts(span, desk)
    # What has its canonical address elsewhere is for crawlers to find there.
    found = [_place(post, desk) for post in posts if not post.canonical_url]
    if not found and (posts or _is_named(span, desk)):
        # The index names a month with posts, and every day of a full one; a part must hold something.
        return [Place(desk.absolute(f"/archive/{span.month.replace('-', '/')}"))]
    return list(_carried(found))


def _posts(span: Span, desk: Desk) -> list[Post]:
    start, after = _begins(span.first, desk), _begins(span.after, desk)
    end = min(table.just_before(after), post_store.until(clock.now()))
    if start > end:
        return []
    limit = MOST_A_DAY if span.is_day else MOST_A_MONTH
    return post_store.listed("published", limit=limit, start=start, end=end).items


def _place(post: Post, desk: Desk) -> Place:
    times = (time for time in (post.published_at, post.updated_at) if time)
    return Place(desk.absolute(path_of(post)), max(times, default=None))


def _carried(places: Iterable[Place]) -> Iterator[Place]:
    """As many as one answer holds."""
    size = 0
    for place in places:
        size += len(place.url) + AROUND
        if size > MOST_BYTES:
            return
        yield place


def _is_named(span: Span, desk: Desk) -> bool:
    return span.is_day and span.first <= _today(desk) and _is_full(span.month)


def _is_full(month: str) -> bool:
    found = count_of([MONTH + month]).get(MONTH + month)
    return found is not None and found.count > MOST_A_MONTH


def _today(desk: Desk) -> date:
    return clock.now().astimezone(clock.zone(desk.site.time_zone)).date()


def _begins(day: date, desk: Desk) -> str:
    """The sort key from which on posts are of a day, by the blog's clocks."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=clock.zone(desk.site.time_zone))
    try:
        return clock.stamp(midnight.astimezone(UTC))
    except OverflowError:
        return clock.stamp(midnight.replace(tzinfo=UTC))
