"""A post's items, and the lists it stands in.

| pk | sk | index | what |
|----|----|-------|------|
| `P#home` | `0card` | list: `POSTS`, `DRAFTS`, `UNLISTED` or `DELETED` by time#id | the post |
| `P#home` | `1body` | | its HTML, deflated |
| `P#home` | `2n#0` … `2n#f` | | tallies (see `tallies.py`) |
| `P#slug` | `0card` | | alias: a later slug of a post whose home is another |
| `I#id` | `-` | | where the home of an id is |
| `R#id` | number | | revision: the content after a change, its source deflated |

A slug is taken when `P#slug` has a card, be it a post or an alias, so that one condition keeps it
unique.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from chalicelib.core import clock, table, text
from chalicelib.core.items import fitting
from chalicelib.core.table import ABSENT, Check, Delete, Item, Key, Page, Put, Refused, When, Write
from chalicelib.core.values import value
from chalicelib.posts import texts
from chalicelib.posts.model import KEPT, PLAIN, TIMES, Body, Post, Revision

CARD, BODY, TALLY = "0card", "1body", "2n#"
AROUND = "4around"
"""What stands beside the post; the room `lists` writes it."""
TALLIES = 16
SCHEMA = 1
MOST_REVISIONS = 1_000_000
"""Their numbers have six digits."""
LISTS = {"published": "POSTS", "draft": "DRAFTS", "unlisted": "UNLISTED", "deleted": "DELETED"}


@value
class Alias:
    """A slug that leads to a post kept elsewhere."""

    slug: str
    home: str
    post_id: str


def partition(slug: str) -> str:
    return f"P#{slug}"


def card_key(home: str) -> Key:
    return partition(home), CARD


def revision_key(post_id: str, number: int) -> Key:
    return f"R#{post_id}", f"{number:06d}"


def body_key(home: str) -> Key:
    return partition(home), BODY


def tally_key(home: str, shard: str = "0") -> Key:
    """Where things of a post are counted: the first tally, unless another is asked for."""
    return partition(home), TALLY + shard


# --- reading ---------------------------------------------------------------------------------


def find_card(slug: str) -> Post | Alias | None:
    """What stands at a slug, read consistently."""
    item = table.get(card_key(slug))
    return decode_card(item) if item else None


def home_of(post_id: str) -> str | None:
    item = table.get((f"I#{post_id}", "-"))
    return str(item["home"]) if item else None


def cards_at(homes: Iterable[str]) -> dict[str, Post]:
    """{home: post}, for up to 100 homes."""
    items = table.batch_get(map(card_key, homes))
    cards = [card for card in map(decode_card, items.values()) if isinstance(card, Post)]
    return {card.home: card for card in cards}


def bodies_at(homes: Iterable[str]) -> dict[str, Body]:
    """{home: body}, for up to 100 homes."""
    items = table.batch_get(map(body_key, homes))
    bodies = {item["pk"].removeprefix("P#"): decode_body(item) for item in items.values()}
    return {home: body for home, body in bodies.items() if body}


def opened(body: Body) -> Body:
    """With its text: a long one is fetched, in one round trip."""
    return replace(body, deflated=texts.fetched(body.at)) if body.at and not body.deflated else body


def texts_named(post: Post) -> set[str]:
    """The keys of all long texts that the post's items name."""
    items = table.query(f"R#{post.id}", limit=MOST_REVISIONS, consistent=True, only=("source_at",))
    body = table.get(body_key(post.home)) or {}
    return {str(item[name]) for item in (*items, body) for name in ("source_at", "html_at") if name in item}


def read_text(post: Post) -> tuple[str, Body | None]:
    """The text of the very version that `post` is, as its author wrote it and as readers get it."""
    keys = revision_key(post.id, post.revision), body_key(post.home)
    source, item = map(table.batch_get(keys, consistent=True).get, keys)
    body = decode_body(item) if item else None
    return revision_from_item(source).source if source else "", opened(body) if body else None


def read_body(home: str) -> Body | None:
    item = table.get(body_key(home))
    return decode_body(item) if item else None


def find_revision(post_id: str, number: int) -> Revision | None:
    """Read consistently."""
    item = table.get(revision_key(post_id, number))
    return decode_revision(item) if item else None


def revisions_until(post_id: str, number: int, limit: int) -> list[Revision]:
    """Whole ones, from that number backwards."""
    (pk, end), found = revision_key(post_id, number), list[Revision]()
    while end and len(found) < limit:
        missing = limit - len(found)
        items = table.query(pk, end=end, limit=missing, forward=False, consistent=True)
        found += filter(None, map(decode_revision, items))
        end = table.just_before(items[-1]["sk"]) if len(items) == missing else ""
    return found


