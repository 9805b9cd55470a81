"""How often what the public reads has changed: two counters from which ETags of lists are made.

| pk | sk | holds |
|----|----|-------|
| `VERSIONS` | `0` … `f` | `posts`, `replies`: changes so far; `posts_at`, `replies_at`: the last one |

A change raises one in its own transaction. Transactions that meet on an item are cancelled, so a
second try takes one of the others; readers add them up.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from chalicelib.core import clock, signing, table
from chalicelib.core.items import fitting
from chalicelib.core.table import Item, Update
from chalicelib.core.validators import Validator
from chalicelib.core.values import value

PK = "VERSIONS"
SHARDS = 16
KINDS = ("posts", "replies")
SETTLES = timedelta(seconds=3)
"""Indexes follow the table with a delay: what was read so soon after a change may be older than it."""

_ROOT = Path(__file__).resolve().parents[2]


class Marked(Protocol):
    """What `settings.model.Site` offers."""

    def mark_at(self, moment: datetime) -> str: ...

    @property
    def changed_at(self) -> datetime | None: ...

    def last_come(self, moment: datetime) -> datetime | None: ...


@value
class Versions:
    posts: int
    replies: int
    posts_at: datetime | None
    replies_at: datetime | None

    def validator(self, site: Marked, kinds: Iterable[str] = KINDS, salt: str = "") -> Validator:
        """For a page or feed made of what is counted in `kinds`; `salt` is what else it depends on."""
        kinds = tuple(kinds)
        now = clock.now()
        come = site.last_come(now)
        times = [self.posts_at if kind == "posts" else self.replies_at for kind in kinds]
        known = (time for time in (*times, come, site.changed_at) if time and time <= now)
        changed = max(known, default=None)
        counts = [str(getattr(self, kind)) for kind in kinds]
        return settled("list", [*known_by(site, now), *counts, salt], changed, now)


def known_by(site: Marked, now: datetime) -> list[str]:
    """What every page depends on, as parts of its tag: the release, the site, and what came by itself."""
    return [release(), site.mark_at(now), _seconds(site.last_come(now))]


def of_one(site: Marked, content: int, changed: datetime | None, salt: str) -> Validator:
    """For a feed of one post alone, whose changes are counted in `content`."""
    now = clock.now()
    known = (time for time in (changed, site.changed_at) if time and time <= now)
    return settled("feed", [*known_by(site, now), f"{content}", salt], max(known, default=None), now)


def settled(kind: str, parts: Sequence[str], changed: datetime | None, now: datetime) -> Validator:
    """By `parts`, of which nobody can guess the tag: it says nothing of what is hidden, and cannot be made
    up for an address that has no page. What was read soon after a change may be older than it, so a copy
    that is too young to be sure of is good within this very second only.
    """
    if changed and now - changed < SETTLES:
        tag = signing.digest(kind, " ".join([*parts, _seconds(now)]))
        return Validator(tag, changed - timedelta(seconds=1))
    return Validator(signing.digest(kind, " ".join(parts)), changed)


def of_site(site: Marked, salt: str) -> Validator:
    """For a page made of the settings alone."""
    now = clock.now()
    return settled("site", [*known_by(site, now), salt], site.changed_at, now)


def read() -> Versions:
    """One Query of at most sixteen small items."""
    items = table.query(PK, limit=SHARDS)
    return Versions(
        posts=_sum(items, "posts"),
        replies=_sum(items, "replies"),
        posts_at=_latest(items, "posts_at"),
        replies_at=_latest(items, "replies_at"),
    )


def bump(shard: str, *kinds: str) -> Update:
    """Goes into the transaction that changes what is counted; `shard` is that of its attempt."""
    now = clock.stamp(clock.now())
    return Update(
        (PK, shard),
        put={f"{kind}_at": now for kind in kinds},
        add=dict.fromkeys(kinds, 1),
    )


def shard_of(attempt: int) -> str:
    """The first of sixteen, unless transactions met on it: then any. A transaction that counts several
    things takes the same one for all, so that it meets others in one place and not in each.
    """
    return f"{random.randrange(SHARDS):x}" if attempt else "0"


@cache
def release() -> str:
    """What the code and the templates are known by: another release may show the same in another way.
    The bundle holds it as a file.
    """
    made = _ROOT / "release"
    if made.is_file():
        return made.read_text(encoding="ascii").strip()
    return digest_of(_ROOT)


def digest_of(root: Path) -> str:
    files = [path for folder in ("chalicelib", "templates") for path in sorted((root / folder).rglob("*"))]
    total = sha256()
    for path in files:
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return total.hexdigest()[:8]


def _seconds(moment: datetime | None) -> str:
    return f"{int(moment.timestamp()):x}" if moment else "0"


def _sum(items: list[Item], name: str) -> int:
    counts: list[int] = [fitting(item, {name: int}).get(name, 0) for item in items]
    return sum(counts)


def _latest(items: list[Item], name: str) -> datetime | None:
    stamps = [fitting(item, {name: str}).get(name, "") for item in items]
    return clock.known(max(stamps, default=""))
