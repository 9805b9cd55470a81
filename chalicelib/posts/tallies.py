"""What is counted of a post: how often its page has changed, and how many replies it has.

| pk | sk | holds |
|----|----|-------|
| `P#home` | `2n#0` … `2n#f` | `replies`, `likes`, `cv`, `at`; the first `card`, `since`, `closes`, … |

Every visible change raises `cv`, of which a page's ETag is made, and is dated by `at`; `card` is the
version of the card that the sum goes with, `faces` that of the faces of those who like the post, `around`
that of what stands beside it, `since` when the post is or will be public, absent where it is not to be,
`closes` when its conversation does.

Counting goes with the change that is counted, in its transaction. Transactions that meet on an item are
cancelled, so a second try takes another of sixteen tallies; lists, which read the first alone, are told by
a job that brings the others back to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from chalicelib.core import clock, jobs, table, versions
from chalicelib.core.items import fitting
from chalicelib.core.table import Check, Delete, Item, Key, Update, When, Write
from chalicelib.core.values import value
from chalicelib.posts.model import Post
from chalicelib.posts.store import CARD, TALLIES, TALLY, card_key, decode_post, partition, tally_key

COUNTED = ("replies", "likes", "cv")
"""Every counter of a tally: what is not named here would be lost when tallies are brought together."""
FOLD = "fold"


@value
class Tally:
    """What a post's tallies add up to."""

    replies: int
    likes: int
    content: int
    """How often its page has changed."""
    card: int
    """The version of the card that they belong to; 0 where none says so."""
    faces: int
    """The version of the faces that they belong to; 0 where there are none."""
    around: int
    """The version of what stands beside the post that they belong to; 0 where nothing does."""
    since: datetime | None
    """When the post was first published, or will be; None where it is not to be read."""
    changed: datetime | None
    """When its page last did."""
    closes: datetime | None = None
    """When its author has the conversation close."""

    def is_public(self, moment: datetime) -> bool:
        return self.since is not None and self.since <= moment


# --- reading ---------------------------------------------------------------------------------


def read_tally(home: str) -> Tally:
    """One Query of at most sixteen small items: what a conditional request costs."""
    return sum_tallies(table.query(partition(home), start=TALLY, end=f"{TALLY}~", limit=TALLIES))


def sum_tallies(items: Iterable[Item]) -> Tally:
    counters = (*COUNTED, "card", "faces", "around")
    types = {**dict.fromkeys(counters, int), **dict.fromkeys(("since", "at", "closes"), str)}
    known = [fitting(item, types) for item in items]
    return Tally(
        replies=max(0, sum(tally.get("replies", 0) for tally in known)),
        likes=max(0, sum(tally.get("likes", 0) for tally in known)),
        content=sum(tally.get("cv", 0) for tally in known),
        card=max((tally.get("card", 0) for tally in known), default=0),
        faces=max((tally.get("faces", 0) for tally in known), default=0),
        around=max((tally.get("around", 0) for tally in known), default=0),
        since=_latest(known, "since"),
        changed=_latest(known, "at"),
        closes=_latest(known, "closes"),
    )


def cards_and_replies(homes: Iterable[str], counted: Iterable[str]) -> tuple[dict[str, Post], dict[str, int]]:
    """{home: post}, and {home: number of replies} by the first tally, in one BatchGetItem of a
    hundred keys.
    """
    keys = [*map(card_key, homes), *map(tally_key, counted)]
    items = table.batch_get(keys)
    posts = [post for key in keys if key[1] == CARD and (post := decode_post(items.get(key, {})))]
    replies = {
        key[0].removeprefix("P#"): sum_tallies([items[key]]).replies
        for key in keys
        if key[1] != CARD and key in items
    }
    return {post.home: post for post in posts}, replies


def _latest(items: Iterable[Item], name: str) -> datetime | None:
    return clock.known(max((item.get(name, "") for item in items), default=""))


# --- writing ---------------------------------------------------------------------------------


def card_changed(post: Post) -> Update:
    """The post's page is another from now on, and so is its ETag."""
    put: Item = {"card": post.version}
    if post.status in ("published", "unlisted") and post.published_at:
        put["since"] = clock.stamp(post.published_at)
    if post.comments_close_at:
        put["closes"] = clock.stamp(post.comments_close_at)
    return _changed(post.home, put=put, drop=[name for name in ("since", "closes") if name not in put])


