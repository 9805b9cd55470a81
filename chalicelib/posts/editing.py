"""What becomes of a post by what its author sent: the rules, of which nothing is written here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from chalicelib.core import clock, jobs, text
from chalicelib.core.markup import RENDERER
from chalicelib.core.problems import Conflict, Invalid
from chalicelib.posts import store, texts
from chalicelib.posts.changes import RENDER, Edit, pruning
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
from chalicelib.posts.slugs import refuse_reserved, taking_of
from chalicelib.settings.actions import current_site


def new_post(changes: Changes, now: datetime, by: str) -> Edit:
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
    return edited(blank, {"status": "published", "body": "", **changes}, now, by)


def edited(before: Post, changes: Changes, now: datetime, by: str) -> Edit:
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


def plain_body(post: Post, source: str) -> Body:
    """A text as it was typed, for one that cannot be rendered."""
    from chalicelib.core import markup

    return Body.of(markup.render_plain(source).html, PLAIN, post.revision)


def deleted(post: Post, now: datetime) -> Post:
    if post.status == "deleted":
        return post
    was_public = post.was_public or post.is_public(now)
    return replace(post, status="deleted", deleted_at=now, was_public=was_public, version=post.version + 1)
