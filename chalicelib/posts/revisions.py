"""What a post's content was before: reading it, bringing it back, and letting go of what is too old.

A number that was pruned is never given again: revisions are counted on the card.
"""

from __future__ import annotations

from chalicelib.core import table
from chalicelib.core.difference import Hunk, Piece, TooMuch, compare, compare_words
from chalicelib.core.idempotency import Idempotency
from chalicelib.core.problems import Conflict, NotFound
from chalicelib.core.table import Delete, Page
from chalicelib.core.values import value
from chalicelib.posts import store, texts
from chalicelib.posts.actions import edit_post, require_post
from chalicelib.posts.changes import PRUNE
from chalicelib.posts.model import KEPT, Post, Revision
from chalicelib.settings.actions import current_site

AT_ONCE = 25
LONGEST_NUMBER = 6


@value
class Change:
    """What became of a short field."""

    field: str
    old: str
    new: str
    before: tuple[Piece, ...]
    """The old text in pieces: ` ` for what stayed, `-` for what went."""
    after: tuple[Piece, ...]


@value
class Difference:
    revision: Revision
    against: Revision | None
    """None where it is compared with nothing."""
    fields: tuple[Change, ...]
    hunks: tuple[Hunk, ...]
    """Of the text."""
    is_whole: bool = True
    """Whether that is told at all: not where too many lines differ."""


# --- reading ---------------------------------------------------------------------------------


def list_revisions(post: Post, limit: int, after: str | None) -> Page[Revision]:
    """Without their texts, the newest first, from a sort key on."""
    return store.list_revisions(post.id, limit, after)


def require_revision(post: Post, number: str) -> Revision:
    """One by its number as it stands in an address. Raises NotFound."""
    if found := store.find_revision(post.id, _number(number)):
        return found
    raise _none_such(number)


def require_pair(post: Post, number: str, against: str | None) -> tuple[Revision, Revision | None]:
    """Two to be compared: one, and the one `against` which it stands, or the one before it, which is
    None for the oldest that is kept. Raises NotFound.
    """
    if against is not None:
        return require_revision(post, number), require_revision(post, against)
    found = store.revisions_until(post.id, _number(number), 2)
    if not found or found[0].number != _number(number):
        raise _none_such(number)
    return found[0], found[1] if len(found) > 1 else None


def difference(revision: Revision, against: Revision | None) -> Difference:
    """What changed from the one `against` which it stands; fields of which one of them says nothing are left
    out.
    """
    before = against.kept if against else dict.fromkeys(KEPT, "")
    pairs = [(name, before.get(name), revision.kept.get(name)) for name in KEPT]
    fields = [_change(name, old, new) for name, old, new in pairs if None not in (old, new) and old != new]
    try:
        hunks = compare(against.source if against else "", revision.source)
    except TooMuch:
        return Difference(revision, against, tuple(fields), (), is_whole=False)
    return Difference(revision, against, tuple(fields), tuple(hunks))


def _change(field: str, old: str | None, new: str | None) -> Change:
    before, after = compare_words(old or "", new or "")
    return Change(field, old or "", new or "", tuple(before), tuple(after))


# --- changing --------------------------------------------------------------------------------


def restore_revision(
    post_id: str, number: str, expected: int | None = None, once: Idempotency | None = None, by: str = ""
) -> Post:
    """Give a post the content that it had, as a new revision. What an older revision does not say of the
    content stays as it is.
    """
    if once and (done := once.earlier()):
        return require_post(done)
    post = require_post(post_id)
    if post.status == "deleted":
        raise Conflict(
            "This post is deleted. First PATCH it with a “status” of draft, published or unlisted;"
            " then restore the revision."
        )
    found = require_revision(post, number)
    if found.size not in (None, len(found.source.encode())):
        raise Conflict("The text of this revision is damaged or lost. Restore another one.")
    content = {**found.kept, "body": found.source}
    return edit_post(post_id, content, expected, once, by=by)


def prune(post_id: str) -> None:
    """Remove the revisions beyond those that are kept, the oldest first. The newest one is the post."""
    kept, post = current_site().revisions_kept, require_post(post_id)
    last = post.revision - kept
    while kept and last > 0:
        pk, end = store.revision_key(post_id, last)
        found = table.query(pk, end=end, limit=AT_ONCE, consistent=True, only=("pk", "sk", "source_at"))
        if any("source_at" in item for item in found):
            # Another revision may have the same long text, which goes with the last that names it.
            texts.note_tidying(post_id)
        for item in found:
            table.write(Delete((item["pk"], item["sk"])))
        if len(found) < AT_ONCE:
            return


def _number(text: str) -> int:
    """Zero, which no revision has, for what is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def _none_such(number: str) -> NotFound:
    return NotFound(
        f"There is no revision “{number[:20]}” of this post. GET /api/posts/{{post_id}}/revisions lists those"
        " that are kept."
    )


JOBS = {PRUNE: prune}
