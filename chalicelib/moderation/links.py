"""Links in mail that do one thing once: signed, for one version of one comment, for thirty days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from chalicelib.comments.actions import require_comment
from chalicelib.comments.model import Comment
from chalicelib.core import clock, signing
from chalicelib.core.problems import Conflict, NotFound, PreconditionFailed
from chalicelib.core.requests import Principal
from chalicelib.core.table import Refused
from chalicelib.core.values import value
from chalicelib.moderation import store
from chalicelib.moderation.actions import change
from chalicelib.moderation.model import STATUS_OF

PURPOSE = "moderation link"
LASTS = timedelta(days=30)
IN_MAIL = ("approve", "spam", "delete")
BY_MAIL = Principal("", "link in a mail", frozenset())


@value
class Link:
    key: str
    act: str
    comment: Comment
    version: int
    """Of the comment when the link was made."""
    until: datetime

    @property
    def digest(self) -> str:
        return sha256(self.key.encode()).hexdigest()[:32]

    @property
    def state(self) -> str:
        """`good`, or why it cannot be used: `used`, `changed` or `expired`."""
        if self.until <= clock.now():
            return "expired"
        if self.comment.version == self.version:
            return "good"
        return "used" if store.is_used(self.digest) else "changed"


def act_links(comment: Comment) -> dict[str, str]:
    """{act: path} for a mail that tells of a comment."""
    until = int((clock.now() + LASTS).timestamp())
    return {
        act: f"/moderate/act/{signing.seal(PURPOSE, f'{act} {comment.full_id} {comment.version} {until}')}"
        for act in IN_MAIL
    }


def read_link(key: str) -> Link:
    """Raises NotFound for what this blog has not signed."""
    try:
        act, full_id, version, until = signing.unseal(PURPOSE, key).split(" ")
    except ValueError as error:
        raise NotFound("This link is not complete, or not from this blog (any more).") from error
    ends = datetime.fromtimestamp(int(until), UTC)
    return Link(key, act, require_comment(full_id), int(version), ends)


def follow(link: Link) -> Comment:
    """Do what the link is for; once. Raises Conflict where it cannot be done (any more)."""
    if link.state != "good":
        raise Conflict("This link cannot be used any more.")
    wish = {"status": STATUS_OF[link.act]}
    mark = store.use_up(link.digest, link.until)
    try:
        return change(link.comment.full_id, wish, by=BY_MAIL, expected=link.version, also=[mark])[0]
    except (Refused, PreconditionFailed) as problem:
        raise Conflict("The comment was changed meanwhile.") from problem
