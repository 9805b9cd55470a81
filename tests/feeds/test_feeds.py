"""Every feed in every format: valid, whole, and saying the same."""

from __future__ import annotations

import json
import re
import uuid
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import feedparser
import pytest

from chalicelib.core import table
from chalicelib.core.table import Put
from chalicelib.posts import store as post_store
from chalicelib.posts.model import Body
from tests.blog import Blog
from tests.comments.threads import grow
from tests.conftest import Moment
from tests.feeds.formats import FORMATS, Read, fetch, read

TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
}
HTTPS = "https://localhost"
CODE = "```html\n<a href='/x'>]]></a>\n```\n\nText with [a link](/about), ![a picture](a.png) and a note[^1].\n\n[^1]: So."
ODD: list[tuple[str, str, dict[str, Any]]] = [
    ("Tom & Jerry <b>bold</b> &amp; “quoted”", CODE, {"tags": ["A & B", "<c>", "é"]}),
    ("", "No title, and “some” words & <i>tags</i> ]]> to begin with. " * 9, {}),
    ("مرحبا بالعالم", "مرحبا **بكم** في المدونة.", {"language": "ar", "tags": ["لغة"]}),
    ("\U0001f600 \U0001f469\U0001f3fd\u200d\U0001f680 ]]>", "\U0001f600", {}),
    ("Only a title", "", {}),
    ("", "\U0001f600", {}),
    ("Long " + "word" * 60, "x" * 3000, {"summary": "1 < 2 & <i>3</i> &nbsp; ]]>"}),
    ("Many tags", "t", {"tags": [f"tag {number}" for number in range(30)]}),
]


@pytest.fixture
def odd(engine_blog: Blog, moment: Moment) -> Blog:
    """Posts of every odd kind, an hour apart, the first of them edited and answered."""
    settings = {"title": "Blog & “sons” <3", "description": "A < B & C", "author": "Ann & <Bo>"}
    engine_blog.api("PATCH", "/api/settings", **settings, author_picture="/me.jpg")
    for number, (title, body, fields) in enumerate(ODD):
        moment.forward(hours=1)
        post = engine_blog.post(title, body, slug=f"odd-{number}", **fields)
        if number == 0:
            moment.forward(hours=1)
            engine_blog.api("PATCH", f"/api/posts/{post['id']}", summary="A better summary")
    first = engine_blog.reply(
        "odd-0", "First ]]> [link](/x)", name="Ann <b>", website="https://ann.example/?a&b"
    )
    moment.forward(minutes=1)
    engine_blog.reply("odd-0", "Second", name="\U0001f600", parent=first.partition(".")[2])
    moment.forward(minutes=1)
    engine_blog.api("POST", "/posts/odd-1/comments", body="By the author")
    moment.forward(minutes=1)
    return engine_blog


STEMS = [
    "/feed",
    "/tags/a-b/feed",
    "/tags/%D9%84%D8%BA%D8%A9/feed",
    "/comments/feed",
    "/posts/odd-0/comments/feed",
]


def test_every_feed_is_what_its_standard_asks_for(odd: Blog) -> None:
    for stem, kind in product([*STEMS, "/posts/odd-4/comments/feed"], FORMATS):
        assert_valid(odd, stem, kind)


def assert_valid(odd: Blog, stem: str, kind: str) -> None:
    got = odd.get(f"{stem}.{kind}")
    assert got.status == 200
    assert got.headers["content-type"] == TYPES[kind]
    assert got.headers["cross-origin-resource-policy"] == "cross-origin"
    assert got.headers["access-control-allow-origin"] == "*"
    found = read(got, kind)
    assert found.itself == f"{HTTPS}{stem}.{kind}"
    assert found.page.startswith(HTTPS)
    assert set(found.others) == (
        {f"{HTTPS}{stem}.{other}" for other in FORMATS if other != kind} if kind != "json" else set()
    )
    ids = [item.id for item in found.items]
    assert len(set(ids)) == len(ids)
    for item in found.items:
        assert uuid.UUID(item.id).version == 5
        assert item.id == item.id.lower()
        assert item.url.startswith(f"{HTTPS}/posts/odd-")
        assert datetime(2026, 11, 23, tzinfo=UTC) < item.published <= (item.updated or item.published)
    if kind != "json":
        parsed = feedparser.parse(got.text.encode())
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert parsed.version == {"atom": "atom10", "rss": "rss20"}[kind]
        assert len(parsed.entries) == len(ids)


