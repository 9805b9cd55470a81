"""The site item: settings, signing secrets and coming publication times, read together.

| pk | sk | holds |
|----|----|-------|
| `SITE` | `-` | the settings by name, `secrets`, `coming`, `version` |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.core import clock, table
from chalicelib.core.items import fitting
from chalicelib.core.table import ABSENT, Item, Key, Put, Update, When
from chalicelib.settings.model import Site

KEY: Key = ("SITE", "-")
SCHEMA = 1
MOST_FORGOTTEN = 50
"""At a time: an expression holds 4 KB."""
PLAIN = {
    "title": str,
    "description": str,
    "author": str,
    "language": str,
    "posts_per_page": int,
    "version": int,
}
TYPES = {**PLAIN, "secrets": list, "coming": dict}


def read() -> Site | None:
    item = table.get(KEY)
    return from_item(item) if item else None


def create(site: Site) -> None:
    """Raises Refused where somebody was first."""
    table.write(Put(to_item(site), ABSENT))


def change(version: int, values: Mapping[str, Any]) -> None:
    """Raises Refused where the stored version is another."""
    put = {**values, "version": version + 1}
    table.write(Update(KEY, put=put, when=When("#version = :was", was=version)))


def expect(post_id: str, moment: str, passed: Iterable[str]) -> Update:
    """Note that a post becomes public by itself, and forget those that did; for the transaction
    that schedules it.
    """
    drop = [f"coming.{post}" for post in passed if post != post_id][:MOST_FORGOTTEN]
    return Update(KEY, put={f"coming.{post_id}": moment}, drop=drop, when=table.PRESENT)


def expect_no_more(post_id: str) -> Update:
    return Update(KEY, drop=[f"coming.{post_id}"], when=table.PRESENT)


def to_item(site: Site) -> Item:
    return {
        "pk": KEY[0],
        "sk": KEY[1],
        "schema": SCHEMA,
        **{name: getattr(site, name) for name in PLAIN},
        "secrets": list(site.secrets),
        "coming": {post: clock.stamp(time) for post, time in site.coming.items()},
    }


def from_item(item: Item) -> Site:
    known = fitting(item, TYPES)
    secrets, coming = known.pop("secrets", []), known.pop("coming", {})
    return Site(
        **known,
        secrets=tuple(secret for secret in secrets if isinstance(secret, bytes)),
        coming={post: moment for post, time in coming.items() if (moment := _time(time))},
    )


def _time(stamp: Any) -> datetime | None:
    try:
        return clock.parse(stamp)
    except (TypeError, ValueError):
        return None
