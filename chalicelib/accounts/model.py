"""Tokens: who may do what through the API."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from chalicelib.core.fields import Choice, Fields, Moment, Text, TextList, Wrong
from chalicelib.core.values import value

SCOPES = {
    "read": "see drafts and everything else that is not public",
    "create": "write new posts, and answer readers as the author",
    "update": "change posts",
    "delete": "delete posts and restore them",
    "media": "upload pictures and files, list and delete them",
    "moderate": "see held comments, approve and delete them",
    "admin": "change settings, make and revoke tokens",
}
PREFIX = "parley_"
TIMES = ("created_at", "expires_at", "last_used_at", "revoked_at")


@value
class Token:
    """A token as it is kept: its secret is known to its holder alone."""

    hash: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def id(self) -> str:
        """What it is called in the API. Sixteen digits of a hash of 256 random bits tell nothing."""
        return self.hash[:16]

    @property
    def times(self) -> dict[str, datetime | None]:
        return {name: getattr(self, name) for name in TIMES}

    def is_good(self, moment: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """SHA-256 will do: what is hashed is random, so there is nothing to guess."""
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _scope(name: str) -> str:
    return Choice(tuple(SCOPES)).read(name)


def _filled(name: str) -> str:
    if not name:
        raise Wrong("must say what the token is for")
    return name


NEW_TOKEN = Fields(
    name=Text(100, check=_filled),
    scopes=TextList(len(SCOPES), Text(20, check=_scope)),
    expires_at=Moment(),
)
