"""A comment's record, its public row, and the tallies of a post.

| pk | sk | index | what |
|----|----|-------|------|
| `K#post` | comment id | work: `COMMENTS#status` by time (ids sort by it) | the record |
| `P#home` | `c#root/…/id` | list: `REPLIES`, work: `REPLIES#post`, by time | what readers see |
| `P#home` | `b#root/…/id` | | the same of a sticky one |
| `FROM#post.comment` | `-` | work: `FROM#network` by `comment.post` | which network it came from; `ttl` |

Rows come in thread order, and a row becomes a tombstone, in no index, once it is gone.

A slash sorts below every character of an id, so the rows of a partition come out as a walk of the
tree. A row, once written, stays: one whose comment is no longer public becomes a tombstone, so
that what hangs under it keeps its place whatever happens at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.comments.model import Comment
from chalicelib.core import clock, table, versions
from chalicelib.core.items import fitting
from chalicelib.core.table import ABSENT, Delete, Item, Key, Page, Put, When, Write
from chalicelib.core.values import value
from chalicelib.posts.model import Post
from chalicelib.posts.store import TALLIES, TALLY, partition
from chalicelib.posts.tallies import Tally, replies_changed, sum_tallies

ROW = "c#"
LAST_ROW = "c#~"
STICKY_ROW = "b#"
"""Copies of rows, before all of them: a page reads those in the same Query."""
MOST_STICKY = 3
MOST_ROWS = 1_000_000
ORIGIN_KEPT = timedelta(days=14)
HEAD_READ = TALLIES + 1 + MOST_STICKY + 1
"""Tallies, what stands beside the post, copies of rows, and the first row."""
ALL = "REPLIES"
SCHEMA = 2
SELDOM: Mapping[str, type] = {
    "person": str,
    "visitor": str,
    "wants_mail": bool,
    "is_sticky": bool,
    "is_hidden": bool,
    "edited_by": str,
    "original": str,
}
"""What most comments lack, and then takes no bytes."""


class Row(NamedTuple):
    """A comment as it stands on its post's page. A tuple, since a page makes fifty of them."""

    path: tuple[str, ...]
    parent_id: str | None
    gone: bool
    name: str = ""
    website: str = ""
    html: str = ""
    is_author: bool = False
    at: str = ""
    """When it was written, as stored."""
    is_hidden: bool = False
    is_edited: bool = False
    """Whether the blog's author changed what somebody else wrote."""

    @property
    def id(self) -> str:
        return self.path[-1]


@value
class PublicReply:
    """A row as feeds show it, away from its thread."""

    id: str
    post_id: str
    home: str
    """The partition of its post."""
    parent_id: str | None
    name: str
    website: str
    html: str
    is_author: bool
    at: datetime


def record_key(post_id: str, comment_id: str) -> Key:
    return f"K#{post_id}", comment_id


def row_key(home: str, path: Sequence[str]) -> Key:
    return partition(home), row_sort_key(path)


def row_sort_key(path: Sequence[str]) -> str:
    return ROW + "/".join(path)


# --- reading ---------------------------------------------------------------------------------


def find(post_id: str, comment_id: str) -> Comment | None:
    item = table.get(record_key(post_id, comment_id))
    return decode(item) if item else None


def find_all(ids: Iterable[tuple[str, str] | None]) -> list[Comment]:
    """Those that are there, read consistently; `ids` are of posts and of comments within them."""
    items = table.batch_get([record_key(*pair) for pair in ids if pair], consistent=True)
    return [comment for item in items.values() if (comment := decode(item))]


def by_status(status: str, limit: int, after: str | None, *, newest: bool = False) -> Page[Comment]:
    """The oldest first, or the newest, from a sort key on."""
    start = table.just_after(after) if after and not newest else ""
    end = table.just_before(after) if after and newest else ""
    pk = f"COMMENTS#{status}"
    found = table.page(pk, index="work", limit=limit, start=start, end=end, forward=not newest)
    return found.decoded(decode)


def newest(limit: int, end: str = "") -> Page[PublicReply]:
    """Those of all posts up to a sort key, also of posts that are hidden: whoever shows them looks at the
    posts too. What the author has hidden within its thread is not among them.
    """
    return table.page(ALL, index="list", limit=limit, end=end, forward=False).decoded(_public_reply)


def newest_of(post: Post, limit: int) -> list[PublicReply]:
    """Those of one post, without what the author has hidden."""
    found = table.page(f"{ALL}#{post.id}", index="work", limit=limit, forward=False)
    return found.decoded(_public_reply).items


def _public_reply(item: Item) -> PublicReply | None:
    row = decode_row(item)
    at = clock.known(row.at) if row and not (row.gone or row.is_hidden) else None
    if not row or not at:
        return None
    post_id = str(item.get("wpk", "")).removeprefix(f"{ALL}#")
    home = item["pk"].removeprefix("P#")
    return PublicReply(
        row.id, post_id, home, row.parent_id, row.name, row.website, row.html, row.is_author, at
    )


