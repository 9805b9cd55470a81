"""What its owner asked for under an e-mail address.

| pk | sk | holds |
|----|----|-------|
| `E#person` | `ask#` | `address`, `ttl`: where a link to all that was said is to be mailed |
| `E#person` | `erase#` | `at`: all that was said is being erased |
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core import clock, table
from chalicelib.core.items import fitting
from chalicelib.core.table import Delete, Key, Put

ASKING, ERASING = "ask#", "erase#"
WAITS = timedelta(days=3)
"""Longer than the day for which another mail to the same address may hold it up (`people.model.ASKED_AGAIN`).
Of an address by which nothing was said, nothing is kept once the job has run."""


def _key(person: str, what: str) -> Key:
    return f"E#{person}", what


def put_asking(person: str, address: str) -> Put:
    ttl = int((clock.now() + WAITS).timestamp())
    return Put({"pk": f"E#{person}", "sk": ASKING, "address": address, "ttl": ttl})


def asking_address(person: str) -> str | None:
    """Where the link is to go; None where nobody waits for one (any more)."""
    known = fitting(table.get(_key(person, ASKING)) or {}, {"address": str, "ttl": int})
    is_over = known.get("ttl", 0) < clock.now().timestamp()
    return None if is_over else known.get("address")


def forget_asking(person: str) -> Delete:
    return Delete(_key(person, ASKING))


def put_erasing(person: str) -> Put:
    return Put({"pk": f"E#{person}", "sk": ERASING, "at": clock.stamp(clock.now())})


def is_erasing(person: str) -> bool:
    return table.get(_key(person, ERASING)) is not None


def forget_erasing(person: str) -> Delete:
    return Delete(_key(person, ERASING))
