"""What a post had before: its older slugs, and whether it was announced.

| pk | sk | what |
|----|----|------|
| `I#id` | `a#slug` | a slug that the post had beside its home; `to`: the post that has taken it over since |
| `I#id` | `announced` | since when (`at`), and what is still to be sent (`to_mail` …) |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.table import ABSENT, Check, Item, Key, Put, Refused, Update, When, Write
from chalicelib.core.values import value
from chalicelib.posts.model import Post
from chalicelib.posts.store import Alias, card_key, claim_alias

SLUG, ANNOUNCED = "a#", "announced"
MOST = 1000


@value
class Past:
    slugs: tuple[str, ...] = ()
    """Slugs that lead to the post, in their order; the present one may be among them."""
    taken: Mapping[str, str] = field(default_factory=dict)
    """{slug: id of the post to which it leads instead}."""
    announced_at: datetime | None = None

    def older_slugs(self, post: Post) -> list[str]:
        return [slug for slug in dict.fromkeys((post.home, *self.slugs)) if slug != post.slug]


@value
class Taking:
    """A slug that leads to another post, as it was seen, and is to lead to this one."""

    alias: Alias
    version: int
    """That of the other post's card, whose present slug it is not."""

    @property
    def unmoved(self) -> When:
        return When("#alias = :was", was=self.alias.home)

    def writes(self, post: Post) -> list[Write]:
        """Refuses where the other post has changed, and may have gone back to that slug. The slug itself is
        written by whoever calls this, if it becomes the post's home.
        """
        noted = {"pk": _pk(self.alias.post_id), "sk": SLUG + self.alias.slug, "to": post.id}
        same = Check(card_key(self.alias.home), When("#version = :version", version=self.version))
        return [same, Put(noted)]


def read(post_id: str) -> Past:
    """Read consistently: a Query of small items, none of which most posts have."""
    items = table.query(_pk(post_id), start="a", end="b", limit=MOST, consistent=True)
    slugs = {item["sk"].removeprefix(SLUG): item.get("to", "") for item in items if item["sk"] != ANNOUNCED}
    announced = next((item for item in items if item["sk"] == ANNOUNCED), {})
    return Past(
        tuple(slug for slug, taken in slugs.items() if not taken),
        {slug: taken for slug, taken in slugs.items() if taken},
        clock.known(announced.get("at")),
    )


def lead_here(post: Post, taking: Taking | None) -> list[Write]:
    """The post's new slug, which is not its home, leads to it."""
    alias = Alias(post.slug, post.home, post.id)
    claim = claim_alias(alias)
    return [
        Put(claim.item, taking.unmoved) if taking else claim,
        Put({"pk": _pk(post.id), "sk": SLUG + post.slug}),
    ]


# --- announcing ------------------------------------------------------------------------------


def is_announced(post_id: str) -> bool:
    """Whether that has been begun; read consistently."""
    return table.get(_announced(post_id)) is not None


def begin_announcing(post_id: str, kinds: Iterable[str]) -> list[str]:
    """What is still to be sent of a post: all of these kinds for whoever begins with it, and later what was
    left of them. Nothing is ever begun a second time.
    """
    pk, sk = _announced(post_id)
    item: Item = {
        "pk": pk,
        "sk": sk,
        "at": clock.stamp(clock.now()),
        **{f"to_{kind}": True for kind in kinds},
    }
    try:
        table.write(Put(item, ABSENT))
    except Refused:
        item = table.get((pk, sk)) or {}
    return [name.removeprefix("to_") for name in item if name.startswith("to_")]


def was_sent(post_id: str, kind: str) -> Update:
    return Update(_announced(post_id), drop=(f"to_{kind}",))


def _announced(post_id: str) -> Key:
    return _pk(post_id), ANNOUNCED


def _pk(post_id: str) -> str:
    return f"I#{post_id}"