def network_of(full_id: str) -> str:
    """The network that a comment came from, by its lasting hash (`core.networks`); empty where it is not
    known any more.
    """
    item = table.get((f"FROM#{full_id}", "-"))
    known = fitting(item or {}, {"network": str, "ttl": int})
    return known.get("network", "") if known.get("ttl", 0) > clock.now().timestamp() else ""


def from_network(network: str, limit: int) -> list[str]:
    """The full ids of what came from a network lately, the newest first."""
    items = table.query(f"FROM#{network}", index="work", limit=limit, forward=False)
    now = clock.now().timestamp()
    found = [(item["pk"], fitting(item, {"ttl": int}).get("ttl", 0)) for item in items]
    return [pk.removeprefix("FROM#") for pk, ends in found if ends > now]


def queue_key(comment: Comment) -> str:
    """The sort key of a comment among those of its status: by time, since ids are."""
    return f"{comment.id}.{comment.post_id}"


def rows_from(home: str, start: str, limit: int) -> Page[Row]:
    """Rows in thread order; `start` is a sort key, included."""
    return table.page(partition(home), start=start, end=LAST_ROW, limit=limit).decoded(decode_row)


def branch(home: str, path: Sequence[str], limit: int, start: str = "") -> Page[Row]:
    """A reply and all that hangs under it, in thread order, from a sort key on."""
    root = row_sort_key(path)
    return table.page(partition(home), start=start or root, end=f"{root}/~", limit=limit).decoded(decode_row)


def rows_until(home: str, end: str, limit: int, start: str = ROW) -> Page[Row]:
    """The last `limit` rows up to a sort key, included, in thread order; `more` is about what
    comes before them, down to `start`.
    """
    found = table.page(partition(home), start=start, end=end, limit=limit, forward=False)
    return found.reversed().decoded(decode_row)


def beginning(home: str, limit: int) -> tuple[list[Row], Page[Row]]:
    """What stands above a conversation, and its first rows: one Query."""
    found = table.query(partition(home), start=STICKY_ROW, end=LAST_ROW, limit=MOST_STICKY + limit + 1)
    return sticky_rows(found), first_rows(found, limit)


def first_rows(items: Sequence[Item], limit: int) -> Page[Row]:
    """The rows among the items of a Query that goes on to the end of the conversation."""
    return table.cut([item for item in items if item["sk"].startswith(ROW)], limit).decoded(decode_row)


def sticky_rows(items: Iterable[Item]) -> list[Row]:
    """The copies among items of a post's partition, as far as they can be shown."""
    decoded = [row for item in items if item["sk"].startswith(STICKY_ROW) and (row := decode_row(item))]
    return [row for row in decoded if not (row.gone or row.is_hidden)][:MOST_STICKY]


@value
class Head:
    """What is known of a conversation before its rows."""

    tally: Tally
    sticky: Sequence[Row]
    first_root: str
    """The id of its first thread's root; empty where there is none."""


def head_of(home: str) -> Head:
    """The tallies, and with them what stands between those and the first row: one Query."""
    found = table.query(partition(home), start=TALLY, end=LAST_ROW, limit=HEAD_READ)
    first = next((item["sk"] for item in found if item["sk"].startswith(ROW)), "")
    tally = sum_tallies(item for item in found if item["sk"].startswith(TALLY))
    return Head(tally, sticky_rows(found), root_of(first))


def root_of(sort_key: str) -> str:
    """The id at the top of the thread in which a row stands."""
    return sort_key.removeprefix(ROW).partition("/")[0]


def count_rows(home: str) -> int:
    """How many replies readers can see under a post: by its rows, one by one."""
    items = table.query(partition(home), start=ROW, end=LAST_ROW, limit=MOST_ROWS, consistent=True)
    return sum("gone" not in item for item in items)


# --- writing ---------------------------------------------------------------------------------


def create(comment: Comment, *, is_listed: bool) -> Callable[[int], list[Write]]:
    """The first write refuses where the id is taken. A function of the attempt, like `move`."""

    def writes(attempt: int) -> list[Write]:
        shown = _show(comment, attempt, is_listed) if comment.status == "approved" else []
        return [Put(to_item(comment), ABSENT), *shown]

    return writes


def put_origin(comment: Comment, network: str) -> Put:
    """For as long as a flood may have to be taken out, and its network banned."""
    ttl = int((clock.now() + ORIGIN_KEPT).timestamp())
    item: Item = {"pk": f"FROM#{comment.full_id}", "sk": "-", "network": network, "ttl": ttl}
    return Put({**item, "wpk": f"FROM#{network}", "wsk": queue_key(comment)})


def forget_origin(comment: Comment) -> Delete:
    return Delete((f"FROM#{comment.full_id}", "-"))