def test_the_formats_say_the_same(odd: Blog) -> None:
    for stem in STEMS:
        assert_same(*(fetch(odd, stem, kind) for kind in FORMATS))


def assert_same(atom: Read, rss: Read, other: Read) -> None:
    assert atom.items
    for both in zip(atom.items, rss.items, other.items, strict=True):
        for name in ("id", "url", "published", "author", "tags", "language"):
            assert len({str(getattr(item, name)) for item in both}) == 1, name
    assert len({(found.title, found.page, found.language) for found in (atom, rss, other)}) == 1
    assert atom.updated == rss.updated == max(item.updated for item in atom.items if item.updated)


def by_url(found: Read) -> dict[str, Any]:
    return {item.url.rpartition("-")[2]: item for item in found.items}


def test_a_post_is_there_as_it_was_written(odd: Blog) -> None:
    for kind in FORMATS:
        found = fetch(odd, "/feed", kind)
        assert found.title == "Blog & “sons” <3"
        assert [item.url.rpartition("-")[2] for item in found.items] == [str(n) for n in range(len(ODD))][
            ::-1
        ]
        for number, (title, _, fields) in enumerate(ODD):
            item = by_url(found)[str(number)]
            assert item.tags == fields.get("tags", [])
            assert item.author == "Ann & <Bo>"
            assert item.language == fields.get("language")
            if title or kind != "atom":
                assert item.title == (title or None)
        first = by_url(found)["0"]
        assert first.published == datetime(2026, 11, 23, 13, tzinfo=UTC)
        assert first.updated == first.published + timedelta(hours=1)
        assert first.summary == "A better summary"


def test_atom_calls_a_post_without_a_title_by_its_first_words(odd: Blog) -> None:
    titles = {number: item.title for number, item in by_url(fetch(odd, "/feed", "atom")).items()}
    assert titles["1"] == "No title, and “some” words & tags ]]> to begin with. No…"
    assert titles["5"] == "\U0001f600"


def test_content_is_whole_and_its_addresses_are_full(odd: Blog) -> None:
    for kind in FORMATS:
        html = by_url(fetch(odd, "/feed", kind))["0"].html
        assert "]]&gt;" in html
        assert f'href="{HTTPS}/about"' in html
        assert f'src="{HTTPS}/posts/a.png"' in html
        assert f'href="{HTTPS}/posts/odd-0#fn-1"' in html
        assert not re.search(r'(?:href|src)="(?!https://localhost/|mailto:)', html)
        assert "&#39;/x&#39;" in html or "'/x'" in html


def test_what_is_written_from_the_right_says_so(odd: Blog) -> None:
    html = by_url(fetch(odd, "/feed", "json"))["2"].html
    assert html.startswith('<div lang="ar" dir="rtl"><p>')
    assert "dir=" not in by_url(fetch(odd, "/feed", "json"))["1"].html


def test_a_description_in_rss_is_html(odd: Blog) -> None:
    described = {number: item.summary for number, item in by_url(fetch(odd, "/feed", "rss")).items()}
    assert described["6"] == "1 &lt; 2 &amp; &lt;i&gt;3&lt;/i&gt; &amp;nbsp; ]]&gt;"
    assert described["5"] == "\U0001f600"
    assert described["4"] is None


def test_rss_writes_plain_text_as_its_profile_does(odd: Blog) -> None:
    text = odd.get("/feed.rss").text
    assert "<title>Tom &#x26; Jerry &#x3C;b&#x3E;bold&#x3C;/b&#x3E; &#x26;amp; “quoted”</title>" in text


