"""What a post says of itself: where it was first published, what it warns of, when its conversation closes, and
how it begins.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from chalicelib.core.markup import render_post
from chalicelib.core.markup.opening import opening
from tests import page
from tests.blog import Blog
from tests.conftest import Moment

FEEDS = ("/feed.atom", "/feed.rss", "/feed.json")
SECRET, WARNING = "THE-BUTLER-DID-IT", "Tells <how> the film ends"
ELSEWHERE = "https://elsewhere.example/first"


# --- what the blog keeps itself --------------------------------------------------------------

OWNED: dict[str, Any] = {
    **dict.fromkeys("id url html excerpt announced_at".split(), "x"),
    **dict.fromkeys("words version revision likes replies".split(), 7),
    **dict.fromkeys("created_at updated_at deleted_at first_published".split(), "2020-01-01T00:00:00Z"),
    **dict.fromkeys("summary_generated was_public".split(), True),
    "older_slugs": ["x"],
    "taken_slugs": ["x"],
    "home": "x",
}


@pytest.mark.parametrize("name", OWNED)
@pytest.mark.parametrize("kind", ["json", "markdown"])
def test_what_the_blog_keeps_itself_cannot_be_sent(engine_blog: Blog, name: str, kind: str) -> None:
    post = engine_blog.post("Kept")
    if kind == "json":
        sent, headers = json.dumps({name: OWNED[name]}), {"Content-Type": "application/json"}
    else:
        sent, headers = f"---\n{name}: {OWNED[name]}\n---\n", {"Content-Type": "text/markdown"}
    headers["Authorization"] = f"Bearer {engine_blog.token}"
    for method, target in (("POST", "/api/posts"), ("PATCH", f"/api/posts/{post['id']}")):
        got = engine_blog.send(method, target, body=sent, headers=headers)
        assert got.status == 422
        (error,) = got.json["errors"]
        assert error["field"] == name
        assert error["detail"] == f"“{name}” is kept by the blog itself and cannot be sent; leave it out."
    now = engine_blog.api("GET", f"/api/posts/{post['id']}").json
    assert {**now, "warnings": []} == post


# --- first published elsewhere ---------------------------------------------------------------


def test_a_post_that_was_first_published_elsewhere_says_so(engine_blog: Blog) -> None:
    engine_blog.post("Copied", canonical_url=ELSEWHERE)
    read = page.parse(engine_blog.get("/posts/copied").text)
    assert [link.get("href") for link in read.iterfind(".//link[@rel='canonical']")] == [ELSEWHERE]
    assert read.find(".//meta[@property='og:url']").get("content") == ELSEWHERE
    assert read.find(".//a[@class='u-url u-uid']").get("href") == "/posts/copied"
    data = json.loads(read.find(".//script[@type='application/ld+json']").text)
    assert (data["url"], data["sameAs"]) == ("https://localhost/posts/copied", ELSEWHERE)
    assert "First published at" in page.words(read.find(".//main"))
    for feed in FEEDS[:2]:
        assert f'rel="canonical" type="text/html" href="{ELSEWHERE}"' in engine_blog.get(feed).text
    # A sitemap names canonical addresses alone.
    month = engine_blog.get("/sitemap.xml").text.partition("/sitemaps/2")[2][:6]
    part = engine_blog.get(f"/sitemaps/2{month}.xml")
    assert (part.status, "/posts/copied" in part.text) == (200, False)
    assert engine_blog.api("GET", "/api/posts").json["items"][0]["canonical_url"] == ELSEWHERE


@pytest.mark.parametrize(
    "url", ["https://localhost/posts/other", "http://LOCALHOST:80/x", "http://localhost"]
)
def test_it_is_never_an_address_of_the_blog_itself(engine_blog: Blog, url: str) -> None:
    got = engine_blog.api("POST", "/api/posts", title="A", canonical_url=url)
    assert got.status == 422
    assert "leave it out" in got.json["errors"][0]["detail"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//elsewhere.example/", "elsewhere", 'https://a.b/"x']
)
def test_it_is_a_web_address(engine_blog: Blog, url: str) -> None:
    assert engine_blog.api("POST", "/api/posts", title="A", canonical_url=url).status == 422


def test_it_can_be_taken_back(engine_blog: Blog) -> None:
    post = engine_blog.post("Copied", canonical_url=ELSEWHERE)
    assert engine_blog.api("PATCH", f"/api/posts/{post['id']}", canonical_url="").status == 200
    assert ELSEWHERE not in engine_blog.get("/posts/copied").text


# --- a warning -------------------------------------------------------------------------------


def warned(blog: Blog, title: str = "A film", **fields: Any) -> dict[str, Any]:
    body = f"# {SECRET}\n\n![{SECRET}](https://pictures.example/{SECRET}.png)\n\n{SECRET} in the library."
    return blog.post(title, body, slug="film", tags=["films"], content_warning=WARNING, **fields)


def test_a_text_is_folded_away_behind_its_warning(blog: Blog) -> None:
    warned(blog)
    read = page.parse(blog.get("/posts/film").text)
    (folded,) = read.iterfind(".//details[@class='warned']")
    assert page.words(folded.find("summary")) == f"Content warning: {WARNING}"
    assert "open" not in folded.attrib
    assert SECRET in page.words(folded)
    # Whatever is read of the page without unfolding it tells nothing.
    outside = blog.get("/posts/film").text.partition('<details class="warned">')
    assert SECRET not in outside[0] + outside[2].partition("</details>")[2]


@pytest.mark.parametrize("title", ["A film", ""])
def test_other_places_show_the_warning_and_not_the_text(blog: Blog, title: str) -> None:
    warned(blog, title, summary=f"In short: {SECRET}.")
    blog.post("Beside it", tags=["films"])
    shown = "Tells &lt;how&gt; the film ends"
    lists = ["/", "/tags/films", "/author", "/posts/beside-it", "/archive/2026", "/posts/film/likes"]
    for path in lists:
        assert SECRET not in blog.get(path).text, path
    for path in lists[:2]:
        assert f"Content warning: {shown}" in blog.get(path).text
    for name in ("description", "og:description"):
        found = page.parse(blog.get("/posts/film").text).find(
            f".//meta[@{'name' if ':' not in name else 'property'}='{name}']"
        )
        assert found.get("content") == f"Content warning: {WARNING}"


@pytest.mark.parametrize("kind", ["post", "page"])
def test_an_address_is_not_made_of_a_text_behind_a_warning(engine_blog: Blog, kind: str) -> None:
    post = engine_blog.post("", f"In the end {SECRET}.", type=kind, content_warning=WARNING)
    assert post["slug"].startswith("tells-how-the-film-ends")
    for path in ("/", "/archive", "/sitemap.xml"):
        assert "in-the-end" not in engine_blog.get(path).text


def test_feeds_say_the_warning_first_and_fold_the_text(engine_blog: Blog) -> None:
    warned(engine_blog)
    (item,) = engine_blog.get("/feed.json").json["items"]
    assert item["summary"] == f"Content warning: {WARNING}"
    assert item["content_html"].startswith(
        "<p><strong>Content warning: Tells &lt;how&gt; the film ends</strong></p>"
    )
    assert item["content_html"].index("<details>") < item["content_html"].index(SECRET)
    assert item["content_html"].endswith("</details>")
    assert "image" not in item
    for feed in FEEDS:
        assert engine_blog.get(feed).text.index("Content warning") < engine_blog.get(feed).text.index(SECRET)


NUMBERS = count()


# --- closing a conversation ------------------------------------------------------------------


def try_all_ways(blog: Blog, post: dict[str, Any], parent: str) -> list[int]:
    """Form, preview, JSON, an answer to a reply; the same words twice would be one reply."""
    sent = {"name": "Ann", "body": f"Words {next(NUMBERS)}"}
    json_headers = {"Content-Type": "application/json"}
    target = f"/posts/{post['slug']}/comments"
    return [
        blog.form(target, **sent).status,
        blog.form(target, preview="yes", **sent).status,
        blog.send("POST", target, body=json.dumps(sent), headers=json_headers).status,
        blog.send(
            "POST",
            target,
            body=json.dumps({**sent, "body": sent["body"] + "!", "parent": parent}),
            headers=json_headers,
        ).status,
    ]


def test_a_conversation_closes_at_its_time(blog: Blog, moment: Moment) -> None:
    at = moment.ahead(hours=2)
    post = blog.post("Open", comments_close_at=at)
    assert post["comments_close_at"] == at
    parent = blog.reply("open").partition(".")[2]
    read = blog.get("/posts/open")
    assert "Replies close on <time" in read.text
    moment.forward(hours=1, minutes=59, seconds=59)
    assert max(try_all_ways(blog, post, parent)) < 400
    same = {"If-None-Match": blog.get("/posts/open").headers["etag"]}
    moment.forward(seconds=1)
    assert try_all_ways(blog, post, parent) == [409] * 4
    closed = blog.get("/posts/open", **same)
    assert closed.status == 200
    for path in (
        "/posts/open",
        "/posts/open/comments",
        f"/posts/open/comments/{parent}",
        "/posts/open/reply",
    ):
        got = blog.get(path).text
        assert ">23 November 2026, 14:00 UTC</time>." in got
        assert "<textarea" not in got
    assert "Replies closed on 23 November 2026, 14:00 UTC." in page.words(
        page.parse(blog.form("/posts/open/comments", name="Ann", body="x").text)
    )


def test_a_time_to_close_is_moved_and_taken_away(engine_blog: Blog, moment: Moment) -> None:
    post = engine_blog.post("Open", comments_close_at="2026-11-22")
    target = f"/api/posts/{post['id']}"
    assert post["comments_close_at"] == "2026-11-22T00:00:00Z"
    assert try_all_ways(engine_blog, post, "x")[0] == 409
    for later in (moment.ahead(hours=1), None):
        changed = engine_blog.api("PATCH", target, comments_close_at=later)
        assert changed.json["comments_close_at"] == later
        assert try_all_ways(engine_blog, post, "")[1] == 200
    acts = [entry["act"] for entry in engine_blog.api("GET", "/api/moderation/log").json["items"]]
    assert sorted(acts) == ["closing", "open"]


def test_the_settings_may_close_sooner(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.api("PATCH", "/api/settings", comments_close_days=1)
    engine_blog.post("Open", comments_close_at=moment.ahead(days=2))
    assert "Replies close on" not in engine_blog.get("/posts/open").text
    moment.forward(days=1)
    assert "1 day after the post" in engine_blog.get("/posts/open").text


def test_opening_from_the_desk_takes_a_time_away_that_is_over(engine_blog: Blog) -> None:
    from chalicelib.core.requests import Principal
    from chalicelib.moderation.actions import set_conversation, undo

    post = engine_blog.post("Open", comments_close_at="2020-01-01T00:00:00Z")
    me = Principal("", "me", frozenset())
    outcome = set_conversation(post["id"], is_open=True, by=me)
    assert engine_blog.api("GET", f"/api/posts/{post['id']}").json["comments_close_at"] is None
    undo(outcome.batch, by=me)
    assert (
        engine_blog.api("GET", f"/api/posts/{post['id']}").json["comments_close_at"] == "2020-01-01T00:00:00Z"
    )


# --- how a text begins -----------------------------------------------------------------------

LONG = "It was a quiet week in the harbour, and nobody had written. "


@pytest.mark.parametrize(
    ("source", "begins"),
    [
        ("# Heading\n\n" + LONG * 2, (LONG * 2).strip()),
        ("```python\ncode()\n```\n\n" + LONG * 2, (LONG * 2).strip()),
        ("![A](https://a.example/a.png)\n\n/// caption\nThe caption\n///\n\n" + LONG * 2, (LONG * 2).strip()),
        (f"> Somebody else's words, which are longer than a line.\n\n{LONG * 2}", (LONG * 2).strip()),
        ("> [!NOTE]\n> Mind the step.\n\n" + LONG * 2, (LONG * 2).strip()),
        ("| a | b |\n|---|---|\n| c | d |\n\n" + LONG * 2, (LONG * 2).strip()),
        (
            "Said[^1] and done, which takes more words than one would think it takes, in the end.\n\n[^1]: The note.",
            "Said and done, which takes more words than one would think it takes, in the end.",
        ),
        ("Dear reader,\n\n" + LONG * 2, "Dear reader, " + (LONG * 2).strip()),
        ("- one\n- two", "one two"),
        ("> Only a quotation.", "Only a quotation."),
        ("# Only a heading", "Only a heading"),
        ("", ""),
        (LONG * 9, (LONG * 4).strip()),
        ("word " * 100, ("word " * 48).strip() + "\u2026"),
    ],
)
def test_how_a_text_begins(source: str, begins: str) -> None:
    rendered = render_post(source)
    assert opening(rendered.html, rendered.text) == begins


def test_an_answer_says_whether_the_summary_was_written_by_hand(engine_blog: Blog) -> None:
    post = engine_blog.post("A", "How it begins.")
    assert (post["summary"], post["excerpt"], post["summary_generated"]) == ("", "How it begins.", True)
    changed = engine_blog.api("PATCH", f"/api/posts/{post['id']}", summary="By hand.").json
    assert (changed["summary"], changed["summary_generated"]) == ("By hand.", False)
