"""Groups of posts, how many are in each, and what stands beside a post.

| pk | sk | what |
|----|----|------|
| `LINE`, `T#tag`, `X#series` | time#id | a post in a group: its `home`, the group's `name` |
| `TAGS`, `SERIES`, `MONTHS` | tag, series or month | a tally: `n`, `name`; `c_id`: when one is to come |
| `I#id` | `lists` | the groups that the post is counted in, and since which version |
| `P#home` | `4around` | previous, next, series, related |
| `B#id` | home | the page at `home` may name the post as related, since its around was at `v` |

A row and its tally are written in one transaction with the post's `lists` item, so that each post
is counted once whatever is tried again. Rows and tallies hold scheduled posts too: what reads them
leaves out what is still to come.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from chalicelib.core import clock, table
from chalicelib.core.items import fitting
from chalicelib.core.table import Delete, Item, Key, Page, Put, Refused, Update, When, Write
from chalicelib.core.values import value
from chalicelib.lists.model import MONTH, SERIES, TAG, Around, Count, Neighbour, Place, Standing
from chalicelib.posts.model import Post
from chalicelib.posts.store import AROUND, card_key, decode_card, decode_post, partition, tally_key
from chalicelib.posts.tallies import sum_tallies

TALLIED = {TAG: "TAGS", SERIES: "SERIES", MONTH: "MONTHS"}
KINDS = {"previous", "following", "series_previous", "series_following"}


def standing_key(post_id: str) -> Key:
    return f"I#{post_id}", "lists"


def around_key(home: str) -> Key:
    return partition(home), AROUND


def tally_of(group: str) -> Key | None:
    """Where a group is counted; the line of all posts is not."""
    kind, name = group[:2], group[2:]
    return (TALLIED[kind], name) if kind in TALLIED else None


# --- reading ---------------------------------------------------------------------------------


@value
class Member:
    """A post in a group."""

    at: str
    home: str
    name: str


def members(
    group: str, limit: int, *, start: str = "", end: str = "", forward: bool = False, consistent: bool = False
) -> Page[Member]:
    """By time, the newest first; bounds are sort keys, both included."""
    found = table.query(group, limit=limit + 1, start=start, end=end, forward=forward, consistent=consistent)
    return table.cut(found, limit).decoded(_member)


def _member(item: Item) -> Member | None:
    known = fitting(item, {"home": str, "name": str})
    return Member(item["sk"], known["home"], known.get("name", "")) if "home" in known else None


def counts(kind: str, limit: int, after: str = "") -> Page[Count]:
    """The tallies of a kind (`TAG`, `SERIES` or `MONTH`) by name, empty ones left out; `after` is
    the sort key of one.
    """
    now = clock.now()
    start = table.just_after(after) if after else ""
    return table.page(TALLIED[kind], limit=limit, start=start).decoded(lambda item: _count(item, now))


def month_tallies() -> list[Count]:
    """Every month with posts, by name (`2026-11`): a thousand are eighty years."""
    return counts(MONTH, 1000).items


def count_of(groups: Iterable[str]) -> dict[str, Count]:
    """{group: its tally}, of those that have one."""
    keys = {group: key for group in groups if (key := tally_of(group))}
    found, now = table.batch_get(keys.values()), clock.now()
    tallies = {group: _count(found[key], now) for group, key in keys.items() if key in found}
    return {group: tally for group, tally in tallies.items() if tally}


def _count(item: Item, now: datetime) -> Count | None:
    known = fitting(item, {"n": int, "name": str})
    moment = clock.stamp(now)
    coming = sum(
        1 for name, at in item.items() if name.startswith("c_") and isinstance(at, str) and at > moment
    )
    count = known.get("n", 0) - coming
    slug = item["sk"]
    return Count(slug, known.get("name") or slug, count) if count > 0 else None


def standing(post_id: str) -> Standing:
    """Read consistently; an empty one where there is none."""
    item = table.get(standing_key(post_id)) or {}
    known = fitting(item, {"places": dict, "face": str, "left": list, "version": int})
    return Standing(
        places={group: Place(*place) for group, place in known.get("places", {}).items() if len(place) == 4},
        face=known.get("face", ""),
        left=tuple((group, at) for group, at in known.get("left", ())),
        version=known.get("version", 0),
    )


def around(home: str) -> Around:
    """Read consistently; an empty one where there is none."""
    item = table.get(around_key(home))
    return decode_around(item) if item else Around()


@value
class Shown:
    """A post's page, as far as it is about others."""

    post: Post
    around: Around
    told: int
    """The version of `around` that its tally knows of."""


def shown_at(home: str) -> Shown | None:
    """Read consistently, in one round trip."""
    keys = card_key(home), around_key(home), tally_key(home)
    card, beside, tally = map(table.batch_get(keys, consistent=True).get, keys)
    post = decode_post(card) if card else None
    if not post:
        return None
    told = sum_tallies([tally] if tally else []).around
    return Shown(post, decode_around(beside) if beside else Around(), told)


