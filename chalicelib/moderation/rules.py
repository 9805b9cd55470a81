"""What an act makes of a comment, and who is trusted from then on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from chalicelib.comments import screening
from chalicelib.comments import store as comment_store
from chalicelib.comments.actions import decided
from chalicelib.comments.model import Comment
from chalicelib.comments.texts import TEXTS, texts_of, with_texts
from chalicelib.core import clock, markup
from chalicelib.core.problems import Conflict
from chalicelib.core.table import Write
from chalicelib.moderation import store
from chalicelib.moderation.model import FLAG_OF, STATUS_OF

Wish = Mapping[str, Any]
"""What a comment shall be: `status`, `is_sticky`, `is_hidden`, `name`, `website`, `body`, `edited_by`. With
it may stand the `trust` that was changed by an act that is to be undone.
"""


def wish_of(act: str) -> Wish:
    if act in STATUS_OF:
        return {"status": STATUS_OF[act]}
    name, flag = FLAG_OF[act]
    return {name: flag}


def changed(before: Comment, wish: Wish) -> Comment:
    """The comment as it shall be, of the next version; the very same where it is so already. Raises
    Conflict where it cannot be.
    """
    after = _edited(before, wish)
    flags = {name: wish[name] for name in ("is_sticky", "is_hidden") if name in wish}
    if before.is_erased and (after is not before or any(flags.values())):
        raise Conflict("This comment was erased at the wish of who wrote it; nothing is left to change.")
    after = replace(after, **flags)
    if "status" in wish:
        after = decided(after, wish["status"])
    after = _with_room(before, after, asked=bool(flags.get("is_sticky")))
    return before if after == before else replace(after, version=before.version + 1)


def _edited(before: Comment, wish: Wish) -> Comment:
    own = texts_of(before)
    texts = {**own, **{name: wish[name] for name in TEXTS if name in wish}}
    if texts == own:
        return before
    return with_texts(before, texts, markup.render_comment(texts["body"]), wish.get("edited_by", "author"))


def _with_room(before: Comment, after: Comment, *, asked: bool) -> Comment:
    """Few stand above a conversation. Whoever comes back to find their place taken, stands below."""
    if asked and after.status != "approved":
        raise Conflict("Only a comment that everybody can read can be made sticky. Approve it first.")
    stood = before.is_sticky and before.status == "approved"
    if stood or not after.is_sticky or after.status != "approved":
        return after
    own = comment_store.STICKY_ROW + comment_store.row_sort_key(after.path).removeprefix(comment_store.ROW)
    others = [key for key in store.sticky_of(after.home) if key != own]
    if len(others) < comment_store.MOST_STICKY:
        return after
    if asked:
        most = comment_store.MOST_STICKY
        raise Conflict(f"{most} comments are sticky under this post already. Unstick another one first.")
    return replace(after, is_sticky=False)


class Trust(NamedTuple):
    """Since when a browser is trusted, as stored, before an act and after it; empty where it is not."""

    before: str
    after: str


def trust_between(before: Comment, after: Comment, wish: Wish, *, undoing: bool) -> Trust:
    """A browser is trusted once somebody approved what came from it, until something is taken as spam. An
    act that is undone leaves it as it was before, where nothing that was done since says otherwise.
    """
    if not after.visitor or before.status == after.status:
        return Trust("", "")
    now = screening.trusted_since(after.visitor)
    if undoing:
        was = wish.get("trust")
        return Trust(now, was.before if was and was.after == now else now)
    if after.status == "approved":
        return Trust(now, clock.stamp(clock.now()))
    return Trust(now, "" if after.status == "spam" else now)


def trusting(visitor: str, trust: Trust) -> list[Write]:
    if trust.before == trust.after:
        return []
    return [screening.trust(visitor, trust.after) if trust.after else screening.distrust(visitor)]
