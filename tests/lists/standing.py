"""What the lists should hold, made from the posts alone: the model that stored groups are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chalicelib.core import clock, jobs, table, text
from chalicelib.lists import store
from chalicelib.lists.model import LINE, MONTH, SERIES, TAG, Neighbour, name_of, places_of
from chalicelib.posts import store as post_store
from chalicelib.posts.actions import require_post
from chalicelib.posts.model import Post
from chalicelib.settings.actions import fresh_site

ALL = 1000


def finish_jobs() -> None:
    """As the tick does it, until nothing is due."""
    for _ in range(20):
        if not jobs.run_due(60):
            return
    raise AssertionError("jobs are due for ever")


def contradictions(ids: Iterable[str]) -> list[str]:
    """Where tallies, rows, neighbours or backlinks say something else than the posts do."""
    posts = [require_post(post_id) for post_id in ids]
    zone = clock.zone(fresh_site().time_zone)
    wanted = {post.id: places_of(post, post_store.list_key(post), zone, clock.now()) for post in posts}
    members: dict[str, list[Post]] = {}
    for post in sorted(posts, key=post_store.list_key):
        for group in wanted[post.id]:
            members.setdefault(group, []).append(post)
    return [*_tallies(members), *_rows(members), *_arounds(posts, members), *_backlinks(posts)]


def _tallies(members: dict[str, list[Post]]) -> Iterator[str]:
    now = clock.now()
    for kind, pk in store.TALLIED.items():
        held = {item["sk"]: item["n"] for item in table.query(pk, limit=ALL, consistent=True)}
        groups = {group[2:]: posts for group, posts in members.items() if group[:2] == kind}
        yield from _differ(pk, {name: n for name, n in held.items() if n}, _lengths(groups))
        public = {name: [post for post in posts if post.is_public(now)] for name, posts in groups.items()}
        shown = {count.slug: count.count for count in store.counts(kind, ALL).items}
        yield from _differ(f"{pk} to be seen", shown, {name: n for name, n in _lengths(public).items() if n})


def _lengths(groups: dict[str, list[Post]]) -> dict[str, int]:
    return {name: len(posts) for name, posts in groups.items()}


def _rows(members: dict[str, list[Post]]) -> Iterator[str]:
    tallied = (
        (kind, item["sk"]) for kind in (TAG, SERIES) for item in table.query(store.TALLIED[kind], limit=ALL)
    )
    for group in {LINE, *(kind + name for kind, name in tallied), *members}:
        if not group.startswith(MONTH):
            rows = [(item["sk"], item["home"]) for item in table.query(group, limit=ALL, consistent=True)]
            posts = members.get(group, [])
            yield from _differ(group, rows, [(post_store.list_key(post), post.home) for post in posts])


def _arounds(posts: Sequence[Post], members: dict[str, list[Post]]) -> Iterator[str]:
    by_id = {post.id: post for post in posts}
    for post in posts:
        found, said = store.around(post.home), f"around “{post.title}” "
        line = _beside(post, members.get(LINE, []))
        series = _beside(post, members.get(SERIES + text.slugify(post.series), []) if post.series else [])
        yield from _differ(said + "in line", [_face(found.previous), _face(found.following)], line)
        held = [_face(found.series_previous), _face(found.series_following)]
        yield from _differ(said + "in series", held, series)
        for one in found.related:
            other = by_id[one.id]
            yield from _differ(said + "related", _face(one), _face_of(other))
            if not _is_kin(post, other) or one.id in {beside.id for beside in found.beside}:
                yield f"{said}has no business with “{other.title}”"
        if len(found.related) != len({one.id for one in found.related}):
            yield f"{said}names one twice"


def _is_kin(post: Post, other: Post) -> bool:
    shared = set(map(text.slugify, post.tags)) & set(map(text.slugify, other.tags))
    return post.is_listed and other.is_listed and other.id != post.id and bool(shared)


def _beside(post: Post, group: list[Post]) -> list[Any]:
    if post not in group:
        return [None, None]
    at = group.index(post)
    return [_face_of(group[at - 1]) if at else None, _face_of(group[at + 1]) if at + 1 < len(group) else None]


def _face(one: Neighbour | None) -> Any:
    return (*one.face, one.home) if one else None


def _face_of(post: Post) -> Any:
    return post.id, post.slug, name_of(post), post.language, post.published_at, post.home


def _backlinks(posts: Sequence[Post]) -> Iterator[str]:
    """Each page that names a post is known to; that it no longer does is found out when it is asked."""
    for post in posts:
        around = store.around(post.home)
        for one in around.related:
            since = store.linking_to(one.id, ALL).get(post.home)
            if since is None or since > around.version:
                yield f"{one.slug} does not know that {post.slug} names it: {since}"
        told = store.shown_at(post.home)
        if told and told.told < around.shown:
            yield f"the ETag of {post.slug} knows nothing of its neighbours"


def _differ(what: str, found: Any, wanted: Any) -> Iterator[str]:
    if found != wanted:
        yield f"{what}: {found}, not {wanted}"
