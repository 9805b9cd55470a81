"""A conversation, read in as few round trips as it can be.

Oldest first is the order of its rows, so a page is one Query wherever it begins. Newest first is that of
the threads, each of which stays as it is: a page is the rows before some point, without what they have of
a thread that began further up, and one Query more where that thread alone is longer than a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from chalicelib.comments import store
from chalicelib.comments.store import LAST_ROW, ROW, Row, row_sort_key
from chalicelib.core import table
from chalicelib.core.listing import cursor
from chalicelib.core.problems import NotFound
from chalicelib.core.table import Item, Key, Page
from chalicelib.core.values import value
from chalicelib.posts import store as post_store
from chalicelib.posts.actions import refuse_hidden
from chalicelib.posts.model import Post
from chalicelib.posts.store import Alias

REPLIES_A_PAGE = 50
OLDEST, NEWEST = "oldest", "newest"


class Place(NamedTuple):
    """Where a page of a conversation begins or ends, as its cursor has it."""

    after: str | None = None
    before: str | None = None
    """A sort key, or with the newest first the id of a thread's root; at most one of them is given."""


FIRST = Place()


@value
class Thread:
    """One page of a conversation."""

    rows: Sequence[Row]
    following: Row | None = None
    """The row after them in thread order, if it can be read."""
    before: str | None = None
    """Before what the page before this one ends (`Place.before`); None where there is none."""
    after: str | None = None
    """After what the next page begins."""
    above: Sequence[Row] = ()
    """The ancestors of the first row, the root first."""
    sticky: Sequence[Row] = ()
    """What is shown above the conversation: on its first page."""
    order: str = OLDEST
    branch: str = ""
    """The reply to which the page keeps, with its answers."""
    rest: str | None = None
    """With the newest first: after what the rest of a thread begins that is longer than a page."""

    @property
    def has_many(self) -> bool:
        """Whether it is, or may be, more than one thread: one that goes on beyond the page may be alone."""
        if self.before or self.after:
            return True
        living = [row for row in self.rows if not row.gone]
        return bool(living) and living[0].path[0] != living[-1].path[0]


def first_page(home: str, sticky: Sequence[Row], page: Page[Row]) -> Thread:
    """The beginning of a conversation, of rows that are read already."""
    return replace(_onward(_past_tombstones(home, page)), sticky=sticky)


def open_thread(home: str, place: Place = FIRST) -> tuple[Post, Thread]:
    """A page of a conversation, the oldest first: a Query, and a BatchGetItem for the card and for whom
    the first reply answers. `home` may be an alias; then it is both twice.
    """
    thread = (
        _walk(home, place) if place != FIRST else first_page(home, *store.beginning(home, REPLIES_A_PAGE))
    )
    card, above = _card_and_above(home, thread)
    if isinstance(card, Alias):
        return open_thread(card.home, place)
    return refuse_hidden(card), replace(thread, above=above)


def open_newest(home: str, head: store.Head, place: Place = FIRST) -> tuple[Post, Thread]:
    """The same with the newest threads first. `head` is that of the conversation."""
    thread = _newest(home, head.first_root, place)
    if place == FIRST:
        thread = replace(thread, sticky=head.sticky)
    card, above = _card_and_above(home, thread)
    if isinstance(card, Alias):
        return open_newest(card.home, store.head_of(card.home), place)
    return refuse_hidden(card), replace(thread, above=above)


def open_branch(post: Post, comment_id: str, place: Place = FIRST) -> Thread:
    """One reply, its answers, and whom it answers itself; or a later page of its answers."""
    record = store.find(post.id, comment_id)
    thread = _walk(record.home, place, record.path) if record else Thread(())
    if not record or not thread.rows:
        raise NotFound("There is no such reply under this post, or not any more.")
    if not _is_living(thread.rows):
        raise NotFound("This reply was taken out.")
    return replace(thread, above=_above(record.home, thread.rows[0]), branch=comment_id)


# --- cursors ---------------------------------------------------------------------------------


class Links(NamedTuple):
    """Where a page leads to, below its post's address; None where it does not."""

    previous: str | None
    next: str | None
    rest: str | None
    """The rest of a thread that is longer than a page."""


def listing(slug: str, order: str = OLDEST, branch: str = "") -> str:
    """What a cursor belongs to."""
    return f"branch {slug} {branch}" if branch else f"thread {slug}" if order == OLDEST else f"newest {slug}"


def links_of(thread: Thread, post: Post) -> Links:
    def link(
        direction: str, at: str | None, order: str = thread.order, branch: str = thread.branch
    ) -> str | None:
        if not at:
            return None
        # With the post's home in it, so that a changed slug costs no look-up.
        sealed = cursor(listing(post.slug, order, branch), f"{post.home} {at}")
        path = f"/comments/{branch}" if branch else "/comments"
        return f"{path}?{f'order={order}&' if order != OLDEST else ''}{direction}={sealed}"

    root = store.root_of(thread.rest) if thread.rest else ""
    return Links(
        link("before", thread.before),
        link("after", thread.after),
        link("after", thread.rest, OLDEST, root),
    )


