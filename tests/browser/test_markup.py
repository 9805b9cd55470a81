"""What machines read in a page: HTML by the Nu checker, microformats2 by mf2py."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import mf2py
import pytest

from tests.browser import tools
from tests.browser.conftest import folder
from tests.browser.content import WORD
from tests.browser.kinds import KINDS, NAMED, POSTS, Kind
from tests.browser.served import Site

Item = dict[str, Any]
every_post = pytest.mark.parametrize("kind", POSTS, ids=str)


def test_html_checker_finds_no_error(site: Site) -> None:
    """One run of Java over all of the pages, which stay in `build/pages`."""
    pages = folder("pages")
    for kind in KINDS:
        (pages / f"{kind}.html").write_bytes(kind.answer(site).body)
    java, jar = tools.program("java"), str(tools.file("vnu-jar"))
    files = [str(pages / f"{kind}.html") for kind in KINDS]
    ran = subprocess.run(
        [java, "-jar", jar, "--format", "json", "--exit-zero-always", *files],
        capture_output=True,
        text=True,
        check=True,
    )
    messages = json.loads(ran.stderr)["messages"]
    said = [f"{m['url'].rpartition('/')[2]}:{m.get('lastLine')}: {m['message']}" for m in messages]
    errors = [line for line, m in zip(said, messages, strict=True) if m["type"] == "error"]
    print("\n".join(line for line in said if line not in errors))
    assert errors == []


@every_post
def test_post_is_one_entry_with_everything_that_a_reader_s_program_asks_for(kind: Kind, site: Site) -> None:
    """M1 to M4: what stands at the top level is the post alone."""
    entry = _only_entry(site, kind)
    permalink = site.address + kind.at(site)
    assert entry["url"] == [permalink]
    assert entry["content"][0]["value"].strip()
    assert entry["published"][0][-6:].startswith(("+", "-")) or entry["published"][0].endswith("Z")
    (author,) = entry["author"]
    assert author["type"] == ["h-card"]
    assert author["properties"]["name"] == ["Maren Holt"]
    assert author["properties"]["url"][0].startswith(site.address)
    assert all("h-cite" in reply["type"] for reply in entry.get("comment", []))


def test_post_without_a_title_has_no_name(site: Site) -> None:
    names = {kind.name: _only_entry(site, kind).get("name") for kind in POSTS}
    assert [kind for kind, name in names.items() if not name] == ["post-untitled"]
    assert names["post-code"] == ["Code"]


def test_tags_are_categories_and_a_changed_post_says_when(site: Site) -> None:
    assert set(_only_entry(site, NAMED["post-code"])["category"]) == {"trials", "trial code", "رسائل", WORD}
    changed = [kind.name for kind in POSTS if "updated" in _only_entry(site, kind)]
    assert changed == ["post-changed"]


def test_every_reply_is_cited_with_its_own_author_address_and_text(site: Site) -> None:
    replies = _only_entry(site, NAMED["post-crowd"])["comment"]
    assert len(replies) == 50
    for reply in replies:
        said = reply["properties"]
        assert said["url"][0].startswith(f"{site.address}/posts/crowd/comments/")
        assert said["author"][0]["properties"]["name"][0] in ("Ann", "Maren Holt")
        assert said["published"]
        assert said["content"][0]["html"]


def test_front_page_is_a_feed_of_entries(site: Site) -> None:
    """M5: the entries are the feed's children."""
    for name in ("home", "home-older"):
        (feed,) = [item for item in _items(site, NAMED[name]) if "h-feed" in item["type"]]
        assert len(feed["children"]) >= 10
        for entry in feed["children"]:
            assert entry["type"] == ["h-entry"]
            assert entry["properties"]["url"][0].startswith(f"{site.address}/posts/")
            assert entry["properties"]["published"]


def test_front_page_says_who_the_author_is(site: Site) -> None:
    """M6: https://microformats.org/wiki/representative-h-card-parsing"""
    parsed = mf2py.parse(NAMED["home"].answer(site).text, url=f"{site.address}/")
    cards = [item["properties"] for item in _all(parsed["items"]) if "h-card" in item["type"]]
    home = f"{site.address}/"
    me = parsed["rels"].get("me", [])
    both = [card for card in cards if home in card.get("url", []) and home in card.get("uid", [])]
    mine = [card for card in cards if set(card.get("url", [])) & set(me)]
    alone = [card for card in cards if len(cards) == 1 and home in card.get("url", [])]
    chosen = (both or mine or alone)[:1]
    assert [card["name"] for card in chosen] == [["Maren Holt"]]


def _items(site: Site, kind: Kind) -> list[Item]:
    found: list[Item] = mf2py.parse(kind.answer(site).text, url=site.address + kind.at(site))["items"]
    return found


def _only_entry(site: Site, kind: Kind) -> Item:
    (item,) = [item for item in _items(site, kind) if "h-entry" in item["type"]]
    properties: Item = item["properties"]
    return properties


def _all(items: list[Item]) -> Iterator[Item]:
    """Items with all that are nested in them."""
    for item in items:
        yield item
        yield from _all(item.get("children", []))
        for values in item["properties"].values():
            yield from _all([value for value in values if isinstance(value, dict) and "type" in value])
