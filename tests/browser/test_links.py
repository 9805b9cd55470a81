"""Every link leads somewhere, and none to what is not public."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest

from chalicelib.core.text import slugify
from tests import page
from tests.browser import content
from tests.browser.content import HELD, HIDDEN, SERIES, marker
from tests.browser.crawling import Crawl, Links
from tests.browser.kinds import KINDS
from tests.browser.served import Answer, Site, settled
from tests.dev.test_serve import wait_until

UNSEEN = [marker(state) for state in HIDDEN] + [marker(f"{state}reply") for state in HELD]
"""The static pages' markers begin like those of the posts."""
ADDRESSES = (
    "/posts/{0}",
    "/posts/{0}/comments",
    "/posts/{0}/comments/feed.atom",
    "/{0}page",
    "/posts/{0}page",
    "/tags/{0}",
    "/tags/{0}/feed.json",
    "/tags/{0}page",
    "/series/{0}",
)
PRIVATE = ("received", "likes", "desk", "link")
OPEN = [kind for kind in KINDS if kind.status == 200 and not kind.name.startswith(PRIVATE)]


def test_every_link_leads_to_something_public(site: Site) -> None:
    """One crawl. Three hundred tags have nine hundred feeds: those of every tenth are enough."""
    crawl = Crawl(site, re.compile(r"/tags/tag-\d\d[1-9]/feed")).follow("/", "/robots.txt")
    unlisted = f"/posts/{marker('unlisted')}"
    private = [target for target in crawl.answers if target.startswith(("/replies/", "/api/"))]
    missed = {kind.at(site) for kind in OPEN} - set(crawl.answers)
    # Nothing leads to a preview but the link that its author gives away.
    previews = {kind.at(site) for kind in OPEN if kind.at(site).startswith("/preview/")}
    assert previews
    assert (crawl.broken(), crawl.telling(UNSEEN), private, missed) == ({}, [], [], {unlisted, *previews})
    assert {"/sitemap.xml", "/manifest.webmanifest", "/tags/tag-299", "/comments/feed.rss"} <= set(
        crawl.answers
    )


def test_unlisted_post_is_told_of_at_its_own_address_alone(site: Site) -> None:
    """Whatever its page leads to says nothing of it, and is there."""
    for own in (f"/posts/{marker('unlisted')}", f"/{marker('unlistedpage')}"):
        page = site.get(own)
        assert marker("unlisted") in page.text
        linked = {site.local(urljoin(own, url)) for url in Links(page.text).addresses}
        for target in linked - {None}:
            answer = site.get(str(target))
            assert answer.status == 200, f"{target} on {own}"
            assert str(target).startswith(own) or marker("unlisted") not in answer.text, f"{target} on {own}"


@pytest.mark.parametrize("state", HIDDEN)
def test_hidden_posts_are_told_of_at_no_address(state: str, site: Site) -> None:
    """What is answered for a word that never was one is answered for a hidden one."""
    word, other = marker(state), "y" * len(marker(state))
    for pattern in ADDRESSES:
        path = pattern.format(word)
        if state == "unlisted" and path.startswith((f"/posts/{word}", f"/{word}page")):
            continue
        answer, nothing = site.get(path), site.get(pattern.format(other))
        if (state, answer.status) == ("deleted", 410):
            assert word not in f"{answer.headers}{answer.text}", path
        else:
            assert _known(answer, word) == _known(nothing, other), path


def test_hidden_posts_are_not_counted(site: Site) -> None:
    """Nor do they leave a gap on a page of a list."""
    public = {item["url"] for item in _every_item(site, "/api/posts?status=published&limit=100")}
    pages = list(_turning(site, "/"))
    shown = [url for page in pages for url in page]
    assert {url for url in shown if "/posts/" in url} == public
    assert {len(page) for page in pages[1:-1]} == {10}
    tagged = [
        item
        for item in _every_item(site, "/api/posts?status=published&limit=100")
        if "trials" in item["tags"]
    ]
    assert _count(site, "/tags", "/tags/trials") == len(tagged)
    assert _count(site, "/series", f"/series/{slugify(SERIES)}") == 3
    march = [
        item
        for item in _every_item(site, "/api/posts?limit=100")
        if item["published_at"].startswith("2023-03")
    ]
    assert _count(site, "/archive", "/archive/2023/03") == len(march)


def test_hidden_posts_and_replies_leave_every_tag_of_a_page_as_it_was(site: Site) -> None:
    paths = (
        "/",
        "/tags",
        "/tags/trials",
        "/archive",
        "/feed.atom",
        "/comments/feed.atom",
        "/sitemap.xml",
        "/author",
    )
    wait_until(lambda: settled(site))
    before = [site.get(path).headers["etag"] for path in (*paths, "/posts/plain")]
    for state in ("draft", "unlisted"):
        site.api(
            "POST", "/api/posts", title=f"{marker(state)} again", body="b", tags=["trials"], status=state
        )
    content.reply(site, "plain", f"{marker('pendingreply')} again", status="pending")
    assert [site.get(path).headers["etag"] for path in (*paths, "/posts/plain")] == before


def _known(answer: Answer, word: str) -> tuple[int, str]:
    """An answer without the number of its request and the word that was asked for."""
    text = answer.text.replace(answer.headers["x-request-id"], "").replace(word, "")
    return answer.status, text


def _every_item(site: Site, path: str) -> list[dict[str, Any]]:
    found = site.api("GET", path)
    assert not found["cursor"]
    return list(found["items"])


def _turning(site: Site, path: str | None) -> Iterator[list[str]]:
    """The addresses of the posts on each page of a list, the pinned ones left out."""
    while path:
        text = site.get(path).text
        cards = list(page.classed(text, "h-entry"))
        yield [
            site.address + a.get("href")
            for card in cards
            for a in card.iter("a")
            if "u-url" in a.get("class", "")
        ]
        path = page.link(text, "next")


def _count(site: Site, path: str, target: str) -> int:
    """The number beside a link in a list of names."""
    items = [
        li
        for li in page.parse(site.get(path).text).iter("li")
        if any(a.get("href") == target for a in li.iter("a"))
    ]
    return int(re.findall(r"\d+", page.words(items[0].find("span")))[0])
