"""What is known of uploaded files.

| pk | sk | index | holds |
|----|----|-------|-------|
| `FILE#id` | `-` | list: `FILES` by id | a file: `state`, `type`, `size`, `name`, `hash`, `reason` |
| `BYTES#hash` | `-` | | the `id` of the file that has these bytes: there is one |

A file's objects are written before its state says `ready`, and removed before its record is. Whoever changes
a state names the one that it was in, so of two who meet the second does nothing. What has a `ttl` has no
claim and no objects: one that was refused, and one whose bytes were there before (`same_as`).
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core import clock, table
from chalicelib.core.items import fitting
from chalicelib.core.table import ABSENT, Check, Delete, Item, Key, Page, Put, Update, When, Write
from chalicelib.media.model import (
    DELETING,
    POINTS_FOR,
    PROCESSING,
    READY,
    REFUSED,
    TOLD_FOR,
    WAITING,
    Media,
)

FILES = "FILES"
SCHEMA = 1
_TEXTS = ("file_name", "hash", "name", "reason", "same_as")


def key(media_id: str) -> Key:
    return f"FILE#{media_id}", "-"


def claim_key(hash_: str) -> Key:
    return f"BYTES#{hash_}", "-"


def find(media_id: str) -> Media | None:
    item = table.get(key(media_id))
    return decode(item) if item else None


def owner_of(hash_: str) -> Media | None:
    """The file that has these bytes."""
    item = table.get(claim_key(hash_))
    return find(str(item["id"])) if item and "id" in item else None


def page(limit: int, after: str | None) -> Page[Media]:
    """The newest first; `after` is the id of the last one before the page."""
    end = table.just_before(after) if after else ""
    return table.page(FILES, index="list", limit=limit, end=end, forward=False).decoded(decode)


def begin(media: Media, *others: Write) -> None:
    """A file that is still to come. Raises Refused where its bytes are another's already."""
    claim = [_claimed(media)] if media.hash else []
    table.transact([Put(to_item(media), ABSENT), *claim, *others])


def arrived(media: Media, *others: Write) -> None:
    """Raises Refused where that is known already, or it was taken back."""
    put = {"state": PROCESSING, "size": media.size}
    table.transact([Update(key(media.id), put=put, when=_is(WAITING)), *others])


def identify(media: Media) -> None:
    """Keep what `media` was found to hold, and that these bytes are its own. Raises Refused."""
    known = Update(key(media.id), put={"hash": media.hash, "name": media.name}, when=_is(PROCESSING))
    table.transact([known, _claimed(media)])


def lead_to(media: Media, other: Media) -> None:
    """`media` has the bytes of `other`, which is the one that stays. Raises Refused where it does not."""
    ttl = int((clock.now() + POINTS_FOR).timestamp())
    pointer = Update(
        key(media.id),
        put={"state": READY, "same_as": other.id, "ttl": ttl},
        drop=("lpk", "lsk"),
        when=_is(PROCESSING),
    )
    stays = When("#state = :made OR #state = :making", made=READY, making=PROCESSING)
    table.transact([pointer, Check(key(other.id), stays)])


def attempt(media: Media, by: int = 1) -> None:
    table.write(Update(key(media.id), add={"attempts": by}, when=_is(PROCESSING)))


def made(media: Media) -> None:
    """All its objects are there."""
    table.write(Update(key(media.id), put={"state": READY}, when=_is(PROCESSING)))


def refuse(media: Media, reason: str) -> None:
    ttl = int((clock.now() + TOLD_FOR).timestamp())
    put = {"state": REFUSED, "reason": reason, "ttl": ttl}
    refused = Update(key(media.id), put=put, drop=("hash", "name"), when=_is(PROCESSING))
    table.transact([refused, *_unclaimed(media)])


def delete(media: Media, *others: Write) -> None:
    """Nobody sees it from now on; its objects are still there."""
    gone = Update(key(media.id), put={"state": DELETING}, drop=("lpk", "lsk"), when=_is(media.state))
    table.transact([gone, *others])


def forget(media: Media) -> None:
    """The record and its claim, once there are no objects any more. Raises Refused where it changed."""
    table.transact([Delete(key(media.id), _is(media.state)), *_unclaimed(media)])


def _claimed(media: Media) -> Put:
    pk, sk = claim_key(media.hash)
    free = When("attribute_not_exists(#pk) OR #id = :own", own=media.id)
    return Put({"pk": pk, "sk": sk, "id": media.id}, free)


def _unclaimed(media: Media) -> Sequence[Write]:
    own = When("attribute_not_exists(#pk) OR #id = :own", own=media.id)
    return (Delete(claim_key(media.hash), own),) if media.hash else ()


def _is(state: str) -> When:
    return When("#state = :was", was=state)


# --- items -----------------------------------------------------------------------------------


def to_item(media: Media) -> Item:
    pk, sk = key(media.id)
    texts = {name: told for name in _TEXTS if (told := getattr(media, name))}
    return {
        "pk": pk,
        "sk": sk,
        "schema": SCHEMA,
        "state": media.state,
        "type": media.type,
        "size": media.size,
        "created_at": clock.stamp(media.created_at),
        **texts,
        "lpk": FILES,
        "lsk": media.id,
    }


def decode(item: Item) -> Media | None:
    """None for an item that lacks what no file can do without, or whose time is over."""
    texts = dict.fromkeys((*_TEXTS, "state", "type"), str)
    known = fitting(item, {**texts, "size": int, "attempts": int})
    created = clock.known(item.get("created_at"))
    if not {"state", "type", "size"} <= known.keys() or created is None:
        return None
    if item.get("ttl", clock.now().timestamp()) < clock.now().timestamp():
        return None
    return Media(id=str(item["pk"]).partition("#")[2], created_at=created, **known)
