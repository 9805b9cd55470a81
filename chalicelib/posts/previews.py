"""Links under which others may read a post before it is public.

| pk | sk | holds |
|----|----|-------|
| `I#id` | `preview` | `turn`, which every good link carries; `ttl`: when the last of them ends |

A link is signed and says itself until when it is good. Taking the item away ends all links of a post at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.core import clock, signing, table, text
from chalicelib.core.items import fitting
from chalicelib.core.problems import Conflict, Gone, NotFound, Unavailable
from chalicelib.core.table import TRIES, Delete, Item, Key, Put, Refused, Update, When, absent_or_expired
from chalicelib.core.values import value
from chalicelib.posts.actions import require_post
from chalicelib.posts.model import Post

PURPOSE = "preview"
MOST_HOURS = 720
USUAL_HOURS = 168


@value
class Preview:
    key: str
    """The last part of its address."""
    expires_at: datetime


def make_preview(post: Post, hours: int) -> Preview:
    """A link that is good for so long. Those that were made before stay good. Raises Conflict for a deleted
    post.
    """
    if post.status == "deleted":
        raise Conflict("This post is deleted, so there is nothing to show. PATCH it with a “status” first.")
    until = clock.now().replace(microsecond=0) + timedelta(hours=hours)
    second = int(until.timestamp())
    for attempt in range(TRIES):
        table.pause(attempt)
        try:
            turn = _turn_until(post.id, second)
        except Refused:
            # Somebody else made one, or took all of them back.
            continue
        return Preview(signing.seal(PURPOSE, f"{post.id}.{turn}.{second}"), until)
    raise Unavailable


def revoke_previews(post: Post) -> None:
    """No link that was made so far shows anything any more."""
    table.write(Delete(_key(post.id)))


def open_preview(key: str) -> tuple[Post, datetime]:
    """The post that a link shows, and until when it does. Raises NotFound for what is no link, and Gone for
    one that has ended.
    """
    try:
        post_id, turn, second = signing.unseal(PURPOSE, key).split(".")
        until = datetime.fromtimestamp(int(second), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotFound("This is not a whole link to a preview.") from error
    item = _good_item(post_id)
    if until <= clock.now() or not item or item["turn"] != turn:
        raise _ended()
    try:
        post = require_post(post_id)
    except NotFound:
        raise _ended() from None
    if post.status == "deleted":
        raise _ended()
    return post, until


def _turn_until(post_id: str, second: int) -> str:
    """What links of the post carry, kept until then at least. Raises Refused where it changes meanwhile."""
    item, key = _good_item(post_id), _key(post_id)
    if item and item["ttl"] >= second:
        return str(item["turn"])
    if item:
        same = When("#turn = :turn AND #ttl = :was", turn=item["turn"], was=item["ttl"])
        table.write(Update(key, put={"ttl": second}, when=same))
        return str(item["turn"])
    turn = text.new_id(clock.precisely())
    new = {"pk": key[0], "sk": key[1], "turn": turn, "ttl": second}
    table.write(Put(new, absent_or_expired(int(clock.now().timestamp()) + 1)))
    return turn


def _good_item(post_id: str) -> Item | None:
    known = fitting(table.get(_key(post_id)) or {}, {"turn": str, "ttl": int})
    return known if len(known) == 2 and known["ttl"] > clock.now().timestamp() else None


def _key(post_id: str) -> Key:
    return f"I#{post_id}", "preview"


def _ended() -> Gone:
    return Gone("This preview has ended.")
