"""A post and its conversation, read in as few round trips as they can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.comments import store as comment_store
from chalicelib.comments.store import LAST_ROW, ROW, Row
from chalicelib.core import table
from chalicelib.core.problems import NotFound
from chalicelib.core.table import Item, Key, Page
from chalicelib.core.values import value
from chalicelib.lists.model import Around
from chalicelib.lists.store import decode_around
from chalicelib.posts import store as post_store
from chalicelib.posts.actions import refuse_hidden
from chalicelib.posts.model import Body, Post
from chalicelib.posts.store import AROUND, BODY, CARD, TALLIES, TALLY, Alias, partition
from chalicelib.posts.tallies import Tally, sum_tallies

REPLIES_A_PAGE = 50
# One more than a page tells whether there is another, and whether a tombstone at its end carries
# something. Where transactions never met there is one tally instead of sixteen.
FIRST_READ = 3 + TALLIES + REPLIES_A_PAGE + 1


@value
class Thread:
    """One page of a conversation in thread order."""

    rows: Sequence[Row]
    following: Row | None = None
    """The first row of the next page, if it can be read."""
    before: str | None = None
    """The sort key before which the page before this one ends; None where there is none."""
    after: str | None = None
    """The sort key after which the next page begins."""
    above: Sequence[Row] = ()
    """The ancestors of the first row, the root first."""


@value
class PostPage:
    post: Post
    body: Body | None
    tally: Tally
    around: Around
    thread: Thread

    @property
    def is_whole(self) -> bool:
        """Whether its items belong together: a Query may see a change half done."""
        same_body = not self.body or self.body.revision in (0, self.post.revision)
        return self.tally.card == self.post.version and same_body


@value
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
    by_key = {item["sk"]: item for item in items[: FIRST_READ - REPLIES_A_PAGE]}
    body, around = by_key.get(BODY), by_key.get(AROUND)
    rows = table.cut([item for item in items if item["sk"].startswith(ROW)], REPLIES_A_PAGE)
    return PostPage(
        post=post,
        body=post_store.decode_body(body) if body else None,
        tally=sum_tallies(item for sk, item in by_key.items() if sk.startswith(TALLY)),
        around=decode_around(around) if around else Around(),
        thread=_onward(_past_tombstones(post.home, rows.decoded(comment_store.decode_row))),
    )


def open_thread(home: str, *, after: str | None = None, before: str | None = None) -> tuple[Post, Thread]:
    """A page of a conversation, from a sort key on: a Query, and a BatchGetItem for the card and for
    whom the first reply answers. `home` may be an alias; then it is both twice.
    """
    thread = _thread(home, after, before)
    card, above = _card_and_above(home, thread)
    if isinstance(card, Alias):
        return open_thread(card.home, after=after, before=before)
    return refuse_hidden(card), replace(thread, above=above)


def open_branch(post: Post, comment_id: str) -> Thread:
    """One reply, its answers, and whom it answers itself."""
    record = comment_store.find(post.id, comment_id)
    page = comment_store.branch(record.home, record.path, REPLIES_A_PAGE) if record else None
    if not record or not page or not page.items or page.items[0].path != record.path:
        raise NotFound("There is no such reply under this post, or not any more.")
    page = _past_tombstones(record.home, page, record.path)
    if all(row.gone for row in page.items):
        raise NotFound("This reply was taken out.")
    return replace(_onward(page), above=_above(record.home, page.items[0]))


def _thread(home: str, after: str | None, before: str | None) -> Thread:
    if before is None:
        start = table.just_after(after) if after else ROW
        page = _past_tombstones(home, comment_store.rows_from(home, start, REPLIES_A_PAGE))
        return replace(_onward(page), before=page.first if after and page.first else None)
    page = comment_store.rows_until(home, table.just_before(before), REPLIES_A_PAGE)
    # What follows is where the cursor points; only its place matters.
    following = Row(tuple(before.removeprefix(ROW).split("/")), None, gone=False)
    return Thread(page.items, following, page.first if page.more else None, page.last or None)


def _past_tombstones(home: str, page: Page[Row], branch: Sequence[str] = ()) -> Page[Row]:
    """The same page, or where nothing of it is left the next one that has something."""
    while page.more and all(row.gone for row in page.items):
        start = table.just_after(page.last)
        if branch:
            page = comment_store.branch(home, branch, REPLIES_A_PAGE, start)
        else:
            page = comment_store.rows_from(home, start, REPLIES_A_PAGE)
    return page


def _onward(page: Page[Row]) -> Thread:
    return Thread(page.items, page.beyond, after=page.last if page.more else None)


def _card_and_above(home: str, thread: Thread) -> tuple[Post | Alias | None, list[Row]]:
    keys = _above_keys(home, thread.rows[0]) if thread.rows else []
    found = table.batch_get([post_store.card_key(home), *keys])
    card = found.pop(post_store.card_key(home), None)
    return post_store.decode_card(card) if card else None, _in_order(keys, found)


def _above(home: str, row: Row) -> list[Row]:
    keys = _above_keys(home, row)
    return _in_order(keys, table.batch_get(keys)) if keys else []


def _above_keys(home: str, row: Row) -> list[Key]:
    return [comment_store.row_key(home, row.path[:depth]) for depth in range(1, len(row.path))]


def _in_order(keys: Sequence[Key], found: dict[Key, Item]) -> list[Row]:
    decoded = (comment_store.decode_row(found[key]) for key in keys if key in found)
    return [row for row in decoded if row]