def page_changed(home: str) -> Update:
    """The text is shown in another way."""
    return _changed(home)


def around_changed(home: str, version: int) -> Update:
    """What stands beside the post is at that version from now on. Refuses where a later one was told, and
    where the post has moved.
    """
    newer = When("attribute_exists(#pk) AND (attribute_not_exists(#around) OR #around < :new)", new=version)
    return _changed(home, put={"around": version}, when=newer)


def replies_changed(home: str, replies: int, shard: str) -> list[Write]:
    """So many more or less, on the tally of a shard (`versions.shard_of`)."""
    return _counted(home, shard, {"replies": replies})


def likes_changed(home: str, likes: int, shard: str) -> list[Write]:
    """The same for likes."""
    return _counted(home, shard, {"likes": likes})


def faces_changed(home: str, likes: int, version: int) -> Update:
    """So many likes more or less by people whose faces are shown, which are at that version from now on."""
    return _changed(home, put={"faces": version}, add={"likes": likes} if likes else {})


def _counted(home: str, shard: str, add: dict[str, int]) -> list[Write]:
    # A job for each tally, lest transactions that met on one meet on the job as well.
    fold = [jobs.new(FOLD, f"{home} {shard}").put()] if shard != "0" else []
    return [_changed(home, shard, add=add), *fold]


def _changed(
    home: str,
    shard: str = "0",
    *,
    put: Item | None = None,
    add: dict[str, int] | None = None,
    drop: Sequence[str] = (),
    when: When | None = None,
) -> Update:
    put = {"at": clock.stamp(clock.now()), **(put or {})}
    return Update(tally_key(home, shard), put=put, add={**(add or {}), "cv": 1}, drop=drop, when=when)


# --- bringing together -----------------------------------------------------------------------


def fold(about: str) -> None:
    """Bring what stands on another tally of a post back to the first. The job is about the post's home and
    the tally's shard.
    """
    home, _, shard = about.partition(" ")
    key = tally_key(home, shard)
    item = table.get(key) if key != tally_key(home) else None
    if item:
        counted = fitting(item, dict.fromkeys(COUNTED, int))
        table.transact(lambda attempt: _gathered(home, key, counted, attempt))


def _gathered(home: str, key: Key, counted: dict[str, int], attempt: int) -> Sequence[Write]:
    same = " AND ".join(f"#{name} = :{name}" for name in counted)
    unchanged = When(same, **counted) if counted else table.PRESENT
    now = clock.stamp(clock.now())
    moved = Update(tally_key(home), put={"at": now}, add=counted), Delete(key, unchanged)
    # Lists count more replies from now on, however late this is done; likes they do not show.
    is_listed = counted.get("replies", 0) != 0
    return [*moved, versions.bump(versions.shard_of(attempt), "replies")] if is_listed else moved


# --- counting anew ---------------------------------------------------------------------------


def read_each(home: str) -> dict[str, Item]:
    """{shard: tally} of a post, read consistently."""
    items = table.query(partition(home), start=TALLY, end=f"{TALLY}~", limit=TALLIES, consistent=True)
    return {item["sk"].removeprefix(TALLY): item for item in items}


def settled(home: str, found: Mapping[str, Item], counts: Mapping[str, int]) -> list[Write]:
    """What was counted anew, on the first tally alone. Refuses where any of them has changed since it was
    `found`, so that nothing that came between is lost.
    """
    now = clock.stamp(clock.now())
    first = Update(
        tally_key(home), put={**counts, "at": now}, add={"cv": _others(found)}, when=_as(found.get("0", {}))
    )
    shards = [f"{number:x}" for number in range(1, TALLIES)]
    others: list[Write] = [
        Delete(tally_key(home, shard), _as(found[shard]))
        if shard in found
        else Check(tally_key(home, shard), table.ABSENT)
        for shard in shards
    ]
    return [first, *others]


def _others(found: Mapping[str, Item]) -> int:
    """By how much the content's version must rise: nothing that was seen may be known by it again."""
    return 1 + sum_tallies(item for shard, item in found.items() if shard != "0").content


def _as(item: Item) -> When:
    """It stands as it was found."""
    known = {name: item[name] for name in COUNTED if name in item}
    same = [f"#{name} = :{name}" if name in known else f"attribute_not_exists(#{name})" for name in COUNTED]
    return When(" AND ".join(same), **known)


JOBS = {FOLD: fold}