def list_revisions(post_id: str, limit: int, after: str | None) -> Page[Revision]:
    """Without their sources, the newest first, from a sort key on."""
    pk, end = f"R#{post_id}", table.just_before(after) if after else ""
    found = table.query(pk, end=end, limit=limit + 1, forward=False, consistent=True, only=IN_LISTS)
    return table.cut(found, limit).decoded(decode_revision)


def source_of(post: Post) -> str:
    """The text as the author wrote it, of the very version that `post` is."""
    item = table.get(revision_key(post.id, post.revision))
    return revision_from_item(item).source if item else ""


def listed(
    status: str, kind: str = "post", *, limit: int, start: str = "", end: str = "", forward: bool = False
) -> Page[Post]:
    """Posts (or pages) of one stored status by time, newest first. Bounds are sort keys, both
    included.
    """
    found = table.page(
        list_name(status, kind), index="list", limit=limit, start=start, end=end, forward=forward
    )
    return found.decoded(decode_post)


def decode_post(item: Item) -> Post | None:
    card = decode_card(item)
    return card if isinstance(card, Post) else None


def list_name(status: str, kind: str) -> str:
    """Static pages have lists of their own."""
    return LISTS[status] if kind == "post" else f"PAGES#{LISTS[status]}"


def list_key(post: Post) -> str:
    """The sort key of a post within its list."""
    times = {"deleted": post.deleted_at, "draft": post.created_at}
    return f"{clock.stamp(times.get(post.status) or post.published_at or post.created_at)}#{post.id}"


def until(moment: datetime) -> str:
    """The upper bound that leaves out what is still to come."""
    return f"{clock.stamp(moment)}~"


# --- writing ---------------------------------------------------------------------------------


def lay(post: Post, body: Body, revision: Revision) -> list[Write]:
    """Write what belongs to a new post and nobody sees before its card stands, for half of what it would
    take in the card's transaction; what is left for that. Under another post's slug lies that one's body.
    """
    table.write(Put(revision_to_item(revision)))
    table.write(Put({"pk": f"I#{post.id}", "sk": "-", "home": post.home}))
    item = body_to_item(post, body)
    try:
        table.write(Put(item, ABSENT))
    except Refused:
        # Or it was left by somebody who was cut off before the card.
        return [Put(item)]
    return []


def unlay(post: Post, number: int) -> None:
    """Take back what was laid for a post that is not to be after all."""
    with suppress(Refused):
        table.write(Delete(body_key(post.home), When("#id = :post", post=post.id)))
    table.write(Delete(revision_key(post.id, number)))
    table.write(Delete((f"I#{post.id}", "-")))


def create(post: Post) -> Put:
    """Its card, which refuses where the slug is taken."""
    return Put(card_to_item(post), ABSENT)


def change(before: Post, after: Post, body: Body | None, revision: Revision | None) -> list[Write]:
    """The first write refuses where `before` is no longer what is stored. `body` and `revision`
    are given where the content changed; a move to another home needs the body always.
    """
    unchanged = When("#version = :version", version=before.version)
    writes: list[Write] = [Put(card_to_item(after), unchanged)]
    if before.home != after.home:
        writes = [
            Delete(card_key(before.home), unchanged),
            Put(card_to_item(after), ABSENT),
            Delete(body_key(before.home)),
            Delete(tally_key(before.home)),
            Delete((partition(before.home), AROUND)),
            Put({"pk": f"I#{after.id}", "sk": "-", "home": after.home}),
        ]
    if body:
        writes.append(Put(body_to_item(after, body)))
    if revision:
        writes.append(Put(revision_to_item(revision)))
    return writes


def unchanged(post: Post) -> Check:
    return Check(card_key(post.home), When("#version = :version", version=post.version))


def replace_body(post: Post, body: Body) -> Put:
    return Put(body_to_item(post, body))


def claim_alias(alias: Alias) -> Put:
    """Take a slug for a post that lives elsewhere, or find that it already had it."""
    item = {"pk": partition(alias.slug), "sk": CARD, "alias": alias.home, "id": alias.post_id}
    return Put(item, When("attribute_not_exists(#pk) OR #alias = :home", home=alias.home))


# --- items -----------------------------------------------------------------------------------


def card_to_item(post: Post) -> Item:
    return {
        "pk": partition(post.home),
        "sk": CARD,
        "schema": SCHEMA,
        "id": post.id,
        "slug": post.slug,
        "title": post.title,
        "status": post.status,
        **clock.stored(post.times),
        "tags": list(post.tags),
        "summary": post.summary,
        "excerpt": post.excerpt,
        "words": post.words,
        "revision": post.revision,
        "version": post.version,
        "was_public": post.was_public,
        **{name: value for name in RARE if (value := getattr(post, name))},
        **({"type": post.type} if post.type != "post" else {}),
        **({"syndication": list(post.syndication)} if post.syndication else {}),
        **({} if post.comments_open else {"comments_open": False}),
        "lpk": list_name(post.status, post.type),
        "lsk": list_key(post),
    }