def test_each_post_names_where_its_replies_are(odd: Blog) -> None:
    entry = ET.fromstring(odd.get("/feed.atom").text).findall("{*}entry")[-1]
    (link,) = [link for link in entry.findall("{*}link") if link.get("rel") == "replies"]
    assert link.attrib["href"] == f"{HTTPS}/posts/odd-0/comments/feed.atom"
    assert link.attrib["type"] == "application/atom+xml"
    item = ET.fromstring(odd.get("/feed.rss").text).findall("channel/item")[-1]
    assert item.findtext("comments") == f"{HTTPS}/posts/odd-0#conversation"
    assert odd.get("/posts/odd-0/comments/feed.atom").status == 200


def test_a_json_feed_shows_the_author_and_the_picture(odd: Blog) -> None:
    feed = odd.get("/feed.json").json
    assert feed["authors"] == [{"name": "Ann & <Bo>", "url": f"{HTTPS}/author", "avatar": f"{HTTPS}/me.jpg"}]
    assert feed["items"][-1]["image"] == f"{HTTPS}/posts/a.png"
    assert "image" not in feed["items"][0]
    assert feed["description"] == "A < B & C"


# --- replies ---------------------------------------------------------------------------------


def test_replies_stand_newest_first_with_whom_they_answer(odd: Blog) -> None:
    for kind in FORMATS:
        posts = {number: item.id for number, item in by_url(fetch(odd, "/feed", kind)).items()}
        everywhere = fetch(odd, "/comments/feed", kind).items
        assert [item.author for item in everywhere] == ["Ann & <Bo>", "\U0001f600", "Ann <b>"]
        here = fetch(odd, "/posts/odd-0/comments/feed", kind).items
        assert here == everywhere[1:]
        assert here[0].url.startswith(f"{HTTPS}/posts/odd-0/comments/")
        if kind != "json":
            assert [item.answers for item in everywhere] == [posts["1"], here[1].id, posts["0"]]
        html = here[1].html or here[1].summary or ""
        assert "First ]]&gt;" in html
        assert f'href="{HTTPS}/x"' in html


def test_a_reply_links_to_its_writer(odd: Blog) -> None:
    first = odd.get("/posts/odd-0/comments/feed.json").json["items"][-1]
    assert first["authors"] == [{"name": "Ann <b>", "url": "https://ann.example/?a&b"}]
    author = odd.get("/comments/feed.json").json["items"][0]["authors"]
    assert author == [{"name": "Ann & <Bo>", "url": f"{HTTPS}/author", "avatar": f"{HTTPS}/me.jpg"}]
    assert first["title"] == "Ann <b> · Tom & Jerry <b>bold</b> &amp; “quoted”"


# --- ids -------------------------------------------------------------------------------------


def test_ids_stay_whatever_happens(odd: Blog) -> None:
    before = {stem: [item.id for item in fetch(odd, stem, "atom").items] for stem in STEMS}
    post = odd.api("GET", "/api/posts?limit=20").json["items"][-1]
    odd.api("PATCH", f"/api/posts/{post['id']}", slug="renamed", title="Another", body="Other words")
    assert [item.id for item in fetch(odd, "/feed", "atom").items] == before["/feed"]
    assert [item.id for item in fetch(odd, "/posts/renamed/comments/feed", "atom").items] == before[
        "/posts/odd-0/comments/feed"
    ]


def test_ids_are_made_of_a_name_space_that_never_changes() -> None:
    from chalicelib.feeds.entries import stable_id

    assert stable_id("1m83w0afmkynz") == "urn:uuid:159f9275-12c2-5e96-88a7-e2cd838fc49b"


# --- how much --------------------------------------------------------------------------------


def write_body(slug: str, html: str) -> None:
    item = table.get(post_store.body_key(slug))
    assert item is not None
    table.write(Put({**item, "html": Body.of(html, 1, 1).deflated}))