def cards_at(homes: Iterable[str]) -> dict[str, Post]:
    """{home: post}, read consistently: what is written down of them stays until they change again."""
    found = table.batch_get(map(card_key, homes), consistent=True)
    cards = map(decode_card, found.values())
    return {card.home: card for card in cards if isinstance(card, Post)}


def linking_to(post_id: str, limit: int, after: str = "") -> dict[str, int]:
    """{home: since which version of its around} of pages that may name a post as related, by home, from
    one on.
    """
    start = table.just_after(after) if after else ""
    found = table.query(f"B#{post_id}", limit=limit, start=start, consistent=True)
    return {item["sk"]: fitting(item, {"v": int}).get("v", 0) for item in found}


# --- writing ---------------------------------------------------------------------------------


def move(post: Post, group: str, before: Place | None, after: Place | None) -> list[Write]:
    """A post into a group, out of it, or to another place in it."""
    writes: list[Write] = []
    if group[:2] != MONTH:
        if before and (not after or after.at != before.at):
            writes.append(Delete((group, before.at)))
        if after:
            row = {"pk": group, "sk": after.at, "home": after.home, "name": after.name}
            writes.append(Put(row))
    if tally := tally_of(group):
        writes.append(_tallied(tally, post.id, before, after))
    return writes


def _tallied(tally: Key, post_id: str, before: Place | None, after: Place | None) -> Update:
    coming = f"c_{post_id}"
    put: Item = {}
    if after and after.name and not after.coming:
        put["name"] = after.name
    if after and after.coming:
        put[coming] = after.coming
    drop = [] if coming in put else [coming]
    return Update(tally, put=put, add={"n": bool(after) - bool(before)}, drop=drop)


def settle(post_id: str, before: Standing, after: Standing) -> Put:
    """Goes with the moves: refuses where what the post is counted in changed meanwhile."""
    pk, sk = standing_key(post_id)
    item = {
        "pk": pk,
        "sk": sk,
        "places": {
            group: [place.at, place.home, place.name, place.coming]
            for group, place in sorted(after.places.items())
        },
        "face": after.face,
        "left": [list(place) for place in after.left],
        "version": before.version + 1,
    }
    return Put(item, _is_at(before.version))


def put_around(home: str, before: Around, after: Around) -> Put:
    """Refuses where somebody else wrote it meanwhile; `after` has the version and `shown` of `before`."""
    pk, sk = around_key(home)
    item: Item = {"pk": pk, "sk": sk, "version": after.version, "shown": after.shown}
    item |= {kind: _to_map(one) for kind in sorted(KINDS) if (one := getattr(after, kind))}
    item["related"] = [_to_map(one) for one in after.related]
    return Put(item, _is_at(before.version))


def link(post_id: str, home: str, version: int) -> None:
    """Note that the page at `home` names a post as related from that version on, before it does."""
    row = {"pk": f"B#{post_id}", "sk": home, "v": version}
    older = When("attribute_not_exists(#v) OR #v < :new", new=version)
    with suppress(Refused):
        table.write(Put(row, older))


def unlink(post_id: str, home: str, version: int) -> None:
    """Forget what `linking_to` gave, unless it was noted again."""
    same = When("#v = :was", was=version) if version else When("attribute_not_exists(#v)")
    with suppress(Refused):
        table.write(Delete((f"B#{post_id}", home), same))


def _is_at(version: int) -> When:
    return When("#version = :is_at", is_at=version) if version else When("attribute_not_exists(#version)")


# --- items -----------------------------------------------------------------------------------


def decode_around(item: Item) -> Around:
    found: dict[str, Any] = {kind: _from_map(item.get(kind)) for kind in KINDS}
    related = item.get("related")
    those = [_from_map(one) for one in related] if isinstance(related, list) else []
    known = fitting(item, {"version": int, "shown": int})
    related_posts = tuple(one for one in those if one)
    return Around(
        **found, related=related_posts, version=known.get("version", 0), shown=known.get("shown", 0)
    )


def _to_map(one: Neighbour) -> Item:
    return {
        "id": one.id,
        "home": one.home,
        "slug": one.slug,
        "title": one.title,
        "at": clock.stamp(one.at),
        "score": one.score,
        **({"language": one.language} if one.language else {}),
        **({"is_coming": True} if one.is_coming else {}),
    }


def _from_map(value: Any) -> Neighbour | None:
    known = (
        fitting(
            value,
            dict.fromkeys(("id", "home", "slug", "title", "at", "language"), str)
            | {"score": int, "is_coming": bool},
        )
        if (isinstance(value, dict))
        else {}
    )
    at = clock.known(known.get("at"))
    if not at or len(known.keys() & {"id", "home", "slug"}) < 3:
        return None
    return Neighbour(
        id=known["id"],
        home=known["home"],
        slug=known["slug"],
        title=known.get("title", ""),
        at=at,
        language=known.get("language", ""),
        score=known.get("score", 0),
        is_coming=known.get("is_coming", False),
    )
