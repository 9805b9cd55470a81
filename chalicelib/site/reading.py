"""What pages need, read in as few round trips as they can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.comments import store as comment_store
from chalicelib.comments.store import LAST_ROW, ROW, TALLIES, TALLY, Row
from chalicelib.core import clock, table
from chalicelib.core.problems import NotFound
from chalicelib.core.table import Item, Key
from chalicelib.posts import store as post_store
from chalicelib.posts.actions import refuse_hidden
from chalicelib.posts.model import Body, Post
from chalicelib.posts.store import BODY, CARD, Alias, partition

REPLIES_A_PAGE = 50
# One more than a page tells whether there is another, and whether a tombstone at its end carries
# something. Where transactions never met there is one tally instead of sixteen.
FIRST_READ = 2 + TALLIES + REPLIES_A_PAGE + 1


@dataclass(frozen=True, slots=True)
class Thread:
    """One page of a conversation in thread order."""

    rows: Sequence[Row]
    following: Row | None = None
    """The first row of the next page."""
    preceding: bool = False
    above: Sequence[Row] = ()
    """The ancestors of the first row, the root first."""


@dataclass(frozen=True, slots=True)
class PostPage:
    post: Post
    body: Body | None
    replies: int
    thread: Thread


@dataclass(frozen=True, slots=True)
class Moved:
    """The post is at another address now."""

    post: Post


def open_post(slug: str) -> PostPage | Moved:
    """A post with its tallies and its first replies: one Query, or two where the slug was changed
    after the post was first public.
    """
    items = _first_items(slug)
    found = post_store.decode_card(items[0]) if items else None
    if isinstance(found, Alias):
        items = _first_items(found.home)
        found = post_store.decode_card(items[0]) if items else None
    post = refuse_hidden(found if isinstance(found, Post) else None)
    return Moved(post) if post.slug != slug else _post_page(post, items)


def _first_items(slug: str) -> list[Item]:
    return table.query(partition(slug), start=CARD, end=LAST_ROW, limit=FIRST_READ)


def _post_page(post: Post, items: list[Item]) -> PostPage:
    bodies = [item for item in items if item["sk"] == BODY]
    tallies = [item for item in items if item["sk"].startswith(TALLY)]
    rows = [row for item in items if item["sk"].startswith(ROW) and (row := comment_store.decode_row(item))]
    body = post_store.decode_body(bodies[0]) if bodies else None
    return PostPage(post, body, comment_store.count_replies(tallies), _cut(rows))


def open_thread(slug: str, *, after: str | None = None, before: str | None = None) -> tuple[Post, Thread]:
    """A later page of a conversation, from a sort key on: a Query, and a BatchGetItem for the card
    and for whom the first reply answers.
    """
    home = slug
    thread = _page(home, after, before)
    post, above = _card_and_above(slug, home, thread)
    if post.home != home:
        thread = _page(post.home, after, before)
        post, above = _card_and_above(post.home, post.home, thread)
    return post, Thread(thread.rows, thread.following, thread.preceding, above)


def open_branch(post: Post, comment_id: str) -> Thread:
    """One reply, its answers, and whom it answers itself."""
    record = comment_store.find(post.id, comment_id)
    rows = comment_store.branch(record.home, record.path, REPLIES_A_PAGE + 1) if record else []
    if not record or not rows or rows[0].path != record.path:
        raise NotFound("There is no such reply under this post, or not any more.")
    thread = _cut(rows)
    return Thread(thread.rows, thread.following, above=_above(record.home, rows[0]))


def _page(home: str, after: str | None, before: str | None) -> Thread:
    if before is None:
        start = table.just_after(after) if after else ROW
        thread = _cut(comment_store.rows_from(home, start, REPLIES_A_PAGE + 1))
        return Thread(thread.rows, thread.following, preceding=after is not None)
    rows = comment_store.rows_until(home, table.just_before(before), REPLIES_A_PAGE + 1)
    # What comes after this page is where the cursor points: only its place matters.
    following = Row(tuple(before.removeprefix(ROW).split("/")), None, gone=True)
    return Thread(rows[-REPLIES_A_PAGE:], following, preceding=len(rows) > REPLIES_A_PAGE)


def _cut(rows: Sequence[Row]) -> Thread:
    more = rows[REPLIES_A_PAGE] if len(rows) > REPLIES_A_PAGE else None
    return Thread(rows[:REPLIES_A_PAGE], more)


def _card_and_above(slug: str, home: str, thread: Thread) -> tuple[Post, list[Row]]:
    keys = _above_keys(home, thread.rows[0]) if thread.rows else []
    found = table.batch_get([post_store.card_key(slug), *keys])
    card_item = found.pop(post_store.card_key(slug), None)
    card = post_store.decode_card(card_item) if card_item else None
    if isinstance(card, Alias):
        card = post_store.find_card(card.home)
    return refuse_hidden(card if isinstance(card, Post) else None), _in_order(keys, found)


def _above(home: str, row: Row) -> list[Row]:
    keys = _above_keys(home, row)
    return _in_order(keys, table.batch_get(keys)) if keys else []


def _above_keys(home: str, row: Row) -> list[Key]:
    return [comment_store.row_key(home, row.path[:depth]) for depth in range(1, len(row.path))]


def _in_order(keys: Sequence[Key], found: dict[Key, Item]) -> list[Row]:
    decoded = (comment_store.decode_row(found[key]) for key in keys if key in found)
    return [row for row in decoded if row]


@dataclass(frozen=True, slots=True)
class HomePage:
    posts: Sequence[Post]
    newer: str | None
    """The sort key before which the newer page ends, or None on the first page."""
    older: str | None


def open_home(count: int, *, after: str | None = None, before: str | None = None) -> HomePage:
    """The newest posts, or those after (older than) or before (newer than) a sort key: one Query
    of the list, which ends at the present second.
    """
    now = post_store.until(clock.now())
    if before:
        start = table.just_after(before)
        found = post_store.listed("published", limit=count + 1, start=start, end=now, forward=True)
        posts = found[:count][::-1]
        return _home(posts, newer=len(found) > count, older=True)
    end = table.just_before(after) if after else now
    found = post_store.listed("published", limit=count + 1, end=min(end, now))
    return _home(found[:count], newer=after is not None, older=len(found) > count)


def _home(posts: Sequence[Post], *, newer: bool, older: bool) -> HomePage:
    return HomePage(
        posts,
        newer=post_store.list_key(posts[0]) if posts and newer else None,
        older=post_store.list_key(posts[-1]) if posts and older else None,
    )
