"""What may be done to posts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from chalicelib.core import clock, jobs, table, text
from chalicelib.core.idempotency import Idempotency
from chalicelib.core.markup import UNSAFE_RENDERERS, Warned
from chalicelib.core.problems import (
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from chalicelib.core.table import TRIES, Page, Refused
from chalicelib.posts import store
from chalicelib.posts.changes import RELIST, Also, Edit, alteration, claims_slug, creation
from chalicelib.posts.editing import content_of, deleted, edited, new_post, plain_body
from chalicelib.posts.model import Body, Changes, Post
from chalicelib.posts.slugs import free_slugs, slug_taken
from chalicelib.posts.store import Alias
from chalicelib.settings.actions import forget_site

Rule = Callable[[Post, datetime], Edit]


# --- use cases -------------------------------------------------------------------------------


def create_post(
    changes: Changes,
    once: Idempotency | None = None,
    *,
    by: str = "",
    told: list[Warned] | None = None,
) -> Post:
    """A new post, published unless another status is asked for; `by` whom its first revision is. Raises
    Conflict where the slug that was asked for is taken; a slug made from the title gives way by itself.
    `told` takes what its author may want to mend.
    """
    if once and (done := once.earlier()):
        return require_post(done)
    edit = new_post(changes, clock.now(), by)
    for slug in [changes["slug"]] if changes.get("slug") else free_slugs(edit.post):
        if not edit.taking and store.find_card(slug):
            # Nothing is laid for a post that cannot stand there.
            continue
        post, job = replace(edit.post, slug=slug, home=slug), jobs.new(RELIST, edit.post.id)
        try:
            table.transact(creation(post, edit, job, once))
        except Refused:
            if not _is_created(post):
                store.unlay(post, post.revision)
                if once and (done := once.earlier()):
                    return require_post(done)
                continue
        return _written(replace(edit, post=post), job, told)
    raise slug_taken(edit.post.slug if not changes.get("slug") else changes["slug"])


def edit_post(
    post_id: str,
    changes: Changes,
    expected: int | None = None,
    once: Idempotency | None = None,
    also: Also | None = None,
    *,
    by: str = "",
    told: list[Warned] | None = None,
) -> Post:
    """Change what was sent. Without `expected`, a version, the newest one is changed. What is written
    `also` goes into the same transaction; a revision is kept as made `by` somebody; `told` is
    as in `create_post`.
    """
    return rewrite(post_id, expected, once, lambda post, now: edited(post, changes, now, by), also, told=told)


def try_post(changes: Changes) -> Edit:
    """What `create_post` would make of this, with its errors; nothing is read of other posts, or written."""
    return new_post(changes, clock.now(), "")


def delete_post(post_id: str, expected: int | None = None, once: Idempotency | None = None) -> Post:
    """Nothing of it is lost: `edit_post` with a status brings it back."""
    return rewrite(post_id, expected, once, lambda post, now: Edit(deleted(post, now)))


def require_post(post_id: str) -> Post:
    """Read consistently. Raises NotFound."""
    home = store.home_of(post_id) if text.is_id(post_id) else None
    while home:
        if isinstance(found := store.find_card(home), Post) and found.id == post_id:
            return found
        # A draft that is renamed moves, and may have moved between the two looks.
        earlier, home = home, store.home_of(post_id)
        if home == earlier:
            break
    raise NotFound(f"There is no post with the id “{post_id[:40]}”. GET /api/posts lists them.")


def public_post(slug: str) -> Post:
    """What a reader may see at a slug, present or older. Raises NotFound, or Gone where it was
    public and is deleted.
    """
    return refuse_hidden(post_at(slug))


def post_at(slug: str) -> Post | None:
    """What stands at a slug, present or older, public or not: for the author."""
    found = store.find_card(slug)
    if isinstance(found, Alias):
        found = store.find_card(found.home)
    return found if isinstance(found, Post) else None


def refuse_hidden(post: Post | None) -> Post:
    """The one place where a post is kept from readers."""
    now = clock.now()
    if post and post.is_public(now):
        return post
    if post and post.status == "deleted" and post.was_public:
        raise Gone("This post was deleted by its author.")
    raise NotFound("There is no post at this address. It may have moved; the front page lists what there is.")


def posts_at(homes: Iterable[str]) -> dict[str, Post]:
    """{home: post}, public or not: for the author, and for rules that decide themselves."""
    return store.cards_at(homes)


def read_text(post: Post) -> tuple[str, Body | None]:
    """A post's Markdown, and its HTML as it may be shown."""
    source, body = store.read_text(post)
    return source, readable(post, body)


