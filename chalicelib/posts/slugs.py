"""Which slugs a post may have, and whose those are that it may not."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.core import clock, text
from chalicelib.core.problems import Conflict, Invalid
from chalicelib.posts import store
from chalicelib.posts.model import RESERVED, Changes, Post
from chalicelib.posts.past import Taking
from chalicelib.posts.store import Alias


def free_slugs(post: Post) -> Iterator[str]:
    """The title's slug, or that of how the post begins, which a warning keeps to itself; then numbered ones,
    then one that nobody else has.
    """
    base = text.slugify(post.title) or text.slugify(" ".join(post.began.split()[:6])) or post.id
    if post.type != "page" or base not in RESERVED:
        yield base
    for ending in (*range(2, 6), post.id):
        yield f"{text.shortened(base, text.SLUG_BYTES - len(f'-{ending}'))}-{ending}"


def taking_of(before: Post, changes: Changes) -> Taking | None:
    """The slug that is asked for, where it leads to another post and may be taken from it. Raises Conflict
    where it may not.
    """
    if not changes.get("takes_over"):
        return None
    if not (slug := changes.get("slug")):
        raise Invalid("takes_over", "“takes_over” goes with a “slug”: that which is to lead to this post.")
    found = store.find_card(slug)
    other = store.find_card(found.home) if isinstance(found, Alias) else found
    if not isinstance(other, Post) or other.id == before.id:
        return None
    if not isinstance(found, Alias) or other.slug == slug:
        raise slug_taken(slug)
    return Taking(found, other.version)


def refuse_reserved(post: Post, slug: str) -> None:
    if post.type == "page" and slug in RESERVED:
        raise Invalid("slug", f"“/{slug}” is an address of the blog itself. Choose another for this page.")


def slug_taken(slug: str) -> Conflict:
    """Whose it is, and what can be done about it."""
    found = store.find_card(slug)
    other = store.find_card(found.home) if isinstance(found, Alias) else found
    advice = "Choose another, or leave it out to have one made."
    if not isinstance(other, Post):
        return Conflict(f"The slug “{slug}” was taken in this moment. {advice}")
    titled = f"“{other.title[:60]}”, " if other.title else ""
    post = f"{other.type} {other.id} ({titled}{other.state(clock.now())})"
    if other.slug == slug:
        why = (
            " Its replies and likes are kept there; it can be restored." if other.status == "deleted" else ""
        )
        return Conflict(f"The slug “{slug}” is taken: it is the address of {post}.{why} {advice}")
    if isinstance(found, Alias):
        return Conflict(
            f"The slug “{slug}” is an older address of {post}, to which it leads. Choose another, or send"
            " “takes_over” as true to have it lead to this post from now on."
        )
    return Conflict(
        f"The slug “{slug}” is taken: it is the first address of {post}, under which its replies and"
        f" likes are kept, so it cannot be given away. {advice}"
    )
