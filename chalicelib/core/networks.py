"""Networks, by names that nobody can read an address from: keyed hashes of /24 (IPv4) or /48 (IPv6).

| pk | sk | holds |
|----|----|-------|
| `SALT#day` | `-` | `salt`: the key of that day, random; `ttl` |

For counting within a day (`keys_of`) the key is of that day alone, and forgotten after the next one: then
nobody can find out whom a hash was about, with all of the table at hand. For a ban, which lasts, the hash is
made with the key that lasts (`lasting_key`).
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256

from chalicelib.core import clock, signing, table
from chalicelib.core.config import config
from chalicelib.core.table import ABSENT, Put, Refused

LONGEST_WINDOW = timedelta(days=1)

_salts: dict[tuple[str, str], bytes] = {}
"""{(table, day): salt}, of this process."""


def keys_of(neighbourhood: str) -> list[str]:
    """What a network (`Request.neighbourhood`) is known by today, and what it was known by yesterday, since
    what it did then may still count.
    """
    now = clock.now()
    days = (now, now - LONGEST_WINDOW)
    salts = [_salt(day.date().isoformat(), now if day is now else None) for day in days]
    return [_hashed(salt, neighbourhood) for salt in salts if salt]


def lasting_key(neighbourhood: str) -> str:
    """What it is known by in bans."""
    return signing.lasting("network", neighbourhood)


def _salt(day: str, made: datetime | None) -> bytes:
    """That of a day; where there is none, a new one if `made` tells when. Empty for a day without."""
    kept = _salts.get((config().table_name, day))
    if kept is not None:
        return kept
    salt = _read(day) or (_make(day, made) if made else b"")
    if len(_salts) > 8:
        _salts.clear()
    _salts[config().table_name, day] = salt
    return salt


def _read(day: str) -> bytes:
    item = table.get((f"SALT#{day}", "-"))
    found = item.get("salt") if item else None
    return found if isinstance(found, bytes) else b""


def _make(day: str, made: datetime) -> bytes:
    salt = secrets.token_bytes(32)
    ttl = int((made + 2 * LONGEST_WINDOW).timestamp())
    try:
        table.write(Put({"pk": f"SALT#{day}", "sk": "-", "salt": salt, "ttl": ttl}, ABSENT))
    except Refused:
        # Another process was first.
        return _read(day)
    return salt


def _hashed(salt: bytes, neighbourhood: str) -> str:
    made = hmac.digest(salt, neighbourhood.encode(), sha256)[:16]
    return urlsafe_b64encode(made).rstrip(b"=").decode()
