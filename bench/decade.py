"""Blogs of any size for the curves: posts spread evenly over ten years, written in bulk.

The items are those that the stores' own functions make, so that keys, indexes and tallies are real; they
go straight into the table, since publishing a million letters one by one would take days. Texts are kept
for the newest thousand posts only: no list reads those of others.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any

from bench.sample import article, prose
from chalicelib.core import clock, markup, text, versions
from chalicelib.core.table import Item, Key, Put, Update, Write
from chalicelib.core.wire import to_wire
from chalicelib.lists import store as list_store
from chalicelib.lists.model import places_of
from chalicelib.posts import store as post_store
from chalicelib.posts.model import Body, Post
from chalicelib.posts.tallies import card_changed

YEARS = timedelta(days=3652)
TOPICS = 60
SERIES = "Every other letter"
WITH_TEXT = 1000
AT_ONCE = 25
"""Items in a BatchWriteItem."""
WRITERS = 4
STRETCH = 500
"""Posts made before they are written."""


def fill(client: Any, name: str, count: int, newest: datetime, span: timedelta = YEARS) -> int:
    """Write a blog of so many posts, the last at `newest`, the others before it at even distances.
    Returns how many items that are.
    """
    posts = _posts(count, newest, span)
    shared: dict[Key, Item] = {}
    written = 0
    with ThreadPoolExecutor(WRITERS) as pool:
        for stretch in _stretches(posts, STRETCH):
            items: dict[Key, Item] = {}
            for write in chain.from_iterable(
                _writes(post, number >= count - WITH_TEXT) for number, post in stretch
            ):
                _leave(shared if _key(write)[0] in SHARED else items, write)
            written += _write(client, name, items.values(), pool)
        written += _write(client, name, shared.values(), pool)
    return written


SHARED = {"TAGS", "SERIES", "MONTHS", versions.PK}


def _posts(count: int, newest: datetime, span: timedelta) -> Iterator[tuple[int, Post]]:
    chance = random.Random(2011)
    for number in range(count):
        at = (newest - span * ((count - 1 - number) / count)).replace(microsecond=0)
        yield number, _post(chance, number, at)


def _post(chance: random.Random, number: int, at: datetime) -> Post:
    slug = f"letter-{number:07}"
    return Post(
        id=text.new_id(at),
        home=slug,
        slug=slug,
        title=prose(chance, 5).rstrip("."),
        status="published",
        created_at=at,
        published_at=at,
        updated_at=None,
        deleted_at=None,
        tags=(f"Topic {number % 3}", f"Topic {number % TOPICS}"),
        summary="",
        excerpt=prose(chance, 30),
        words=300,
        revision=1,
        version=1,
        was_public=True,
        series="" if number % 2 else SERIES,
    )


def _writes(post: Post, with_text: bool) -> Iterator[Write]:
    """What publishing it leaves in the table, as far as pages read it."""
    at = post_store.list_key(post)
    yield Put(post_store.card_to_item(post))
    yield card_changed(post)
    yield versions.bump(versions.shard_of(0), "posts")
    for group, place in places_of(post, at, UTC, clock.now()).items():
        yield from list_store.move(post, group, None, place)
    if with_text:
        yield Put(post_store.body_to_item(post, _text()))


def _text(made: list[Body] = []) -> Body:  # noqa: B006 - one text serves all, and is made once
    if not made:
        html = markup.render_post(article(random.Random(7), 300)).html
        made.append(Body.of(html, markup.RENDERER, 1))
    return made[0]


# --- writing ---------------------------------------------------------------------------------


def _leave(items: dict[Key, Item], write: Write) -> None:
    """What a write leaves of an item."""
    key = _key(write)
    if isinstance(write, Put):
        items[key] = write.item
    elif isinstance(write, Update):
        item = items.setdefault(key, {"pk": key[0], "sk": key[1]})
        item |= write.put
        item |= {name: item.get(name, 0) + count for name, count in write.add.items()}


def _key(write: Write) -> Key:
    return (write.item["pk"], write.item["sk"]) if isinstance(write, Put) else write.key


def _write(client: Any, name: str, items: Iterable[Item], pool: ThreadPoolExecutor) -> int:
    def send(some: Sequence[Item]) -> int:
        asked = [{"PutRequest": {"Item": {n: to_wire(v) for n, v in item.items()}}} for item in some]
        if client.batch_write_item(RequestItems={name: asked}).get("UnprocessedItems"):
            raise RuntimeError("the engine left items unwritten")
        return len(some)

    return sum(pool.map(send, _stretches(items, AT_ONCE)))


def _stretches(things: Iterable[Any], length: int) -> Iterator[list[Any]]:
    left = iter(things)
    while some := list(islice(left, length)):
        yield some
