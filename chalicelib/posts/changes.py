"""What is written when a post changes: its own items, and what must go with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import clock, jobs, versions
from chalicelib.core.idempotency import Idempotency
from chalicelib.core.markup import Warned
from chalicelib.core.problems import Invalid
from chalicelib.core.table import Put, Write
from chalicelib.core.values import value
from chalicelib.posts import past, store
from chalicelib.posts.model import Body, Changes, Post, Revision
from chalicelib.posts.past import Taking
from chalicelib.posts.tallies import card_changed
from chalicelib.settings import store as site_store
from chalicelib.settings.actions import current_site
from chalicelib.settings.model import PageLink

RELIST = "relist"
"""The job that puts a post where it belongs among the others; the room `lists` does it."""
RENDER = "render"
"""The job that renders a post's text; the room's `rendering` does it."""
PRUNE = "prune"
"""The job that removes the revisions beyond those that are kept."""
ANNOUNCE = "announce"
"""The job that tells of a post that can be read; the room `publishing` does it."""
MOST_PAGES, MOST_PINNED, MOST_COMING = 200, 10, 1000


@value
class Edit:
    """A post as it shall be; `body` where its HTML changes, `revision` where its content does."""

    post: Post
    body: Body | None = None
    revision: Revision | None = None
    rendering: jobs.Job | None = None
    """Where the worker is to render the text."""
    warnings: tuple[Warned, ...] = ()
    """What its author may want to mend in a text that was rendered anew."""
    taking: Taking | None = None
    """Where its slug has led to another post."""
    pruning: jobs.Job | None = None
    """Where it is to remove old revisions."""

    @property
    def queued(self) -> list[jobs.Job]:
        return [job for job in (self.rendering, self.pruning) if job]


Writes = Callable[[int], list[Write]]
"""A function of the attempt, for `table.transact`."""
Also = Callable[[Post, Post], Sequence[Write]]
"""What else is written in the transaction of a change from one to the other."""


def creation(post: Post, edit: Edit, job: jobs.Job, once: Idempotency | None) -> Writes:
    if not edit.body or not edit.revision:
        raise RuntimeError("a new post has content")
    # What cannot be refuses before anything is laid.
    noted = _note(None, post)
    own = [store.create(post), *store.lay(post, edit.body, edit.revision), *_queued(edit), *noted]
    own = _taken_over(own, post, edit.taking)
    return lambda attempt: [*own, *_consequences(None, post, job, once, attempt)]


def _queued(edit: Edit) -> list[Write]:
    return [job.put(queued=True) for job in edit.queued]


def _consequences(
    before: Post | None, after: Post, job: jobs.Job, once: Idempotency | None, attempt: int
) -> list[Write]:
    """What goes with every change of a post."""
    # Lists and feeds of many tell of no others; one that comes while this is written is seen, too.
    soon = clock.now() + timedelta(minutes=1)
    seen = any(post and post.status == "published" and post.is_public(soon) for post in (before, after))
    return [
        card_changed(after),
        job.put(),
        *([versions.bump(versions.shard_of(attempt), "posts")] if seen else []),
        *([once.claim(after.id)] if once else []),
    ]


def alteration(
    before: Post,
    edit: Edit,
    job: jobs.Job,
    once: Idempotency | None,
    also: Also | None = None,
) -> Writes:
    after, body = edit.post, edit.body
    if before.home != after.home and body is None:
        body = store.read_body(before.home)
    own = [*store.change(before, after, body, edit.revision), *_queued(edit), *_note(before, after)]
    if after.slug not in (before.slug, after.home):
        own += past.lead_here(after, edit.taking)
    own = _taken_over(own, after, edit.taking)
    own += also(before, after) if also else ()
    return lambda attempt: [*own, *_consequences(before, after, job, once, attempt)]


def _taken_over(own: list[Write], post: Post, taking: Taking | None) -> list[Write]:
    """A slug that becomes a post's home was another's until now."""
    if not taking:
        return own
    ours = [Put(claim.item, taking.unmoved) if (claim := _claims(write, post)) else write for write in own]
    return [*ours, *taking.writes(post)]


def pruning(revision: Revision) -> jobs.Job | None:
    """The job after a change that leaves more revisions than are kept: their numbers tell."""
    is_beyond = 0 < current_site().revisions_kept < revision.number
    return jobs.new(PRUNE, revision.post_id) if is_beyond else None


def _note(before: Post | None, after: Post) -> Sequence[Write]:
    """Keep what the site knows of posts in step: coming ones, static pages, pinned ones."""
    now = clock.now()
    was, shall = _noted(before, now) if before else {}, _noted(after, now)
    if was == shall:
        return []
    _refuse_too_many(was, shall)
    gone = [name for name in was if name not in shall]
    passed = [post for post, moment in current_site().coming.items() if moment < now - timedelta(days=1)]
    seen = after.is_public(now) or (before is not None and before.is_public(now))
    drop = [*gone, *(f"coming.{post}" for post in passed if post != after.id)]
    return [site_store.note(shall, drop, seen=seen)]


def _refuse_too_many(was: Changes, shall: Changes) -> None:
    """The site is one item, which every process reads: it names no more than these."""
    site, new = current_site(), [name for name in shall if name not in was]
    if len(site.pages) >= MOST_PAGES and any(name.startswith("pages.") for name in new):
        raise Invalid("type", f"The blog has {MOST_PAGES} static pages already. Publish this as a post.")
    if len(site.coming) >= MOST_COMING and any(name.startswith("coming.") for name in new):
        raise Invalid(
            "published_at", f"{MOST_COMING:,} posts are scheduled already; keep this one as a draft."
        )
    if len(site.pinned) >= MOST_PINNED and any(name.startswith("pinned.") for name in new):
        raise Invalid("pinned", f"{MOST_PINNED} posts are pinned already. Take another one down first.")


def _noted(post: Post, now: datetime) -> dict[str, Any]:
    if post.status != "published" or not post.published_at:
        return {}
    noted: dict[str, Any] = {}
    if post.published_at > now:
        noted[f"coming.{post.id}"] = post.published_at
    if post.type == "page":
        noted[f"pages.{post.id}"] = PageLink(post.slug, post.title or post.slug, post.published_at)
    elif post.pinned:
        noted[f"pinned.{post.id}"] = post.home
    return noted


def claims_slug(write: Write, post: Post) -> bool:
    return _claims(write, post) is not None


def _claims(write: Write, post: Post) -> Put | None:
    """The write that takes a slug which must be free."""
    if not isinstance(write, Put) or not write.when:
        return None
    key = write.item["pk"], write.item["sk"]
    is_free = key == store.card_key(post.slug) and "attribute_not_exists" in write.when.expression
    return write if is_free else None
