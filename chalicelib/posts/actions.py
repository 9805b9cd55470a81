"""What may be done to posts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from chalicelib.core import clock, jobs, table, text
from chalicelib.core.idempotency import Idempotency
from chalicelib.core.markup import RENDERER, UNSAFE_RENDERERS, Warned
from chalicelib.core.problems import (
    Conflict,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from chalicelib.core.table import TRIES, Page, Refused
from chalicelib.posts import store, texts
from chalicelib.posts.changes import RELIST, RENDER, Also, Edit, alteration, claims_slug, creation, pruning
from chalicelib.posts.model import (
    KEPT,
    PLAIN,
    PLAIN_FIELDS,
    UPDATES,
    Body,
    Changes,
    Post,
    distinct_tags,
    revision_of,
)
from chalicelib.posts.slugs import free_slugs, refuse_reserved, slug_taken, taking_of
from chalicelib.posts.store import Alias
from chalicelib.settings.actions import current_site, forget_site

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
    edit = _new_post(changes, clock.now(), by)
    for slug in [changes["slug"]] if changes.get("slug") else free_slugs(edit.post):
        if not edit.taking and store.find_card(slug):
            # Nothing is laid for a post that cannot stand there.
            continue
        post, job = replace(edit.post, slug=slug, home=slug), jobs.new(RELIST, edit.post.id)
        try:
            table.transact(creation(post, edit, job, once))
        except Refused:
            if not _is_at(slug, post):
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
    return rewrite(
        post_id, expected, once, lambda post, now: _edited(post, changes, now, by), also, told=told
    )


def try_post(changes: Changes) -> Edit:
    """What `create_post` would make of this, with its errors; nothing is read of other posts, or written."""
    return _new_post(changes, clock.now(), "")


def delete_post(post_id: str, expected: int | None = None, once: Idempotency | None = None) -> Post:
    """Nothing of it is lost: `edit_post` with a status brings it back."""
    return rewrite(post_id, expected, once, lambda post, now: Edit(_deleted(post, now)))


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
    if body and body.renderer in UNSAFE_RENDERERS:
        return content_of(post, store.source_of(post)).body
    return store.opened(body) if body else None


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


# --- rules -----------------------------------------------------------------------------------


def _new_post(changes: Changes, now: datetime, by: str) -> Edit:
    blank = Post(
        id=text.new_id(clock.precisely()),
        home="",
        slug="",
        title="",
        status="draft",
        created_at=now,
        published_at=None,
        updated_at=None,
        deleted_at=None,
        tags=(),
        summary="",
        excerpt="",
        words=0,
        revision=0,
        version=0,
        was_public=False,
    )
    return _edited(blank, {"status": "published", "body": "", **changes}, now, by)


def _edited(before: Post, changes: Changes, now: datetime, by: str) -> Edit:
    if before.status == "deleted" and "status" not in changes:
        raise Conflict("This post is deleted. Send a “status” of draft, published or unlisted to restore it.")
    was_public = before.was_public or before.is_public(now)
    post = replace(before, was_public=was_public, **_plain_changes(before, changes))
    post = _timed(post, changes, before, now)
    post = replace(post, was_public=was_public or post.is_public(now))
    refuse_reserved(post, changes.get("slug") or before.slug)
    if slug := changes.get("slug"):
        # What becomes public within a minute stays where readers will have found it.
        settled = was_public or before.is_public(now + timedelta(minutes=1))
        post = replace(post, slug=slug, home=before.home if settled else slug)
    edit = replace(_with_content(before, post, changes, now, by), taking=taking_of(before, changes))
    changed = edit.post != replace(before, was_public=edit.post.was_public)
    return replace(edit, post=replace(edit.post, version=before.version + 1) if changed else before)


def _plain_changes(before: Post, changes: Changes) -> Changes:
    plain: Changes = {name: changes[name] for name in PLAIN_FIELDS if name in changes}
    for name in ("published_at", "comments_close_at"):
        if name in changes:
            plain[name] = _moment(changes[name]) if changes[name] else None
    if "tags" in changes:
        plain["tags"] = distinct_tags(changes["tags"])
    if "syndication" in changes:
        plain["syndication"] = tuple(dict.fromkeys(changes["syndication"]))
    if before.status == "deleted":
        plain["deleted_at"] = None
    return plain


def _moment(given: datetime | date) -> datetime:
    """A date alone is the midnight with which that day begins by the blog's clocks."""
    if isinstance(given, datetime):
        return given
    midnight = datetime(given.year, given.month, given.day, tzinfo=clock.zone(current_site().time_zone))
    return midnight.astimezone(UTC)