def decode_card(item: Item) -> Post | Alias | None:
    """A card or an alias; None for an item that lacks what no post can do without."""
    try:
        home = item["pk"].removeprefix("P#")
        if "alias" in item:
            return Alias(home, item["alias"], item["id"])
        return _post_from_item(home, item)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _post_from_item(home: str, item: Item) -> Post:
    known = fitting(item, TYPES)
    return Post(
        id=known["id"],
        home=home,
        slug=known.get("slug", home),
        title=known.get("title", ""),
        status=known["status"],
        created_at=_time(known, "created_at") or clock.parse(known["published_at"]),
        published_at=_time(known, "published_at"),
        updated_at=_time(known, "updated_at"),
        deleted_at=_time(known, "deleted_at"),
        tags=tuple(tag for tag in known.get("tags", ()) if isinstance(tag, str)),
        summary=known.get("summary", ""),
        excerpt=known.get("excerpt", ""),
        words=known.get("words", 0),
        revision=known.get("revision", 1),
        version=known.get("version", 1),
        was_public=known.get("was_public", False),
        type="page" if known.get("type") == "page" else "post",
        syndication=tuple(url for url in known.get("syndication", ()) if isinstance(url, str)),
        comments_open=known.get("comments_open", True),
        comments_close_at=clock.known(known.get("comments_close_at")),
        **{name: known[name] for name in RARE if name in known},
    )


TEXTS = ("id", "slug", "title", "status", "summary", "excerpt", "type")
RARE = ("series", "pinned", "language", "image", "image_alt", "canonical_url", "content_warning", "waited")
"""What most posts lack takes no bytes."""
TYPES = {
    **dict.fromkeys((*TEXTS, *TIMES, *RARE), str),
    **dict.fromkeys(("words", "revision", "version"), int),
    **dict.fromkeys(("tags", "syndication"), list),
    **dict.fromkeys(("was_public", "pinned", "comments_open", "waited"), bool),
}


def body_to_item(post: Post, body: Body) -> Item:
    return {
        "pk": partition(post.home),
        "sk": BODY,
        "schema": SCHEMA,
        "id": post.id,
        **({"html_at": body.at} if body.at else texts.stored("html", post.id, body.deflated)),
        "renderer": body.renderer,
        "revision": body.revision,
        **({"problem": body.problem} if body.problem else {}),
    }


BODY_TYPES = {"html": bytes, "html_at": str, "renderer": int, "revision": int, "problem": str}


def decode_body(item: Item) -> Body | None:
    """Of a long one `opened` gives the text."""
    known = fitting(item, BODY_TYPES)
    if not known.keys() & {"html", "html_at"}:
        return None
    return Body(
        deflated=known.get("html", b""),
        renderer=known.get("renderer", PLAIN),
        revision=known.get("revision", 0),
        at=known.get("html_at", ""),
        problem=known.get("problem", ""),
    )


TOLD = {"by": str, "words": int, "size": int, "changed": list}
"""What the revisions of the first version lack."""
IN_LISTS = ("pk", "sk", "saved_at", *KEPT, *TOLD)


def revision_to_item(revision: Revision) -> Item:
    pk, sk = revision_key(revision.post_id, revision.number)
    told = {"by": revision.by, "words": revision.words, "size": revision.size}
    return {
        "pk": pk,
        "sk": sk,
        "schema": SCHEMA,
        **revision.kept,
        "title": revision.title,
        **texts.stored("source", revision.post_id, text.deflated(revision.source)),
        "saved_at": clock.stamp(revision.saved_at),
        **{name: value for name, value in told.items() if value is not None},
        **({} if revision.changed is None else {"changed": list(revision.changed)}),
    }


def revision_from_item(item: Item) -> Revision:
    kept, told = fitting(item, dict.fromkeys(KEPT, str)), fitting(item, TOLD)
    return Revision(
        post_id=item["pk"].removeprefix("R#"),
        number=int(item["sk"]),
        title=kept.get("title", ""),
        source=_source(item),
        saved_at=clock.parse(item["saved_at"]),
        kept=kept,
        by=told.get("by", ""),
        words=told.get("words"),
        size=told.get("size"),
        changed=tuple(map(str, told["changed"])) if "changed" in told else None,
    )


def _source(item: Item) -> str:
    if "source_at" in item:
        return text.inflated(texts.fetched(item["source_at"]))
    return text.inflated(item["source"]) if "source" in item else ""


def decode_revision(item: Item) -> Revision | None:
    """None for one that is damaged: it costs itself, not the list."""
    try:
        return revision_from_item(item)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _time(item: Item, name: str) -> datetime | None:
    return clock.parse(item[name]) if name in item else None
