"""Putting posts where they belong among the others, and reading groups of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from chalicelib.core import clock, jobs, table, text, versions
from chalicelib.core.problems import NotFound, Unavailable
from chalicelib.core.table import TRIES, Page, Refused, Write
from chalicelib.lists import store
from chalicelib.lists.model import (
    LINE,
    MONTH,
    SERIES,
    TAG,
    Around,
    Neighbour,
    Places,
    Standing,
    best,
    moves,
    name_of,
    neighbour,
    places_of,
    weight,
)
from chalicelib.lists.store import Member, Shown
from chalicelib.posts import past
from chalicelib.posts import store as post_store
from chalicelib.posts.actions import posts_at, require_post
from chalicelib.posts.changes import ANNOUNCE, RELIST
from chalicelib.posts.model import STATUSES, Post
from chalicelib.posts.tallies import around_changed
from chalicelib.settings.actions import RECOUNT, current_site, forget_site

AT_ONCE = 20
"""Posts of a recount in one go."""
MOVES_AT_ONCE = 30
"""A transaction holds a hundred writes, a move up to three of them."""
MOST_LINKS = 25
"""Backlinks followed in one go; the tick follows the others."""
LINKING = "LINKING"
"""Among what is left to be told, no group: the home of the last page that was written anew."""
COMPARED_TAGS = 6
COMPARED_POSTS = 8
"""With the newest so many posts of so many tags a post is compared."""


# --- placing ---------------------------------------------------------------------------------


def relist(post_id: str) -> datetime | None:
    """Put a post, as it is now, where it belongs, and tell those beside it. Gives when to look
    again: when a scheduled one becomes public.
    """
    try:
        standing = _placed(post_id)
        if not standing.is_settled:
            left = _tell(require_post(post_id), standing)
            table.write(store.settle(post_id, standing, replace(standing, left=left)))
            if left:
                return clock.now()
    except NotFound:
        return None
    except Refused:
        # Somebody else is placing it, too. Looking again costs little.
        return clock.now()
    coming = next((place.coming for place in standing.places.values() if place.coming), "")
    if coming:
        return clock.parse(coming)
    if standing.places and not past.is_announced(post_id):
        job = jobs.new(ANNOUNCE, post_id)
        table.write(job.put(timedelta(0), queued=True))
        jobs.send([job])
    return None


def recount(about: str) -> None:
    """Place every post again, some at a time: after the time zone was changed, and for blogs of an
    older version. The job is about the status and the sort key at which it goes on, empty at first.
    """
    # This process may have read the settings before they were changed.
    forget_site()
    status, _, after = (about or STATUSES[0]).partition(" ")
    end = table.just_before(after) if after else ""
    found = post_store.listed(status, limit=AT_ONCE, end=end)
    for post in found.items:
        relist(post.id)
    following = f"{status} {found.last}" if found.more else _status_after(status)
    if following:
        table.write(jobs.new(RECOUNT, following).put(grace=timedelta(0)))


def _status_after(status: str) -> str:
    return dict(pairwise(STATUSES)).get(status, "")


JOBS = {RELIST: relist, RECOUNT: recount}


def _placed(post_id: str) -> Standing:
    """What the post is counted in, once that is what it should be. Raises NotFound."""
    for attempt in range(TRIES):
        table.pause(attempt)
        before, post = store.standing(post_id), require_post(post_id)
        after = _wanted(post, before)
        if after == before:
            return before
        try:
            return _move(post, before, after)
        except Refused:
            continue
    raise Unavailable


def _wanted(post: Post, before: Standing) -> Standing:
    zone = clock.zone(current_site().time_zone)
    places = places_of(post, post_store.list_key(post), zone, clock.now())
    face = " ".join((post.slug, post.language or "-", name_of(post))) if places else ""
    if places == before.places and face == before.face:
        return before
    told, now = _ordered(before.places), _ordered(places)
    left = list(before.left)
    if face != before.face or told != now or before.left or _tags(places) != _tags(before.places):
        beside = ((group, place.at) for group, place in (*told.items(), *now.items()))
        # Pages that link to it begin anew: what they say has changed once more.
        left = list(dict.fromkeys([*(place for place in left if place[0] != LINKING), *beside]))
    return replace(before, places=places, face=face, left=tuple(left))


def _ordered(places: Places) -> Places:
    """Those in which it matters beside whom a post stands."""
    return {group: place for group, place in places.items() if group[:2] not in (MONTH, TAG)}


def _tags(places: Places) -> set[str]:
    return {group for group in places if group.startswith(TAG)}


def _move(post: Post, before: Standing, after: Standing) -> Standing:
    """In transactions of thirty moves; each leaves a standing that is true."""
    todo = list(moves(before.places, after.places))
    standing = before
    # What is still to come changes no list before its time.
    now = clock.stamp(clock.now())
    seen = any(place.coming <= now for place in (*before.places.values(), *after.places.values()))
    for start in range(0, len(todo) or 1, MOVES_AT_ONCE):
        some = todo[start : start + MOVES_AT_ONCE]
        places = {**standing.places, **{group: place for group, _, place in some if place}}
        for group, _, place in some:
            if not place:
                places.pop(group)
        reached = replace(after, places=places, version=standing.version)
        writes: list[Write] = [
            write for group, was, place in some for write in store.move(post, group, was, place)
        ]
        # A post that changed after it was read may have been placed as it is by now, with nothing to write.
        writes = [post_store.unchanged(post), store.settle(post.id, standing, reached), *writes]
        table.transact(_telling_lists(writes) if seen else writes)
        standing = replace(reached, version=standing.version + 1)
    return standing


def _telling_lists(writes: Sequence[Write], kind: str = "posts") -> Callable[[int], list[Write]]:
    """Lists are others from now on, however late this is done."""
    return lambda attempt: [*writes, versions.bump(versions.shard_of(attempt), kind)]


# --- beside whom -----------------------------------------------------------------------------


def _tell(post: Post, standing: Standing) -> Sequence[tuple[str, str]]:
    """Write anew what stands beside the post and beside its neighbours, old and new, and on the
    pages that link to it, some of those at a time; what is left.
    """
    beside = [home for group, at in standing.left if group != LINKING for home in _beside(group, at)]
    after = next((home for group, home in standing.left if group == LINKING), "")
    linking = store.linking_to(post.id, MOST_LINKS, after)
    kin = _look_around(post.home, related=True).related
    for home in dict.fromkeys([*beside, *linking]):
        if home != post.home:
            around = _look_around(home, about=post.id)
            if home in linking and not around.recommends(post.id):
                store.unlink(post.id, home, linking[home])
    # One that is still to come would take the place of one that can be read.
    for one in kin if post.is_public(clock.now()) else ():
        _recommend(one.home, post, one.score)
    return [(LINKING, max(linking))] if len(linking) == MOST_LINKS else ()


def _look_around(home: str, *, related: bool = False, about: str = "") -> Around:
    """What stands beside a post, looked up and written down. What is related costs most, and is looked up
    where it is asked for, or where the post `about` is among it.
    """
    for attempt in range(TRIES):
        table.pause(attempt)
        found = store.shown_at(home)
        if not found:
            return Around()
        before = found.around
        with suppress(Refused):
            return _written(found, _around(found.post, before, related=related or before.recommends(about)))
    raise Unavailable


def _written(found: Shown, after: Around) -> Around:
    """What stands beside a post from now on, and its ETag with it. Raises Refused where it is to be looked up
    again: somebody else has looked meanwhile, or a post that is named now changed.

    It is written even where it is as before, so that whoever looked earlier and is slower is refused.
    """
    home, before = found.post.home, found.around
    version, now = before.version + 1, clock.now()
    is_same = before.seen == after.seen and before.seen_at(now) == after.seen_at(now)
    after = replace(after, version=version, shown=before.shown if is_same else version)
    _link([one for one in after.related if not before.recommends(one.id)], home, version)
    table.write(store.put_around(home, before, after))
    # Whoever wrote it last may have been cut off before the ETag.
    if found.told < after.shown:
        with suppress(Refused):
            table.write(around_changed(home, after.shown))
    return after


def _link(named: Sequence[Neighbour], home: str, version: int) -> None:
    """Note who is named, then see whether they are as they were read: who changes later finds the note."""
    for one in named:
        store.link(one.id, home, version)
    cards = store.cards_at(one.home for one in named) if named else {}
    if any(one.home not in cards or cards[one.home].version != one.version for one in named):
        raise Refused([])


def _recommend(home: str, post: Post, score: int) -> None:
    """A newer post to the readers of an older one, if it shares more than what stands there."""
    for attempt in range(TRIES):
        table.pause(attempt)
        found = store.shown_at(home)
        if not found or not found.post.is_listed:
            return
        before = found.around
        if post.id in (one.id for one in before.beside):
            return
        others = [one for one in before.related if one.id != post.id]
        after = replace(before, related=best([*others, neighbour(post, clock.now(), score)]))
        is_done = after.related == before.related and found.told >= before.shown
        # One that changed since it was read has another job; this page may have been told by that.
        if is_done or store.cards_at([post.home]).get(post.home) != post:
            return
        with suppress(Refused):
            _written(found, after)
            return


def _around(post: Post, before: Around, *, related: bool) -> Around:
    if not post.is_listed:
        return Around(version=before.version)
    at = post_store.list_key(post)
    line = _neighbours(LINE, at)
    series = _neighbours(SERIES + text.slugify(post.series), at) if post.series else (None, None)
    cards = store.cards_at({member.home for member in (*line, *series) if member})
    previous, following, earlier, later = (_shown(cards, member) for member in (*line, *series))
    after = Around(previous, following, earlier, later, before.related, before.version)
    beside = {one.id for one in after.beside}
    # Who was related may have come to stand beside it.
    if related or not beside.isdisjoint(one.id for one in before.related):
        return replace(after, related=_related(post, beside))
    return after


def _neighbours(group: str, at: str) -> tuple[Member | None, Member | None]:
    """Those just before and just after a place in a group, read consistently."""
    older = store.members(group, 1, end=table.just_before(at), consistent=True)
    newer = store.members(group, 1, start=table.just_after(at), forward=True, consistent=True)
    first, second = older.items[:1], newer.items[:1]
    return first[0] if first else None, second[0] if second else None


def _beside(group: str, at: str) -> Iterator[str]:
    return (member.home for member in _neighbours(group, at) if member)


def _shown(cards: dict[str, Post], member: Member | None) -> Neighbour | None:
    post = cards.get(member.home) if member else None
    return neighbour(post, clock.now()) if post and post.is_listed else None


def _related(post: Post, beside: Container[str]) -> tuple[Neighbour, ...]:
    """Posts that share the rarest tags; not those that the page names already."""
    groups = [TAG + text.slugify(tag) for tag in post.tags]
    counts = {group: count.count for group, count in store.count_of(groups).items()}
    rarest = sorted(counts, key=lambda group: counts[group])[:COMPARED_TAGS]
    shared: Counter[str] = Counter()
    now = clock.now()
    end = post_store.until(now)
    for group in rarest:
        for member in store.members(group, COMPARED_POSTS, end=end).items:
            shared[member.home] += weight(counts[group])
    del shared[post.home]
    cards = store.cards_at(home for home, _ in shared.most_common(COMPARED_POSTS))
    return best(
        [
            neighbour(card, now, shared[home])
            for home, card in cards.items()
            if card.is_listed and card.id not in beside
        ]
    )


# --- reading ---------------------------------------------------------------------------------


def posts_tagged(tag: str, limit: int) -> tuple[str, list[Post]]:
    """A tag's name and its newest posts. Raises NotFound where no post that can be seen has it."""
    found = store.members(TAG + tag, limit, end=post_store.until(clock.now()))
    posts = public_members(found, TAG + tag)
    if not posts:
        raise NotFound(f"No post is tagged “{tag[:60]}”. The list of tags names those there are.")
    return next((member.name for member in found.items if member.name), tag), posts


def public_members(found: Page[Member], group: str, cards: dict[str, Post] | None = None) -> list[Post]:
    """The posts of a group in its order: cards tell the truth, rows may lag behind them."""
    cards = posts_at(member.home for member in found.items) if cards is None else cards
    now = clock.now()
    posts = (cards.get(member.home) for member in found.items)
    return [post for post in posts if post and _belongs(post, group, now)]


def _belongs(post: Post, group: str, now: datetime) -> bool:
    if not (post.is_listed and post.is_public(now)):
        return False
    names: Iterable[str] = post.tags if group.startswith(TAG) else (post.series,)
    return group == LINE or group[2:] in map(text.slugify, names)
