"""A feed in its three formats: Atom (RFC 4287), RSS 2.0 with its profile, JSON Feed 1.1."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any

from markupsafe import Markup, escape

from chalicelib.core import clock, pages
from chalicelib.feeds.content import printable
from chalicelib.feeds.entries import Entry, Feed, Person

JSON_FEED = "https://jsonfeed.org/version/1.1"
TYPES: Mapping[str, str] = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}
"""{format, which is the ending of its address: media type}"""


def document(feed: Feed, kind: str) -> str:
    """`feed` in the format `kind`, a name of `TYPES`."""
    return RENDERERS[kind](feed)


def content_type(kind: str) -> str:
    return TYPES[kind] if kind == "json" else f"{TYPES[kind]}; charset=utf-8"


def rfc822(moment: datetime) -> str:
    """As RSS wants it: `Mon, 23 Nov 2026 12:00:00 GMT`."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _plain(text: str) -> Markup:
    """Text for RSS, in which `&amp;` and `&lt;` have been taken for HTML: the profile writes numbers."""
    coded = text.replace("&", "&#x26;").replace("<", "&#x3C;").replace(">", "&#x3E;")
    return Markup(coded)  # noqa: S704 - nothing is left that markup is made of


def _as_html(text: str) -> str:
    """Plain text where HTML is expected; the template escapes it once more, for XML."""
    return str(escape(text))


def _xml(kind: str, feed: Feed) -> str:
    shown = pages.render(
        f"feeds/{kind}.xml",
        feed=feed,
        self_url=f"{feed.address}.{kind}",
        others=[(TYPES[other], f"{feed.address}.{other}") for other in TYPES if other != kind],
        rfc822=rfc822,
        rfc3339=clock.stamp,
        plain=_plain,
        as_html=_as_html,
    )
    # Settings, names and texts stored by older versions too: one such character breaks the whole.
    return printable(shown)


def _json(feed: Feed) -> str:
    shown = {
        "version": JSON_FEED,
        "title": feed.title,
        "home_page_url": feed.url,
        "feed_url": f"{feed.address}.json",
        "description": feed.subtitle,
        "favicon": feed.icon,
        "language": feed.language,
        "authors": [_author(feed.author)],
    }
    whole = {**_filled(shown), "items": [_item(entry) for entry in feed.entries]}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _item(entry: Entry) -> dict[str, Any]:
    """With `content_html`, or `content_text` where there is none: one of them must stand."""
    content = {"content_html": entry.html} if entry.html else {"content_text": entry.summary or entry.heading}
    shown = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "image": entry.image,
        "date_published": clock.stamp(entry.published),
        "date_modified": clock.stamp(entry.updated),
        "authors": [_author(entry.author)],
        "tags": list(entry.tags),
        "language": entry.language,
    }
    return {**_filled(shown), **content}


def _author(person: Person) -> dict[str, str]:
    return _filled({"name": person.name, "url": person.url, "avatar": person.picture})


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


RENDERERS: Mapping[str, Callable[[Feed], str]] = {
    "atom": partial(_xml, "atom"),
    "rss": partial(_xml, "rss"),
    "json": _json,
}