@pytest.mark.parametrize(
    ("letters", "whole"),
    [("a", 11), ("<i>&amp;</i>", 6), ("م", 5), ("漢", 7), ("\\\n", 4), ("\U0001f600", 5)],
)
def test_past_four_megabytes_there_are_summaries(engine_blog: Blog, letters: str, whole: int) -> None:
    """An answer holds six, of what it takes in JSON that is all ASCII."""
    for number in range(12):
        engine_blog.post(f"Post {number}", published_at=f"2026-01-{number + 1:02}", summary=f"Sum {number}")
        write_body(f"post-{number}", letters * (350_000 // len(letters.encode())))
    for kind in FORMATS:
        got = engine_blog.get(f"/feed.{kind}")
        assert got.status == 200
        assert len(json.dumps({"body": got.text})) < 6_000_000
        items = read(got, kind).items
        full = [len(item.html or "") > 50_000 for item in items]
        assert full == [True] * whole + [False] * (12 - whole)
        assert all("Sum" in (item.summary or "") for item in items)


def test_a_post_that_is_too_long_leaves_the_others_whole(engine_blog: Blog) -> None:
    for number, letters in enumerate((9, 2_500_000, 9, 2_500_000, 9)):
        engine_blog.post(f"Post {number}", published_at=f"2026-01-{number + 1:02}", summary="Sum")
        write_body(f"post-{number}", "a" * letters)
    for kind in FORMATS:
        full = [len(item.html or "") for item in fetch(engine_blog, "/feed", kind).items]
        assert [length > 5 for length in full] == [True, True, True, False, True]


def test_twenty_posts_and_fifty_replies(engine_blog: Blog) -> None:
    for number in range(22):
        engine_blog.post(f"Post {number}", published_at=f"2026-01-{number + 1:02}")
    grow("post-0", [None] * 55)
    for kind in FORMATS:
        assert fetch(engine_blog, "/feed", kind).titles == [f"Post {number}" for number in range(21, 1, -1)]
        replies = fetch(engine_blog, "/comments/feed", kind).items
        assert [item.author for item in replies] == [f"Reader {number}" for number in range(54, 4, -1)]
        assert fetch(engine_blog, "/posts/post-0/comments/feed", kind).items == replies


def test_an_empty_blog_has_feeds_too(engine_blog: Blog) -> None:
    for stem, kind in product(["/feed", "/comments/feed"], FORMATS):
        assert fetch(engine_blog, stem, kind).items == []


# --- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/feed", "/feed.rss"),
        ("/comments/feed", "/comments/feed.rss"),
        ("/tags/a-b/feed", "/tags/a-b/feed.rss"),
        ("/posts/odd-0/comments/feed", "/posts/odd-0/comments/feed.rss"),
        ("/tags/A%20B/feed.atom", "/tags/a-b/feed.atom"),
        ("/tags/%C3%A9/feed.json", "/tags/e/feed.json"),
        ("/posts/ODD-0/comments/feed.json", "/posts/odd-0/comments/feed.json"),
        ("/posts/older/comments/feed.rss", "/posts/odd-0/comments/feed.rss"),
        ("/feed.atom/", "/feed.atom"),
        ("/feed/", "/feed.rss"),
    ],
)
def test_other_spellings_lead_to_the_one_address(engine_blog: Blog, asked: str, led: str) -> None:
    post = engine_blog.post("Older", tags=["A b", "é"])
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", slug="odd-0")
    got = engine_blog.get(asked)
    assert (got.status, got.headers["location"]) == (301, led)


def test_there_is_no_feed_of_what_is_not_there(engine_blog: Blog) -> None:
    engine_blog.post("About", type="page")
    for stem in ("/tags/none", "/tags/%20", "/posts/none/comments", "/posts/about/comments"):
        for kind in FORMATS:
            assert engine_blog.get(f"{stem}/feed.{kind}").status == 404


def test_a_stage_stands_in_every_address(engine_blog: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.core.config import config

    monkeypatch.setenv("PUBLIC_URL", "https://example.org/blog")
    config.cache_clear()
    engine_blog.post("Post", "[a](/x)")
    found = fetch(engine_blog, "/feed", "atom")
    assert found.itself == "https://example.org/blog/feed.atom"
    assert found.items[0].url == "https://example.org/blog/posts/post"


def test_many_replies_to_an_unlisted_post_hide_no_other(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    engine_blog.reply("open", "Seen by all")
    engine_blog.post("Unlisted", status="unlisted")
    grow("unlisted", [None] * 130)
    assert [item["content_html"] for item in engine_blog.get("/comments/feed.json").json["items"]] == [
        "<p>Seen by all</p>"
    ]
