"""Rendering texts in the worker: long ones, which take longer than a request may, and those that an older
renderer made. Until then readers get what is stored.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from chalicelib.core import clock, jobs, log, table, versions
from chalicelib.core.markup import RENDERER
from chalicelib.core.problems import Invalid, NotFound, Unavailable
from chalicelib.core.table import TRIES, Refused
from chalicelib.posts import store, texts
from chalicelib.posts.actions import Rule, is_safe, require_post, rewrite
from chalicelib.posts.changes import RENDER, Edit
from chalicelib.posts.editing import content_of, plain_body
from chalicelib.posts.model import STATUSES, TYPES, Body, Post
from chalicelib.posts.tallies import page_changed
from chalicelib.settings import store as site_store
from chalicelib.settings.actions import RENEW, forget_site

AT_ONCE = 20
"""Posts of a renewal in one go."""
LISTS = [f"{status}/{kind}" for kind in TYPES for status in STATUSES]


def render(post_id: str) -> None:
    """Render a post's text as it is now, unless this very renderer made what is stored."""
    for attempt in range(TRIES):
        table.pause(attempt)
        try:
            post = require_post(post_id)
        except NotFound:
            return
        source, body = store.read_text(post)
        if body and body.renderer == RENDERER and body.revision == post.revision:
            return
        edit = _rendered(post, source, body)
        if edit.post != post:
            # How it begins and how long it is were guessed from the text as it was typed.
            rewrite(post_id, None, None, _made(edit))
        elif edit.body and not _put(post, edit.body):
            continue
        return
    raise Unavailable


def _rendered(post: Post, source: str, stored: Body | None) -> Edit:
    try:
        return content_of(post, source, at_once=True)
    except Invalid as refused:
        # It was taken before anybody could tell, or by an older release: it stays as it is, and its author is
        # told why.
        log.write(level="warning", event="text not rendered", post=post.id)
        is_good = stored and is_safe(stored)
        body = store.opened(stored) if stored and is_good else plain_body(post, source)
        kept = replace(body, renderer=RENDERER, revision=post.revision, problem=refused.detail)
        return Edit(post, kept)


def _made(edit: Edit) -> Rule:
    """What was rendered for a post, unless its text is another by now: then that has a job of its own."""

    def rule(post: Post, _: datetime) -> Edit:
        if (post.revision, post.language) != (edit.post.revision, edit.post.language):
            return Edit(post)
        after = replace(post, excerpt=edit.post.excerpt, words=edit.post.words)
        return Edit(replace(after, version=post.version + 1) if after != post else post, edit.body)

    return rule


def _put(post: Post, body: Body) -> bool:
    """Another body for the same post. Whether it still was that one."""
    seen = post.status == "published" and post.is_public(clock.now())
    same = store.unchanged(post)
    item = store.replace_body(post, body)
    try:
        table.transact(
            lambda attempt: [
                same,
                item,
                page_changed(post.home),
                *([versions.bump(versions.shard_of(attempt), "posts")] if seen else []),
            ]
        )
    except Refused:
        return False
    return True


# --- after another release -------------------------------------------------------------------


def renew(about: str) -> None:
    """Render what older renderers made, some posts at a time. The job is about the list (`published/post`)
    and the sort key at which it goes on, empty at first.
    """
    # This process may have read the settings before the release.
    forget_site()
    name, _, after = (about or LISTS[0]).partition(" ")
    status, _, kind = name.partition("/")
    found = store.listed(status, kind, limit=AT_ONCE, end=table.just_before(after) if after else "")
    bodies = store.bodies_at(post.home for post in found.items)
    old = {post.id: body for post in found.items if (body := bodies.get(post.home)) and _is_old(body)}
    for post_id, body in old.items():
        if not body.is_long:
            render(post_id)
    following = f"{name} {found.last}" if found.more else dict(pairwise(LISTS)).get(name)
    noted = [jobs.new(RENDER, post_id) for post_id, body in old.items() if body.is_long]
    noted += [jobs.new(RENEW, following)] if following else []
    for job in noted:
        table.write(job.put(queued=True))
    jobs.send(noted)
    if not following:
        table.write(site_store.note({"renderer": RENDERER}, [], seen=False))
        forget_site()


def _is_old(body: Body) -> bool:
    return body.renderer < RENDERER


# --- texts that nothing names ----------------------------------------------------------------


def tidy(post_id: str) -> datetime | None:
    try:
        named = store.texts_named(require_post(post_id))
    except NotFound:
        named = set()
    return texts.sweep(post_id, named)


JOBS = {RENDER: render, RENEW: renew, texts.TIDY: tidy}
