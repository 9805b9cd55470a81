"""Time, in one place: always UTC, to the second, written as RFC 3339 with a `Z`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache


def now() -> datetime:
    """The current second."""
    return precisely().replace(microsecond=0)


def precisely() -> datetime:
    """With its microseconds, for ids. Whoever plays with time replaces this function."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """The form that is stored: text that sorts by time."""
    return moment.isoformat().replace("+00:00", "Z")


def stamps(moments: Mapping[str, datetime | None]) -> dict[str, str | None]:
    """Named times as the API gives them."""
    return {name: stamp(moment) if moment else None for name, moment in moments.items()}


def stored(moments: Mapping[str, datetime | None]) -> dict[str, str]:
    """Named times as items hold them: without those that never were."""
    return {name: stamp(moment) for name, moment in moments.items() if moment}


@cache
def zone(name: str) -> tzinfo:
    """A time zone of the IANA database; UTC for a name that this machine does not know."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return UTC


def known(stamp: object) -> datetime | None:
    """A stored time; None where there is none, or none that can be read."""
    try:
        return parse(stamp) if isinstance(stamp, str) else None
    except ValueError:
        return None


def parse(text: str) -> datetime:
    """From RFC 3339 or a plain date, to UTC. Raises ValueError, also where the offset is missing."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            raise ValueError("the offset from UTC is missing")
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error
