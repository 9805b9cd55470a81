"""The log of what was decided, used links, and comments by their ids.

| pk | sk | holds |
|----|----|-------|
| `AUDIT#YYYY-MM` | `batch.place`, by time | what `model.Entry` says |
| `USED#digest` | `-` | `batch`: what it did; `ttl`: until when the link would have been good |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.comments import bans
from chalicelib.comments import store as comment_store
from chalicelib.comments.bans import Ban
from chalicelib.core import clock, table
from chalicelib.core.items import fitting
from chalicelib.core.table import ABSENT, Item, Key, Put, absent_or_expired
from chalicelib.core.text import is_id, moment_of
from chalicelib.moderation.model import Entry
from chalicelib.posts.store import partition

FIRST_MONTH = "2026-01"
"""No log is older than this software."""
MOST_MONTHS = 12
"""So many without an entry are passed over at a time."""
LARGEST_BATCH = 500
TYPES = {
    **dict.fromkeys(("at", "who", "token", "act", "about", "why", "undoes"), str),
    **dict.fromkeys(("before", "after"), dict),
    "version": int,
}


# --- the log ---------------------------------------------------------------------------------


def put_entry(entry: Entry) -> Put:
    return Put(
        {
            "pk": f"AUDIT#{_month(entry.id)}",
            "sk": entry.id,
            "at": clock.stamp(entry.at),
            "who": entry.who,
            "token": entry.token_id,
            "act": entry.act,
            "about": entry.about,
            "before": dict(entry.before),
            "after": dict(entry.after),
            "version": entry.version,
            **({"why": entry.why} if entry.why else {}),
            **({"undoes": entry.undoes} if entry.undoes else {}),
        },
        ABSENT,
    )


def of_batch(batch: str) -> list[Entry]:
    """What was done together, in its order; empty where there is no such batch."""
    if not is_id(batch):
        return []
    items = table.query(
        f"AUDIT#{_month(batch)}", start=batch, end=f"{batch}~", limit=LARGEST_BATCH, consistent=True
    )
    return [entry for item in items if (entry := decode(item))]


def newest(limit: int, before: str) -> tuple[list[Entry], str]:
    """The newest first, from where a page before ended; and where the next one begins, empty where there is
    none. A page is of one month, the next that has any, so that it costs the same whatever the date is.
    """
    month, _, end = before.partition("/") if before else (f"{clock.now():%Y-%m}", "", "")
    for _ in range(MOST_MONTHS):
        limits = {"end": table.just_before(end)} if end else {}
        found = table.query(f"AUDIT#{month}", limit=limit + 1, forward=False, consistent=True, **limits)
        entries = [entry for item in found[:limit] if (entry := decode(item))]
        if len(found) > limit:
            return entries, f"{month}/{found[limit - 1]['sk']}"
        month, end = _earlier(month), ""
        if found or month < FIRST_MONTH:
            return entries, f"{month}/" if month >= FIRST_MONTH else ""
    return [], f"{month}/"


def _earlier(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year:04}-{number - 1:02}" if number > 1 else f"{year - 1:04}-12"


def _month(entry_id: str) -> str:
    return f"{moment_of(entry_id[:13]):%Y-%m}"


def decode(item: Item) -> Entry | None:
    """None for an item that does not say what was done about what."""
    known = fitting(item, TYPES)
    at = clock.known(known.get("at"))
    if not at or "act" not in known or "about" not in known:
        return None
    return Entry(
        id=item["sk"],
        at=at,
        who=known.get("who", ""),
        token_id=known.get("token", ""),
        act=known["act"],
        about=known["about"],
        before=known.get("before", {}),
        after=known.get("after", {}),
        why=known.get("why", ""),
        version=known.get("version", 0),
        undoes=known.get("undoes", ""),
    )


# --- links that are good once -------------------------------------------------------------------


def use_up(digest: str, until: datetime, batch: str) -> Put:
    """Refuses where it is used up already."""
    item = {"pk": f"USED#{digest}", "sk": "-", "batch": batch, "ttl": int(until.timestamp())}
    return Put(item, absent_or_expired(int(clock.now().timestamp())))


def batch_of(digest: str) -> str | None:
    """What a link did that is used up; None where it is not."""
    item = table.get((f"USED#{digest}", "-"))
    return None if item is None else str(fitting(item, {"batch": str}).get("batch", ""))


# --- comments and bans -------------------------------------------------------------------------


def networks_of(full_ids: Iterable[str]) -> dict[str, str]:
    """{full id: network}, of those of which that is still known."""
    items = table.batch_get([(f"FROM#{full_id}", "-") for full_id in full_ids])
    now = clock.now().timestamp()
    known = [
        (item["pk"].removeprefix("FROM#"), fitting(item, {"ttl": int, "network": str}))
        for item in items.values()
    ]
    return {
        full_id: found["network"]
        for full_id, found in known
        if found.get("ttl", 0) > now and found.get("network")
    }


def sticky_of(home: str) -> list[str]:
    """The sort keys of the copies that stand above a conversation."""
    first = comment_store.STICKY_ROW
    items = table.query(
        partition(home), start=first, end=f"{first}~", limit=comment_store.MOST_STICKY + 1, consistent=True
    )
    return [item["sk"] for item in items]


def find_ban(kind: str, name: str) -> tuple[Ban | None, Item | None]:
    """A ban, and the item as it is stored: one that is over may still be there."""
    key: Key = bans.PK, f"{kind}#{name}"
    item = table.get(key)
    found = bans.decode(item) if item else None
    return (found if found and (found.until is None or found.until > clock.now()) else None), item
