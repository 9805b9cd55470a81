"""Values that templates of every room show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time for `<time>`: for machines, in words, and in words with the hour."""

    iso: str
    text: str
    long: str


def stamp_of(moment: datetime) -> Stamp:
    day = f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
    iso = moment.isoformat().replace("+00:00", "Z")
    return Stamp(iso, day, f"{day}, {moment.hour:02}:{moment.minute:02} UTC")


@lru_cache(4096)
def day_in_words(iso: str) -> str:
    """`2026-11-23…` as `23 November 2026`, without making a date of it: a page says fifty days."""
    try:
        return f"{int(iso[8:10])} {MONTHS[int(iso[5:7]) - 1]} {iso[:4]}"
    except (ValueError, IndexError):
        return ""


@dataclass(frozen=True, slots=True)
class Page:
    """What the head of a page needs."""

    title: str
    description: str = ""
    canonical: str | None = None
    robots: str | None = None
