"""Making, checking and revoking tokens."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.accounts import store
from chalicelib.accounts.model import SCOPES, Token, hash_of, new_secret
from chalicelib.core import clock
from chalicelib.core.problems import Forbidden, Invalid, NotFound, Unauthorized
from chalicelib.core.requests import Principal, Request
from chalicelib.core.table import Refused
from chalicelib.core.values import value

USE_NOTED_EVERY = timedelta(hours=1)
_WHERE = "Send “Authorization: Bearer …” with a token of this blog."


@value
class NewToken:
    """The one moment at which the secret is known."""

    token: Token
    secret: str


def create_token(name: str, scopes: Iterable[str] = SCOPES, expires_at: datetime | None = None) -> NewToken:
    now = clock.now()
    if expires_at and expires_at <= now:
        raise Invalid("expires_at", "“expires_at” must be in the future.")
    if not (wanted := tuple(scopes)):
        raise Invalid("scopes", f"“scopes” must name at least one of {', '.join(SCOPES)}.")
    secret = new_secret()
    token = Token(hash_of(secret), name, wanted, created_at=now, expires_at=expires_at)
    store.save(token)
    return NewToken(token, secret)


def list_tokens() -> list[Token]:
    return store.list_all()


def revoke_token(token_id: str) -> None:
    if not (token := store.find_by_id(token_id) if len(token_id) == 16 else None):
        raise NotFound("There is no token of that id. GET /api/tokens lists them.")
    if token.revoked_at is None:
        store.revoke(token, clock.now())


def authenticate(request: Request, scope: str) -> Principal:
    """Who sent this request. Raises Unauthorized, or Forbidden where the scope is missing."""
    token = token_of_secret(_bearer(request))
    if scope not in token.scopes:
        raise Forbidden(f"This takes a token with the scope “{scope}”: {SCOPES[scope]}.", scope=scope)
    return Principal(token.id, token.name, frozenset(token.scopes), token.expires_at)


def _bearer(request: Request) -> str:
    """RFC 6750, section 2.1; the scheme's name in any case (RFC 9110, section 11.1)."""
    header = request.headers.get("authorization", "")
    if not header:
        raise Unauthorized(_WHERE)
    scheme, _, secret = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthorized(f"The Authorization header is not of the form “Bearer …”. {_WHERE}")
    return secret.strip()


def token_of_secret(secret: str) -> Token:
    """A good token by its secret; that it was used is noted. Raises Unauthorized."""
    now, token_hash = clock.now(), hash_of(secret)
    token = store.find(token_hash)
    if not token or not hmac.compare_digest(token.hash, token_hash) or not token.is_good(now):
        raise Unauthorized(
            "The token is unknown, expired or revoked. Make a new one with `make token`.",
            error="invalid_token",
        )
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        _note_use(token, now)
    return token


def _note_use(token: Token, now: datetime) -> None:
    try:
        store.note_use(token, now)
    except Refused as refused:
        raise Unauthorized("The token was just revoked.", error="invalid_token") from refused