def change(before: Comment, after: Comment, *, is_listed: bool) -> Callable[[int], list[Write]]:
    """The record, and with it what readers see and what is counted of it. The first write refuses where
    `before` is no longer what is stored. A function of the attempt, for `table.transact`: after
    a conflict another tally is used. Lists are told where the post stands in them (`is_listed`).
    """

    def writes(attempt: int) -> list[Write]:
        record = Put(to_item(after), When("#version = :version", version=before.version))
        was, now = _public_items(before), _public_items(after)
        if was == now:
            return [record]
        shown: list[Write] = [Put(item) for item in now if item not in was]
        left = {(item["pk"], item["sk"]) for item in now}
        gone = [key for item in was if (key := (item["pk"], item["sk"])) not in left]
        buried: list[Write] = [_bury(key) for key in gone]
        difference = (after.status == "approved") - (before.status == "approved")
        return [record, *shown, *buried, *_count(after.home, difference, attempt, is_listed)]

    return writes


def _public_items(comment: Comment) -> list[Item]:
    if comment.status != "approved":
        return []
    row = row_to_item(comment)
    return [row, _sticky_copy(row)] if comment.is_sticky else [row]


def _bury(key: Key) -> Write:
    """A row stays as a tombstone, since something may hang under it; a copy does not."""
    pk, sk = key
    return Put({"pk": pk, "sk": sk, "gone": True}) if sk.startswith(ROW) else Delete(key)


def _sticky_copy(row: Item) -> Item:
    """Without the keys of indexes, which name a comment once."""
    plain = {name: part for name, part in row.items() if name not in ("lpk", "lsk", "wpk", "wsk")}
    return {**plain, "sk": STICKY_ROW + row["sk"].removeprefix(ROW)}


def _show(comment: Comment, attempt: int, is_listed: bool) -> list[Write]:
    return [Put(row_to_item(comment)), *_count(comment.home, +1, attempt, is_listed)]


def _count(home: str, replies: int, attempt: int, is_listed: bool) -> list[Write]:
    shard = versions.shard_of(attempt)
    lists = [versions.bump(shard, "replies")] if is_listed else []
    return [*replies_changed(home, replies, shard), *lists]


# --- items -----------------------------------------------------------------------------------


def to_item(comment: Comment) -> Item:
    pk, sk = record_key(comment.post_id, comment.id)
    return {
        "pk": pk,
        "sk": sk,
        "schema": SCHEMA,
        "home": comment.home,
        "path": "/".join(comment.path),
        "parent": comment.parent_id,
        "name": comment.name,
        "website": comment.website,
        "source": comment.source,
        "html": comment.html,
        "is_author": comment.is_author,
        "status": comment.status,
        "created_at": clock.stamp(comment.created_at),
        "decided_at": clock.stamp(comment.decided_at) if comment.decided_at else None,
        "version": comment.version,
        **{name: part for name in SELDOM if (part := getattr(comment, name)) not in ("", False, None)},
        **({"reasons": list(comment.reasons)} if comment.reasons else {}),
        "wpk": f"COMMENTS#{comment.status}",
        "wsk": queue_key(comment),
    }


def decode(item: Item) -> Comment | None:
    """None for an item that lacks what no comment can do without."""
    try:
        return from_item(item)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def from_item(item: Item) -> Comment:
    return Comment(
        id=item["sk"],
        post_id=item["pk"].removeprefix("K#"),
        home=item["home"],
        path=tuple(item["path"].split("/")),
        parent_id=item.get("parent"),
        name=item.get("name", ""),
        website=item.get("website", ""),
        source=item.get("source", ""),
        html=item.get("html", ""),
        is_author=item.get("is_author", False),
        status=item["status"],
        created_at=clock.parse(item["created_at"]),
        decided_at=clock.known(item.get("decided_at")),
        version=item.get("version", 1),
        reasons=tuple(reason for reason in fitting(item, {"reasons": list}).get("reasons", ())),
        **fitting(item, SELDOM),
    )


def row_to_item(comment: Comment) -> Item:
    pk, sk = row_key(comment.home, comment.path)
    item: Item = {
        "pk": pk,
        "sk": sk,
        "name": comment.name,
        "html": comment.html,
        "at": clock.stamp(comment.created_at),
    }
    # A hidden one is in no index: feeds pass it by.
    if not comment.is_hidden:
        item |= {"lpk": ALL, "lsk": queue_key(comment), "wpk": f"{ALL}#{comment.post_id}", "wsk": comment.id}
    # What most comments lack takes no bytes, of which a page reads fifty times as many.
    if comment.website:
        item["website"] = comment.website
    if comment.is_author:
        item["is_author"] = True
    if comment.parent_id and comment.parent_id not in comment.path:
        item["parent"] = comment.parent_id
    if comment.is_hidden:
        item["is_hidden"] = True
    if comment.edited_by == "author":
        item["is_edited"] = True
    return item


def decode_row(item: Item) -> Row | None:
    """None for an item that lacks what no row can do without."""
    path = tuple(item["sk"][len(ROW) :].split("/"))
    parent_id = item.get("parent") or (path[-2] if len(path) > 1 else None)
    if "gone" in item:
        return Row(path, parent_id, gone=True)
    name, html, at = item.get("name"), item.get("html"), item.get("at")
    if not (type(name) is type(html) is type(at) is str):
        return None
    return Row(
        path,
        parent_id,
        False,
        name,
        item.get("website", ""),
        html,
        "is_author" in item,
        at,
        "is_hidden" in item,
        "is_edited" in item,
    )
