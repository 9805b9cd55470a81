"""Items that are not as this version writes them cost one entry, never the feed."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.comments import store as comment_store
from chalicelib.core import table
from chalicelib.core.table import Item, Key, Put
from chalicelib.posts import store as post_store
from tests.blog import Blog
from tests.feeds.formats import FORMATS, fetch

WRONG: list[Any] = [None, 5, "text", True, [], {}, b"\x00"]
GONE = object()
CARD = "id slug title status published_at updated_at tags summary excerpt language image type".split()
ROW = "name html at website is_author wpk".split()


@pytest.fixture
def kept(engine_blog: Blog) -> Blog:
    """A good post, and an odd one with a reply and everything that a post can have."""
    engine_blog.post("Good", tags=["a"])
    engine_blog.reply("good", "Good reply", name="Good")
    post = engine_blog.post("Odd", "Text", tags=["a"], summary="s", language="ar", image="/x.png")
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", body="Better")
    engine_blog.reply("odd", "Odd reply", name="Odd", website="https://a.example")
    return engine_blog


def failures(kept: Blog, key: Key, names: list[str], stems: dict[str, str]) -> list[str]:
    """The changes to an item that break one of the feeds: {feed: what it must still hold}."""
    item = table.get(key)
    assert item is not None
    found = []
    for name in names:
        # What is a key of an index is always text.
        for value in ("text", "REPLIES#x") if name == "wpk" else (GONE, *WRONG):
            broken: Item = {**item, name: value}
            table.write(Put({part: held for part, held in broken.items() if held is not GONE}))
            found += [f"{name}={value!r}: {wrong}" for wrong in broken_feeds(kept, stems)]
            table.write(Put(item))
    return found


def broken_feeds(kept: Blog, stems: dict[str, str]) -> list[str]:
    found = []
    for stem, words in stems.items():
        for kind in FORMATS:
            got = kept.get(f"{stem}.{kind}")
            if got.status != 200 or not any(
                words in (item.title or "") for item in fetch(kept, stem, kind).items
            ):
                found.append(f"{stem}.{kind} {got.status}")
    return found


EVERYWHERE = {"/feed": "Good", "/comments/feed": "Good", "/tags/a/feed": "Good"}


@pytest.mark.parametrize("name", CARD)
def test_a_malformed_card_costs_its_entry_alone(kept: Blog, name: str) -> None:
    assert failures(kept, post_store.card_key("odd"), [name], EVERYWHERE) == []


def test_a_malformed_text_costs_itself_alone(kept: Blog) -> None:
    found = {**EVERYWHERE, "/feed": "Odd"}
    assert failures(kept, post_store.body_key("odd"), ["html", "renderer", "revision"], found) == []


@pytest.mark.parametrize("name", ROW)
def test_a_malformed_reply_costs_its_entry_alone(kept: Blog, name: str) -> None:
    row = comment_store.rows_from("odd", comment_store.ROW, 1).items[0]
    assert failures(kept, comment_store.row_key("odd", row.path), [name], {"/comments/feed": "Good"}) == []


def test_sitemaps_pass_over_what_cannot_be_read(kept: Blog) -> None:
    item = table.get(post_store.card_key("odd"))
    assert item is not None
    for name in ("id", "status", "slug", "published_at", "updated_at"):
        for value in WRONG:
            table.write(Put({**item, name: value}))
            month = str(item["published_at"])[:7]
            got = kept.get(f"/sitemaps/{month}.xml")
            assert (got.status, "/posts/good" in got.text) == (200, True), f"{name}={value!r}"
    table.write(Put({"pk": "MONTHS", "sk": "no month", "n": 5}))
    table.write(Put({"pk": "MONTHS", "sk": "2020-01", "n": "x"}))
    assert "/sitemaps/pages.xml" in kept.get("/sitemap.xml").text


@pytest.mark.parametrize("kind", FORMATS)
def test_stored_characters_that_xml_forbids_are_left_out(kept: Blog, kind: str) -> None:
    odd = "\x00\x0b\x1f\ufffe\uffff"
    for key, names in (
        (post_store.card_key("odd"), ("title", "summary", "excerpt")),
        (("SITE", "-"), ("title", "description", "author")),
    ):
        item = table.get(key)
        assert item is not None
        table.write(Put({**item, **dict.fromkeys(names, f"Odd{odd}"), "tags": [f"a{odd}"]}))
    assert fetch(kept, "/feed", kind).items
    assert fetch(kept, "/comments/feed", kind).items
