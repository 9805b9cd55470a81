"""Every feed that a page announces: strict XML, what feedparser makes of it, and what feed readers ask again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import feedparser
import pytest

from tests.browser.crawling import Links
from tests.browser.kinds import KINDS
from tests.browser.served import Answer, Site, settled
from tests.dev.test_serve import wait_until

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
TYPES = {
    ".atom": "application/atom+xml",
    ".rss": "application/rss+xml",
    ".json": "application/feed+json",
}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RELATIVE = re.compile(r"""\s(?:href|src|poster)=["'](?!https?:|mailto:|data:)[^"']*""")


@pytest.fixture(scope="module")
def feeds(site: Site) -> dict[str, Answer]:
    """What the pages announce with `<link rel=alternate>`, by path."""
    wait_until(lambda: settled(site))
    announced = {
        (kind.at(site), media, urljoin(site.address, href))
        for kind in KINDS
        if not kind.form
        for media, href in Links(kind.answer(site).text).alternates
    }
    found: dict[str, Answer] = {}
    for page, media, url in announced:
        path = url.removeprefix(site.address)
        found[path] = found.get(path) or site.get(path)
        assert (found[path].status, found[path].kind) == (200, media), f"{path} on {page}"
    return found


def of(feeds: dict[str, Answer], *endings: str) -> Iterator[tuple[str, Answer]]:
    return ((path, answer) for path, answer in feeds.items() if path.endswith(endings))


def test_pages_announce_each_form_of_their_feeds(feeds: dict[str, Answer]) -> None:
    """F1, F2: for the site, for tags, for the replies to a post, and for all replies."""
    for ending, media in TYPES.items():
        assert {f"/feed{ending}", f"/tags/trials/feed{ending}", f"/posts/crowd/comments/feed{ending}"} <= set(
            feeds
        )
        assert {answer.kind for _, answer in of(feeds, ending)} == {media}
    assert len(feeds) == sum(len(list(of(feeds, ending))) for ending in TYPES)


def test_feed_readers_find_nothing_odd(feeds: dict[str, Answer]) -> None:
    """F3, and entries that each have an id, a link and a date of their own."""
    for path, answer in of(feeds, ".atom", ".rss"):
        parsed = feedparser.parse(
            answer.body, response_headers={"content-type": answer.headers["content-type"]}
        )
        assert not parsed.bozo, f"{path}: {parsed.get('bozo_exception')}"
        assert parsed.feed.title, path
        assert parsed.feed.link.startswith("http"), path
        for entry in parsed.entries:
            assert entry.id.startswith(("http", "tag:", "urn:")), path
            assert entry.link.startswith("http"), path
            assert entry.published_parsed, path
        _assert_unique(path, [entry.id for entry in parsed.entries])
    titles = [
        entry.get("title", "") for entry in feedparser.parse(feeds["/tags/trials/feed.rss"].body).entries
    ]
    assert titles.count("") == 1
    assert "🥖👩‍👩‍👧‍👦 Bread & family 🏳️‍🌈 <em>not</em> a tag" in map(unescape, titles)


def test_atom_has_what_rfc_4287_demands(feeds: dict[str, Answer], site: Site) -> None:
    for path, answer in of(feeds, ".atom"):
        root = ET.fromstring(answer.body)
        assert _self_links(root, "rel") == [site.address + path]
        for element in (root, *root.iter(f"{ATOM}entry")):
            for name in ("id", "title", "updated"):
                assert len(element.findall(ATOM + name)) == 1, f"{path}: {name}"
            assert RFC3339.fullmatch(element.findtext(f"{ATOM}updated") or ""), path
        for entry in root.iter(f"{ATOM}entry"):
            assert entry.find(f"{ATOM}author") is not None or root.find(f"{ATOM}author") is not None, path
            content = entry.find(f"{ATOM}content")
            _assert_absolute(path, content.text if content is not None else "")


def test_rss_has_what_its_profile_demands(feeds: dict[str, Answer], site: Site) -> None:
    for path, answer in of(feeds, ".rss"):
        root = ET.fromstring(answer.body)
        channel = root.find("channel")
        assert root.get("version") == "2.0"
        assert channel is not None
        assert all(channel.findtext(name) for name in ("title", "link", "description")), path
        assert _self_links(channel, "rel") == [site.address + path]
        items = channel.findall("item")
        _assert_unique(path, [item.findtext("guid") or "" for item in items])
        for item in items:
            assert item.findtext("title") or item.findtext("description"), path
            assert re.fullmatch(
                r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} (GMT|[+-]\d{4})", item.findtext("pubDate") or ""
            )
            _assert_absolute(path, item.findtext(CONTENT) or item.findtext("description") or "")


def test_json_feed_has_what_version_1_1_demands(feeds: dict[str, Answer], site: Site) -> None:
    for path, answer in of(feeds, ".json"):
        feed: dict[str, Any] = json.loads(answer.body)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["feed_url"] == site.address + path
        assert feed["title"]
        assert feed["home_page_url"].startswith(site.address)
        _assert_unique(path, [item["id"] for item in feed["items"]])
        for item in feed["items"]:
            assert isinstance(item["id"], str)
            assert "content_html" in item or "content_text" in item or "summary" in item
            assert RFC3339.fullmatch(item["date_published"]), path
            assert "author" not in item
            _assert_absolute(path, item.get("content_html", ""))


def test_three_forms_of_a_feed_say_the_same(feeds: dict[str, Answer]) -> None:
    for path, answer in of(feeds, ".json"):
        stem = path.removesuffix(".json")
        ids = [item["id"] for item in answer.json["items"]]
        atom = ET.fromstring(feeds[f"{stem}.atom"].body)
        rss = ET.fromstring(feeds[f"{stem}.rss"].body)
        assert [element.text for element in atom.findall(f"{ATOM}entry/{ATOM}id")] == ids
        assert [element.text for element in rss.iter("guid")] == ids


def test_unchanged_feed_is_not_sent_again(feeds: dict[str, Answer], site: Site) -> None:
    """F9."""
    for path, answer in feeds.items():
        for asked, given in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
            again = site.get(path, **{asked: answer.headers[given]})
            assert (again.status, again.body) == (304, b""), f"{path} {asked}"
        head = site.send("HEAD", path)
        assert (head.status, head.body, head.headers["etag"]) == (200, b"", answer.headers["etag"])


def test_feeds_may_be_read_by_other_sites(feeds: dict[str, Answer]) -> None:
    assert {answer.headers["cross-origin-resource-policy"] for answer in feeds.values()} == {"cross-origin"}


def _self_links(element: ET.Element, rel: str) -> list[str | None]:
    return [link.get("href") for link in element.findall(f"{ATOM}link") if link.get(rel) == "self"]


def _assert_unique(path: str, ids: list[str]) -> None:
    assert all(ids), path
    assert len(set(ids)) == len(ids), path


def _assert_absolute(path: str, html: str | None) -> None:
    """No address in the text depends on where it is read, and nothing in it is a program."""
    assert RELATIVE.findall(html or "") == [], path
    assert "<script" not in (html or ""), path
