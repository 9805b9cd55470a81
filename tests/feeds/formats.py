"""A feed in any format, read by its standard into the same values."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tests.blog import Blog, Got

FORMATS = ("atom", "rss", "json")
ATOM, THR = "{http://www.w3.org/2005/Atom}", "{http://purl.org/syndication/thread/1.0}"
DC, CONTENT = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/rss/1.0/modules/content/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Item:
    id: str
    url: str
    title: str | None
    html: str | None
    summary: str | None
    """As the format says it: HTML in RSS, else text."""
    published: datetime
    updated: datetime | None
    author: str
    tags: Sequence[str]
    language: str | None
    answers: str | None
    """Whom it answers, where the format can say so."""


@dataclass(frozen=True)
class Read:
    title: str
    page: str
    itself: str
    others: Sequence[str]
    language: str
    updated: datetime | None
    items: Sequence[Item]

    @property
    def titles(self) -> list[str | None]:
        return [item.title for item in self.items]


def fetch(blog: Blog, stem: str, kind: str) -> Read:
    got = blog.get(f"{stem}.{kind}")
    assert got.status == 200, got.text
    return read(got, kind)


def read(got: Got, kind: str) -> Read:
    return {"atom": _atom, "rss": _rss, "json": _json}[kind](got.text)


def _text(element: ET.Element, path: str) -> str | None:
    found = element.findall(path)
    assert len(found) <= 1, path
    return (found[0].text or "") if found else None


def _needed(element: ET.Element, path: str) -> str:
    text = _text(element, path)
    assert text, f"{path} is missing in {ET.tostring(element, encoding='unicode')[:300]}"
    return text


def _plain(element: ET.Element, path: str) -> str | None:
    """An Atom text construct (RFC 4287, section 3.1) as plain text."""
    import html

    found = element.find(path)
    text = _text(element, path)
    return html.unescape(text) if found is not None and text and found.get("type") == "html" else text


def _links(element: ET.Element, rel: str, **attributes: str) -> list[str]:
    wanted = {"rel": rel, **attributes}
    links = element.findall(f"{ATOM}link")
    return [link.attrib["href"] for link in links if wanted.items() <= link.attrib.items()]


def _answers(element: ET.Element) -> str | None:
    found = element.find(f"{THR}in-reply-to")
    return found.attrib["ref"] if found is not None else None


def _atom(text: str) -> Read:
    feed = ET.fromstring(text)
    assert feed.tag == f"{ATOM}feed"
    assert _needed(feed, f"{ATOM}id")
    assert _needed(feed, f"{ATOM}author/{ATOM}name")
    return Read(
        title=_plain(feed, f"{ATOM}title") or "",
        page=_links(feed, "alternate", type="text/html")[0],
        itself=_links(feed, "self", type="application/atom+xml")[0],
        others=[href for href in _links(feed, "alternate") if "/feed." in href],
        language=feed.attrib[LANG],
        updated=datetime.fromisoformat(_needed(feed, f"{ATOM}updated")),
        items=[_atom_item(entry) for entry in feed.findall(f"{ATOM}entry")],
    )


def _atom_item(entry: ET.Element) -> Item:
    assert _needed(entry, f"{ATOM}title")
    return Item(
        id=_needed(entry, f"{ATOM}id"),
        url=_links(entry, "alternate", type="text/html")[0],
        title=_plain(entry, f"{ATOM}title"),
        html=_text(entry, f"{ATOM}content[@type='html']"),
        summary=_plain(entry, f"{ATOM}summary"),
        published=datetime.fromisoformat(_needed(entry, f"{ATOM}published")),
        updated=datetime.fromisoformat(_needed(entry, f"{ATOM}updated")),
        author=_needed(entry, f"{ATOM}author/{ATOM}name"),
        tags=[category.attrib["term"] for category in entry.findall(f"{ATOM}category")],
        language=entry.get(LANG),
        answers=_answers(entry),
    )


def _rss(text: str) -> Read:
    rss = ET.fromstring(text)
    assert rss.attrib["version"] == "2.0"
    (channel,) = rss.findall("channel")
    assert _needed(channel, "description")
    return Read(
        title=_needed(channel, "title"),
        page=_needed(channel, "link"),
        itself=_links(channel, "self", type="application/rss+xml")[0],
        others=_links(channel, "alternate"),
        language=_needed(channel, "language"),
        updated=parsedate_to_datetime(_needed(channel, "lastBuildDate")),
        items=[_rss_item(item) for item in channel.findall("item")],
    )


def _rss_item(item: ET.Element) -> Item:
    guid = item.find("guid")
    assert guid is not None
    assert guid.attrib == {"isPermaLink": "false"}
    title, described = _text(item, "title"), _text(item, "description")
    assert title or described
    updated = _text(item, f"{ATOM}updated")
    return Item(
        id=_needed(item, "guid"),
        url=_needed(item, "link"),
        title=title,
        html=_text(item, f"{CONTENT}encoded"),
        summary=described,
        published=parsedate_to_datetime(_needed(item, "pubDate")),
        updated=datetime.fromisoformat(updated) if updated else None,
        author=_needed(item, f"{DC}creator"),
        tags=[category.text or "" for category in item.findall("category")],
        language=_text(item, f"{DC}language"),
        answers=_answers(item),
    )


def _json(text: str) -> Read:
    feed = json.loads(text)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert not [name for name in feed if name.startswith("_") or name == "author"]
    return Read(
        title=feed["title"],
        page=feed["home_page_url"],
        itself=feed["feed_url"],
        others=[],
        language=feed["language"],
        updated=None,
        items=[_json_item(item) for item in feed["items"]],
    )


def _json_item(item: dict[str, Any]) -> Item:
    assert isinstance(item["id"], str)
    assert "content_html" in item or "content_text" in item
    (author,) = item["authors"]
    return Item(
        id=item["id"],
        url=item["url"],
        title=item.get("title"),
        html=item.get("content_html"),
        summary=item.get("summary"),
        published=datetime.fromisoformat(item["date_published"]),
        updated=datetime.fromisoformat(item["date_modified"]),
        author=author["name"],
        tags=item.get("tags", []),
        language=item.get("language"),
        answers=None,
    )
