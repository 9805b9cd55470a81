"""Who likes a post: a small record for each, and the newest from other sites beside the post.

| pk | sk | holds |
|----|----|-------|
| `L#post#hh` | the liker | a visitor's mark: nothing more; a site's address, hashed: `row` |
| `L#post` | id, by time | a like from somebody's own site: `url`, `name`, `picture`, `at` |
| `P#home` | `3faces` | the newest twelve of those, `count`: how many there are, `version` |

A record is there once, so a like counts once; `hh` are two digits of the liker's hash, so that the records
of a post that everybody likes are not in one place. Every change of a site's like writes the faces at their
next version, so these are never made of what another change has overtaken.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from chalicelib.core import table, versions
from chalicelib.core.items import fitting
from chalicelib.core.table import ABSENT, PRESENT, Delete, Item, Key, Page, Put, When, Write
from chalicelib.core.values import value
from chalicelib.likes.model import MOST_FACES, Faces, SiteLike
from chalicelib.posts.store import TALLIES, TALLY, partition
from chalicelib.posts.tallies import Tally, faces_changed, likes_changed, sum_tallies

FACES = "3faces"
MOST_RECORDS = 1_000_000


@value
class Record:
    """A like that is counted."""

    key: Key
    row: str = ""
    """The id of the row that tells of it, where it comes from a site."""


def record_key(post_id: str, liker: str) -> Key:
    return f"L#{post_id}#{sha256(liker.encode()).hexdigest()[:2]}", liker


def site_key(post_id: str, url: str) -> Key:
    return record_key(post_id, f"site.{sha256(url.encode()).hexdigest()[:32]}")


def row_key(post_id: str, row: str) -> Key:
    return f"L#{post_id}", row


def faces_key(home: str) -> Key:
    return partition(home), FACES


# --- reading ---------------------------------------------------------------------------------


def likes_of(home: str) -> tuple[Tally, Faces]:
    """What is counted and shown of a post, in one Query."""
    items = table.query(partition(home), start=TALLY, end=FACES, limit=TALLIES + 1, consistent=True)
    tally = sum_tallies(item for item in items if item["sk"] != FACES)
    return tally, next((decode_faces(item) for item in items if item["sk"] == FACES), Faces())


def has_liked(post_id: str, mark: str) -> bool:
    return table.get(record_key(post_id, mark)) is not None


def faces_and_record(home: str, key: Key) -> tuple[Faces, Record | None]:
    found = table.batch_get([faces_key(home), key], consistent=True)
    faces, record = found.get(faces_key(home)), found.get(key)
    row = fitting(record, {"row": str}).get("row", "") if record else ""
    return decode_faces(faces) if faces else Faces(), Record(key, row) if record else None


def find_row(post_id: str, row: str) -> SiteLike | None:
    item = table.get(row_key(post_id, row)) if row else None
    return decode_row(item) if item else None


def newest(post_id: str) -> list[SiteLike]:
    """One more than are shown, since one of them may be about to go."""
    items = table.query(f"L#{post_id}", limit=MOST_FACES + 1, forward=False, consistent=True)
    return [row for row in map(decode_row, items) if row]


def listed(post_id: str, limit: int, after: str | None) -> Page[SiteLike]:
    """The newest first, from a sort key on."""
    end = table.just_before(after) if after else ""
    return table.page(f"L#{post_id}", limit=limit, end=end, forward=False).decoded(decode_row)


def count_records(post_id: str) -> int:
    """How many like a post: by their records, one by one, from all 256 places."""
    places = (f"L#{post_id}#{number:02x}" for number in range(256))
    return sum(len(table.query(place, limit=MOST_RECORDS, consistent=True)) for place in places)


# --- writing ---------------------------------------------------------------------------------


def like(home: str, key: Key, attempt: int) -> list[Write]:
    """The first write refuses where it is liked already. A function of the attempt: after a conflict
    another tally is used.
    """
    pk, sk = key
    return [Put({"pk": pk, "sk": sk}, ABSENT), *likes_changed(home, +1, versions.shard_of(attempt))]


def take_back(home: str, key: Key, attempt: int) -> list[Write]:
    """The first write refuses where it is not liked (any more)."""
    return [Delete(key, PRESENT), *likes_changed(home, -1, versions.shard_of(attempt))]


def put_site_like(
    home: str, key: Key, like: SiteLike, before: Faces, after: Faces, *, new: bool
) -> list[Write]:
    """A like from a site, or another name or picture for one. Refuses where the faces are no longer those
    from `before`.
    """
    record = Put({"pk": key[0], "sk": key[1], "row": like.id}, ABSENT if new else PRESENT)
    return [*_faces(home, before, after, int(new)), record, Put(row_to_item(_post_of(key), like))]


def drop_site_like(home: str, record: Record, before: Faces, after: Faces) -> list[Write]:
    row = [Delete(row_key(_post_of(record.key), record.row))] if record.row else []
    return [*_faces(home, before, after, -1), Delete(record.key, PRESENT), *row]


def _faces(home: str, before: Faces, after: Faces, likes: int) -> Sequence[Write]:
    unchanged = When("#version = :version", version=before.version) if before.version else ABSENT
    return Put(faces_to_item(home, after), unchanged), faces_changed(home, likes, after.version)


def _post_of(key: Key) -> str:
    """The id of the post that a record is about."""
    return key[0].split("#")[1]


# --- items -----------------------------------------------------------------------------------


def row_to_item(post_id: str, like: SiteLike) -> Item:
    pk, sk = row_key(post_id, like.id)
    return {"pk": pk, "sk": sk, **_told(like)}


def faces_to_item(home: str, faces: Faces) -> Item:
    pk, sk = faces_key(home)
    shown = [{"id": like.id, **_told(like)} for like in faces.shown]
    return {"pk": pk, "sk": sk, "faces": shown, "count": faces.count, "version": faces.version}


def _told(like: SiteLike) -> Item:
    picture = {"picture": like.picture} if like.picture else {}
    return {"url": like.url, "name": like.name, "at": like.at, **picture}


def decode_row(item: Item) -> SiteLike | None:
    return _site_like({**item, "id": item["sk"]})


def decode_faces(item: Item) -> Faces:
    known = fitting(item, {"faces": list, "count": int, "version": int})
    faces = known.get("faces", ())
    shown = tuple(like for face in faces if isinstance(face, dict) and (like := _site_like(face)))
    return Faces(shown, max(0, known.get("count", 0)), known.get("version", 0))


def _site_like(item: Item) -> SiteLike | None:
    """None for an item that does not say who it is about."""
    known = fitting(item, dict.fromkeys(("id", "url", "name", "picture", "at"), str))
    if not {"id", "url", "name"} <= known.keys():
        return None
    return SiteLike(known["id"], known["url"], known["name"], known.get("picture", ""), known.get("at", ""))
