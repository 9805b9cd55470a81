"""Liking a post, and taking that back."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from chalicelib.core import clock, signing, table, text, windows
from chalicelib.core.networks import keys_of
from chalicelib.core.problems import Conflict, TooMany, Unavailable
from chalicelib.core.table import TRIES, Page, Refused, Write
from chalicelib.core.values import value
from chalicelib.core.visitors import Visitor, new_visitor
from chalicelib.core.windows import Limit
from chalicelib.likes import store
from chalicelib.likes.model import MOST_FACES, SITE_LIKE, SITE_URL, Faces, SiteLike
from chalicelib.posts.model import Post
from chalicelib.settings.actions import current_site

DAY_SECONDS = 24 * 3600
CLICK_SECONDS = 5


class Liked(NamedTuple):
    visitor: Visitor
    """Who liked it, to be remembered."""
    is_new: bool
    """Whether it was counted just now, and not before."""


class FromSite(NamedTuple):
    like: SiteLike
    is_new: bool


class Total(NamedTuple):
    """What is known of the likes of a post."""

    likes: int
    faces: Faces


# --- by visitors -----------------------------------------------------------------------------


@value
class Stranger:
    """A browser without a cookie, as far as it can be told from others."""

    network: str
    """Its address (`Request.network`), which goes into a hash and nowhere else."""
    neighbourhood: str
    browser: str
    """What it says of itself."""


def like_post(post: Post, visitor: Visitor | None, stranger: Stranger) -> Liked:
    """Once for each visitor, however often it is asked. Somebody who is not known yet (None) becomes a new
    visitor; of those only so many a day can come from one network. Raises Conflict where likes are closed,
    and TooMany.
    """
    _refuse_pages(post)
    if not current_site().likes_open:
        raise Conflict("Likes are closed.")
    if not visitor:
        return _like_of_stranger(post, stranger)
    return Liked(visitor, _is_counted(post, visitor))


def take_back(post: Post, visitor: Visitor | None) -> None:
    """Whoever has not liked the post, or not any more, has nothing to lose."""
    if visitor:
        key = store.record_key(post.id, _mark(visitor))
        try:
            table.transact(lambda attempt: store.take_back(post.home, key, attempt))
        except Refused:
            return


def does_like(post: Post, visitor: Visitor | None) -> bool:
    return visitor is not None and store.has_liked(post.id, _mark(visitor))


def likes_of(post: Post) -> Total:
    tally, faces = store.likes_of(post.home)
    return Total(tally.likes, faces)


def _like_of_stranger(post: Post, stranger: Stranger) -> Liked:
    most = current_site().likes_per_network
    if not most:
        return Liked(visitor := new_visitor(), _is_counted(post, visitor))
    limits = [Limit(most, DAY_SECONDS)]
    # Over all posts: what is a new visitor here could like every other post from then on.
    keys = windows.keys("like", keys_of(stranger.neighbourhood))
    visitor, before = _of_one_click(post, stranger)
    clicks = {store.record_key(post.id, _mark(one)): one for one in (visitor, before)}
    for attempt in range(TRIES):
        table.pause(attempt)
        found = table.batch_get([*keys, *clicks], consistent=True)
        if again := next((clicks[key] for key in clicks if key in found), None):
            return Liked(again, is_new=False)
        window = windows.window(keys, found)
        if wait := window.wait(limits):
            raise TooMany(
                "Many new visitors from your network have liked something today. Please try again later.",
                wait,
            )
        try:
            return Liked(visitor, _is_counted(post, visitor, window.noted(limits)))
        except Refused:
            # Somebody else in the network was first.
            continue
    raise Unavailable


def _of_one_click(post: Post, stranger: Stranger) -> tuple[Visitor, Visitor]:
    """A new visitor whose id is the same for all that one browser sends within a few seconds, since a double
    click comes twice before any cookie does; and the one of the seconds before.
    """
    now = int(clock.now().timestamp()) // CLICK_SECONDS
    told = f"{post.id}\n{stranger.network}\n{stranger.browser}"
    first, second = (Visitor(signing.digest("click", f"{told}\n{now - back}")) for back in (0, 1))
    return first, second


def _is_counted(post: Post, visitor: Visitor, *others: Write) -> bool:
    """Whether this is their first like of the post, with which `others` are written. A record that is
    there already may be our own, whose answer got lost. Raises Refused where one of `others` is.
    """
    key = store.record_key(post.id, _mark(visitor))
    try:
        table.transact(lambda attempt: [*store.like(post.home, key, attempt), *others])
    except Refused as refused:
        if 0 not in refused.positions:
            raise
        return False
    return True


def _mark(visitor: Visitor) -> str:
    return visitor.mark("like")


def _refuse_pages(post: Post) -> None:
    if post.type == "page":
        raise Conflict("A static page takes no likes.")


# --- from people's own sites -----------------------------------------------------------------


def like_from_site(post: Post, url: str, name: str, picture: str = "") -> FromSite:
    """A like that stands at `url`, on the site of somebody called `name`: once for each address; a second
    time it gives them another name or picture. Raises Invalid, and Conflict for what nobody can read.
    """
    _refuse_pages(post)
    if not post.is_public(clock.now()):
        raise Conflict("Only a post that is published can be liked.")
    told = SITE_LIKE.read({"url": url, "name": name, "picture": picture})
    key = store.site_key(post.id, told["url"])
    moment = clock.precisely()
    ours = SiteLike(id=text.new_id(moment), at=clock.stamp(moment.replace(microsecond=0)), **told)
    for attempt in range(TRIES):
        table.pause(attempt)
        faces, record = store.faces_and_record(post.home, key)
        before = store.find_row(post.id, record.row) if record else None
        after = replace(before or ours, **told)
        if before == after:
            return FromSite(after, is_new=after.id == ours.id)
        shown = _with(after, store.newest(post.id))
        changed = Faces(shown, faces.count + (not record), faces.version + 1)
        writes = store.put_site_like(post.home, key, after, faces, changed, new=not record)
        if _is_written(writes):
            return FromSite(after, is_new=not record)
    raise Unavailable


def take_back_from_site(post: Post, url: str) -> bool:
    """Whether there was such a like. Raises Invalid for what is no address."""
    key = store.site_key(post.id, SITE_URL.read({"url": url})["url"])
    for attempt in range(TRIES):
        table.pause(attempt)
        faces, record = store.faces_and_record(post.home, key)
        if not record:
            return attempt > 0
        left = [like for like in store.newest(post.id) if like.id != record.row]
        changed = Faces(tuple(left[:MOST_FACES]), max(0, faces.count - 1), faces.version + 1)
        if _is_written(store.drop_site_like(post.home, record, faces, changed)):
            return True
    raise Unavailable


def list_site_likes(post: Post, limit: int, after: str | None) -> Page[SiteLike]:
    """The newest first, from a sort key on."""
    return store.listed(post.id, limit, after)


def _with(like: SiteLike, newest: list[SiteLike]) -> tuple[SiteLike, ...]:
    """The newest, the first one first, with one that is new or has changed."""
    known = {one.id: one for one in newest} | {like.id: like}
    return tuple(sorted(known.values(), key=_by_time, reverse=True)[:MOST_FACES])


def _by_time(like: SiteLike) -> str:
    return like.id


def _is_written(writes: list[Write]) -> bool:
    """Whether it is, and nobody else's change came first."""
    try:
        table.transact(writes)
    except Refused:
        return False
    return True