# --- oldest first ----------------------------------------------------------------------------


def _walk(home: str, place: Place, branch: Sequence[str] = ()) -> Thread:
    """A page of a conversation in thread order, or of what stands under one reply."""
    if place.before is None:
        page = _past_tombstones(home, _from(home, place.after, branch), branch)
        return replace(_onward(page), before=page.first if place.after and page.first else None)
    end, start = table.just_before(place.before), row_sort_key(branch)
    page = store.rows_until(home, end, REPLIES_A_PAGE, start)
    # What follows is where the cursor points; only its place matters.
    following = Row(tuple(place.before.removeprefix(ROW).split("/")), None, gone=False)
    return Thread(page.items, following, page.first if page.more else None, page.last or None)


def _from(home: str, after: str | None, branch: Sequence[str]) -> Page[Row]:
    start = table.just_after(after) if after else row_sort_key(branch)
    if branch:
        return store.branch(home, branch, REPLIES_A_PAGE, start)
    return store.rows_from(home, start, REPLIES_A_PAGE)


def _past_tombstones(home: str, page: Page[Row], branch: Sequence[str] = ()) -> Page[Row]:
    """The same page, or where nothing of it is left the next one that has something."""
    while page.more and not _is_living(page.items):
        page = _from(home, page.last, branch)
    return page


def _onward(page: Page[Row]) -> Thread:
    return Thread(page.items, page.beyond, after=page.last if page.more else None)


def _is_living(rows: Sequence[Row]) -> bool:
    return not all(row.gone for row in rows)


# --- newest first ----------------------------------------------------------------------------


def _newest(home: str, first_root: str, place: Place) -> Thread:
    """Whole threads, as many as a page holds, or the beginning of one that is longer."""
    while True:
        page, edge = _toward(home, place)
        threads, cut = _whole_threads(page, edge)
        found = Thread([row for thread in reversed(threads) for row in thread], order=NEWEST)
        roots = [thread[0].path[0] for thread in threads]
        if cut and not threads:
            found, roots = _beginning(home, cut, page if place.before else None), [cut]
        if _is_living(found.rows):
            newer = place.after or (place.before and page.more)
            older = place.before or (page.more and roots[0] > first_root)
            return replace(found, before=roots[-1] if newer else None, after=roots[0] if older else None)
        if not page.more:
            # Nothing is left that way: a page before the first one is the first one.
            return _newest(home, first_root, FIRST) if place.before else Thread((), order=NEWEST)
        oldest, *_, newest = [*roots, *roots] or [store.root_of(edge)] * 2
        place = Place(before=newest) if place.before else Place(after=oldest)


def _toward(home: str, place: Place) -> tuple[Page[Row], str]:
    """Rows before a thread, or after it, in thread order; and the sort key at which they were cut off."""
    if place.before:
        start = f"{row_sort_key((place.before,))}/~"
        page = store.rows_from(home, start, REPLIES_A_PAGE)
        return page, page.last
    end = table.just_before(row_sort_key((place.after,))) if place.after else LAST_ROW
    page = store.rows_until(home, end, REPLIES_A_PAGE)
    return page, page.first


def _whole_threads(page: Page[Row], edge: str) -> tuple[list[list[Row]], str]:
    """Those of which nothing is missing, and the root of the one that goes on beyond `edge`, if any does."""
    threads = [list(rows) for _, rows in groupby(page.items, key=lambda row: row.path[0])]
    root = store.root_of(edge)
    if not page.more or (page.beyond and page.beyond.path[0] != root):
        return threads, ""
    return [thread for thread in threads if thread[0].path[0] != root], root


def _beginning(home: str, root: str, page: Page[Row] | None) -> Thread:
    """The first page of a long thread, which may be read already."""
    page = _past_tombstones(home, page or _from(home, None, (root,)), (root,))
    return Thread(page.items, page.beyond, order=NEWEST, rest=page.last if page.more else None)


# --- whom the first reply answers ------------------------------------------------------------


def _card_and_above(home: str, thread: Thread) -> tuple[Post | Alias | None, list[Row]]:
    keys = _above_keys(home, thread.rows[0]) if thread.rows else []
    found = table.batch_get([post_store.card_key(home), *keys])
    card = found.pop(post_store.card_key(home), None)
    return post_store.decode_card(card) if card else None, _in_order(keys, found)


def _above(home: str, row: Row) -> list[Row]:
    keys = _above_keys(home, row)
    return _in_order(keys, table.batch_get(keys)) if keys else []


def _above_keys(home: str, row: Row) -> list[Key]:
    return [store.row_key(home, row.path[:depth]) for depth in range(1, len(row.path))]


def _in_order(keys: Sequence[Key], found: dict[Key, Item]) -> list[Row]:
    decoded = (store.decode_row(found[key]) for key in keys if key in found)
    return [row for row in decoded if row]
