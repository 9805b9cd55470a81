"""Values that templates of every room show."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from chalicelib.core import clock
from chalicelib.core.values import value
from chalicelib.core.words import Words


@value
class Stamp:
    """A time for `<time>`: for machines, in words, and in words with the hour."""

    iso: str
    text: str
    long: str


@lru_cache(1024)
def stamp_of(moment: datetime, words: Words) -> Stamp:
    return Stamp(clock.stamp(moment), words.day(moment), words.time(moment))


class PostLink(NamedTuple):
    """A link to another page of the blog."""

    url: str
    title: str
    language: str = ""
    """Of the title, where it is not the blog's."""


@value
class TagLink:
    """A group of posts, with how many there are where that is told."""

    name: str
    url: str
    count: int | None = None


class Image(NamedTuple):
    url: str
    """Absolute."""
    alt: str


class Alternate(NamedTuple):
    """A feed that goes with a page."""

    title: str
    type: str
    href: str


@value
class Page:
    """What the head of a page needs."""

    title: str
    description: str = ""
    canonical: str | None = None
    robots: str | None = None
    image: Image | None = None
    type: str = "website"
    """As Open Graph has it: `website`, `article` or `profile`."""
    data: Markup | str = ""
    """JSON-LD, safe within a script element."""
    language: str = ""
    published: str = ""
    updated: str = ""
    feeds: tuple[Alternate, ...] = ()
    """Those of this very page, before those of the blog."""