def readable(post: Post, body: Body | None) -> Body | None:
    """A body as it may be shown, with its text: what an older renderer made is shown as it is stored, unless
    that was found to be unsafe.
    """
    if not body or is_safe(body):
        return store.opened(body) if body else None
    source = store.source_of(post)
    try:
        return content_of(post, source).body
    except Invalid:
        return plain_body(post, source)


def is_safe(body: Body) -> bool:
    return body.renderer not in UNSAFE_RENDERERS


def list_posts(state: str, limit: int, after: str | None, kind: str = "post") -> Page[Post]:
    """Posts (or pages) of one state, the newest first (of scheduled ones the next), from a sort key
    on.
    """
    now = store.until(clock.now())
    if state == "scheduled":
        start = table.just_after(after or now)
        return store.listed("published", kind, limit=limit, start=start, forward=True)
    end = table.just_before(after) if after else now if state == "published" else ""
    return store.listed(state, kind, limit=limit, end=end)


# --- writing ---------------------------------------------------------------------------------


def rewrite(
    post_id: str,
    expected: int | None,
    once: Idempotency | None,
    rule: Rule,
    also: Also | None = None,
    *,
    told: list[Warned] | None = None,
) -> Post:
    """Change a post by a rule, which is asked again where somebody else was first. Raises PreconditionFailed
    where it is no longer at the version that was `expected`.
    """
    if once and (done := once.earlier()):
        return require_post(done)
    for attempt in range(TRIES):
        table.pause(attempt)
        before = require_post(post_id)
        if expected not in (None, before.version):
            raise _changed_meanwhile(before)
        edit = rule(before, clock.now())
        if edit.post == before:
            return _unchanged(before, once)
        job = jobs.new(RELIST, post_id)
        writes = alteration(before, edit, job, once, also)
        try:
            table.transact(writes)
        except Refused as refused:
            if once and (done := once.earlier()):
                return require_post(done)
            if _is_at(edit.post.home, edit.post):
                return _written(edit, job, told)
            if any(claims_slug(writes(0)[at], edit.post) for at in refused.positions):
                raise slug_taken(edit.post.slug) from refused
            continue
        return _written(edit, job, told)
    raise Unavailable


def _unchanged(post: Post, once: Idempotency | None) -> Post:
    """Nothing to write, but the key of the request is used up all the same."""
    if once:
        try:
            table.write(once.claim(post.id))
        except Refused:
            once.earlier()
    return post


def _written(edit: Edit, job: jobs.Job, told: list[Warned] | None) -> Post:
    if told is not None:
        told.extend(edit.warnings)
    # What the site keeps of posts has changed, and this process may hold an older copy.
    forget_site()
    jobs.run(job)
    jobs.send(edit.queued)
    return edit.post


def _is_created(post: Post) -> bool:
    """Whether what was refused had been done by an earlier try, whose answer got lost; somebody may have
    changed it since.
    """
    try:
        return bool(require_post(post.id))
    except NotFound:
        return False


def _is_at(slug: str, post: Post) -> bool:
    """The same of a change."""
    return store.find_card(slug) == post


def _changed_meanwhile(post: Post) -> PreconditionFailed:
    return PreconditionFailed(
        f"The post is now at version {post.version}. Read it again, then repeat the change."
    )