def _timed(post: Post, changes: Changes, before: Post, now: datetime) -> Post:
    """First published: set when a post is published, then fixed once it was public."""
    if post.was_public and post.published_at != before.published_at:
        raise Invalid(
            "published_at", "The post was already public, and the time it was first published never changes."
        )
    if post.status == "draft":
        return post
    if post.published_at is None and before.status == "published" and "status" not in changes:
        raise Invalid(
            "published_at",
            "A scheduled post has a time. Send a “status” as well: draft to take it back, published for now.",
        )
    moment = post.published_at or now
    if post.status == "unlisted" and moment > now:
        if "published_at" in changes:
            raise Invalid(
                "published_at", "An unlisted post cannot be scheduled; leave out the time or publish it."
            )
        moment = now
    return replace(post, published_at=moment, waited=_waits(post, before, moment, now))


def _waits(post: Post, before: Post, moment: datetime, now: datetime) -> bool:
    """Whether it comes by itself; once it is out, whether it came so."""
    if post.status == "published" and moment > now:
        return True
    return before.waited and before.is_public(now)


def _with_content(before: Post, post: Post, changes: Changes, now: datetime, by: str) -> Edit:
    """Render and keep a revision where any content changed; move `updated` where readers are told."""
    changed = tuple(name for name in KEPT if getattr(post, name) != getattr(before, name))
    if before.revision and not changed and "body" not in changes:
        return Edit(post)
    old_source = store.source_of(before) if before.revision else ""
    source = changes.get("body", old_source)
    if not post.title and not source.strip():
        raise Invalid("body", "A post needs a title or a body.")
    if source != old_source:
        changed = (*changed, "body")
    if before.revision and not changed:
        return Edit(post)
    post = replace(post, revision=before.revision + 1)
    if UPDATES.intersection(changed):
        post = replace(post, updated_at=now if before.was_public or before.is_public(now) else None)
    edit = content_of(post, source)
    revision = revision_of(edit.post, source, changed, now, by)
    return replace(edit, revision=revision, pruning=pruning(revision))


def content_of(post: Post, source: str, *, at_once: bool = False) -> Edit:
    """A post with a text. A long one is shown as it was typed until the worker has rendered it, which takes
    longer than a request may; the worker renders it `at_once`. Raises Invalid.
    """
    from chalicelib.core import markup
    from chalicelib.core.markup.opening import opening

    if at_once or len(source.encode()) <= markup.IN_REQUEST_BYTES:
        rendered, renderer = markup.render_post(source, post.language or current_site().language), RENDERER
    else:
        rendered, renderer = markup.render_plain(source), PLAIN
    texts.require_readable(source, rendered.html)
    words = text.count_words(rendered.text)
    post = replace(post, excerpt=opening(rendered.html, rendered.text), words=words)
    later = jobs.new(RENDER, post.id) if renderer == PLAIN else None
    body = Body.of(rendered.html, renderer, post.revision)
    return Edit(post, body, rendering=later, warnings=rendered.warnings)


def _deleted(post: Post, now: datetime) -> Post:
    if post.status == "deleted":
        return post
    was_public = post.was_public or post.is_public(now)
    return replace(post, status="deleted", deleted_at=now, was_public=was_public, version=post.version + 1)


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


def _is_at(slug: str, post: Post) -> bool:
    """Whether a write that was refused is our own, whose answer got lost."""
    return store.find_card(slug) == post


def _changed_meanwhile(post: Post) -> PreconditionFailed:
    return PreconditionFailed(
        f"The post is now at version {post.version}. Read it again, then repeat the change."
    )
