"""The author's token of the local blog, chosen by whoever starts it. Nothing deployed knows of this."""

from __future__ import annotations

from chalicelib.accounts import store
from chalicelib.accounts.model import SCOPES, Token, hash_of
from chalicelib.core import clock

NAME = "make run"


def adopt_token(secret: str) -> None:
    """Make a secret the one token of the local server, of every scope; an earlier one ends."""
    now = clock.now()
    token = Token(hash_of(secret), NAME, tuple(SCOPES), created_at=now)
    for earlier in store.list_all():
        if earlier.name == NAME and earlier.hash != token.hash and earlier.is_good(now):
            store.revoke(earlier, now)
    store.save(token)
