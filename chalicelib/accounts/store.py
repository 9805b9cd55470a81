"""Tokens, found by the hash of their secret.

| pk | sk |
|----|----|
| `TOKENS` | SHA-256 of the secret, in hexadecimal |
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.accounts.model import Token
from chalicelib.core import clock, table
from chalicelib.core.table import PRESENT, Item, Key, Put, Update, When

PK = "TOKENS"
SCHEMA = 1
MOST = 10_000


def key(token_hash: str) -> Key:
    return PK, token_hash


def find(token_hash: str) -> Token | None:
    item = table.get(key(token_hash))
    return decode(item) if item else None


def find_by_id(token_id: str) -> Token | None:
    items = table.query(PK, start=token_id, end=token_id + "~", limit=1, consistent=True)
    return decode(items[0]) if items else None


def list_all() -> list[Token]:
    items = table.query(PK, limit=MOST, consistent=True)
    return [token for token in map(decode, items) if token]


def save(token: Token) -> None:
    table.write(Put(to_item(token)))


def revoke(token: Token, moment: datetime) -> None:
    table.write(Update(key(token.hash), put={"revoked_at": clock.stamp(moment)}, when=PRESENT))


def note_use(token: Token, moment: datetime) -> None:
    """Raises Refused where it was revoked or removed meanwhile."""
    unrevoked = When("attribute_exists(#pk) AND attribute_not_exists(#revoked_at)")
    table.write(Update(key(token.hash), put={"last_used_at": clock.stamp(moment)}, when=unrevoked))


def to_item(token: Token) -> Item:
    return {
        "pk": PK,
        "sk": token.hash,
        "schema": SCHEMA,
        "name": token.name,
        "scopes": list(token.scopes),
        **clock.stored(token.times),
    }


def decode(item: Item) -> Token | None:
    """None for an item that lacks what no token can do without: it opens nothing."""
    try:
        return _from_item(item)
    except (KeyError, TypeError, ValueError):
        return None


def _from_item(item: Item) -> Token:
    return Token(
        hash=item["sk"],
        name=item["name"],
        scopes=tuple(item["scopes"]),
        created_at=clock.parse(item["created_at"]),
        expires_at=_time(item, "expires_at"),
        last_used_at=_time(item, "last_used_at"),
        revoked_at=_time(item, "revoked_at"),
    )


def _time(item: Item, name: str) -> datetime | None:
    return clock.parse(item[name]) if name in item else None
