"""Links in mail that do one thing once: signed, for one comment about which nobody has decided since, for
thirty days. To approve it is for the version that the mail shows; to take it out, for whatever stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from chalicelib.comments.actions import require_comment
from chalicelib.comments.model import Comment
from chalicelib.core import clock, signing
from chalicelib.core.problems import Conflict, NotFound, PreconditionFailed
from chalicelib.core.requests import Principal
from chalicelib.core.table import Refused, Write
from chalicelib.core.values import value
from chalicelib.moderation import model, store
from chalicelib.moderation.actions import change, undo
from chalicelib.moderation.model import MUST_BE_READ, STATUS_OF
from chalicelib.moderation.rules import Wish

PURPOSE = "moderation link"
LASTS = timedelta(days=30)
IN_MAIL = ("approve", "spam", "delete")
GONE = {"expired": 410}
"""{state: the status of the page that says so}, where it is neither 200 nor 409."""
BY_MAIL = Principal("", model.BY_MAIL, frozenset())


@value
class Link:
    key: str
    act: str
    comment: Comment
    version: int
    """Of the comment when the link was made."""
    decision: str
    """When somebody had last decided about it by then, as a stamp; `-` if nobody had."""
    until: datetime

    @property
    def digest(self) -> str:
        return sha256(self.key.encode()).hexdigest()[:32]

    @property
    def state(self) -> str:
        """`good`, or why it cannot be used: `expired`, `used`, `decided` (by something else) or `changed`."""
        if self.until <= clock.now():
            return "expired"
        if self.batch is not None:
            return "used"
        if self.is_decided(self.comment):
            return "decided"
        return "good" if self.expected in (None, self.comment.version) else "changed"

    @property
    def expected(self) -> int | None:
        """The version that the comment must be at."""
        return self.version if self.act in MUST_BE_READ else None

    @property
    def batch(self) -> str | None:
        """Under which what it did can be undone; None while it was not used."""
        return store.batch_of(self.digest)

    def is_decided(self, comment: Comment) -> bool:
        """Whether somebody has decided since the link was made, or it would change nothing."""
        return comment.status == STATUS_OF[self.act] or decision_of(comment) != self.decision


def decision_of(comment: Comment) -> str:
    return clock.stamp(comment.decided_at) if comment.decided_at else "-"


def act_links(comment: Comment) -> dict[str, str]:
    """{act: path} for a mail that tells of a comment."""
    until = int((clock.now() + LASTS).timestamp())
    told = f"{comment.full_id} {comment.version} {decision_of(comment)} {until}"
    return {act: f"/moderate/act/{signing.seal(PURPOSE, f'{act} {told}')}" for act in IN_MAIL}


def read_link(key: str) -> Link:
    """Raises NotFound for what this blog has not signed."""
    try:
        act, full_id, version, decision, until = signing.unseal(PURPOSE, key).split(" ")
    except ValueError as error:
        raise NotFound("This link is not complete, or not from this blog (any more).") from error
    ends = datetime.fromtimestamp(int(until), UTC)
    return Link(key, act, require_comment(full_id), int(version), decision, ends)


def follow(link: Link) -> Comment:
    """Do what the link is for; once. Raises Conflict where it cannot be done (any more)."""
    if link.state != "good":
        raise Conflict("This link cannot be used any more.")

    def wish(now: Comment) -> Wish:
        if link.is_decided(now):
            raise Conflict("Somebody has decided about this comment meanwhile.")
        return {"status": STATUS_OF[link.act]}

    def used(batch: str) -> Sequence[Write]:
        return [store.use_up(link.digest, link.until, batch)]

    try:
        return change(link.comment.full_id, wish, by=BY_MAIL, expected=link.expected, also=used)[0]
    except (Refused, PreconditionFailed) as problem:
        raise Conflict("The comment was changed meanwhile.") from problem


def take_back(link: Link) -> None:
    """Undo what the link did. Raises Conflict where that is not as it left it."""
    if link.state != "used" or not (batch := link.batch):
        raise Conflict("This link did nothing that can be undone.")
    if not undo(batch, by=BY_MAIL).count("done"):
        raise Conflict("The comment was changed since, so it was left as it is.")
