"""What mails are about, and what may be asked for by one."""

from __future__ import annotations

from chalicelib.comments.model import Comment
from chalicelib.core.fields import Fields, Text, Wrong
from chalicelib.core.values import value
from chalicelib.posts.model import Post
from chalicelib.settings.model import email_address


@value
class Said:
    """A comment with what is needed to tell somebody of it."""

    comment: Comment
    post: Post
    parent: Comment | None
    """Whom it answers."""


def _given(address: str) -> str:
    if not address:
        raise Wrong("must not be empty: it is where the link is mailed to")
    return email_address(address)


ADDRESS = Fields(email=Text(254, check=_given))
