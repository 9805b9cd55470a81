"""What pages say to machines: JSON-LD that is true, small, and cannot leave its element."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.comments.store import Row
from chalicelib.posts.model import Post
from chalicelib.settings.model import Link, Site
from chalicelib.site import structured
from tests import page
from tests.blog import Blog
from tests.comments.threads import grow

HTTPS = "https://blog.example"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITE = Site(
    title="A blog",
    description="About it",
    author="Ann",
    author_biography="Writes.",
    links=(Link("Elsewhere", "https://social.example/@ann"), Link("Mail", "mailto:ann@blog.example")),
)
POST = Post(
    id="1m83w0afmkynz",
    home="a-post",
    slug="a-post",
    title="A post",
    status="published",
    created_at=NOON,
    published_at=NOON,
    updated_at=None,
    deleted_at=None,
    tags=("a", "b"),
    summary="What it is about",
    excerpt="How it begins",
    words=345,
    revision=1,
    version=1,
    was_public=True,
)
ANN = {"@type": "Person", "@id": f"{HTTPS}/author", "name": "Ann", "url": f"{HTTPS}/author", "sameAs": ["https://social.example/@ann"]}  # fmt: skip
HOSTILE = "</script><script>alert(1)</script><!-- &lt; \u2028\u2029 \" ' \\"


def absolute(path: str) -> str:
    return HTTPS + path


def row(number: int = 0, html: str = "<p>Words</p>", name: str = "Bo", *, gone: bool = False) -> Row:
    return Row((f"1m83w0afmk{number:03}",), None, gone, name, "", html, False, "2026-11-23T12:00:00Z")


def of_post(post: Post = POST, site: Site = SITE, **values: Any) -> dict[str, Any]:
    return dict(json.loads(structured.post_data(post, site, absolute, **values)))


def test_a_post_says_what_it_is() -> None:
    found = of_post(image=f"{HTTPS}/a.png", replies=7, rows=[row()])
    assert found == {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": "A post",
        "url": f"{HTTPS}/posts/a-post",
        "mainEntityOfPage": f"{HTTPS}/posts/a-post",
        "datePublished": "2026-11-23T12:00:00Z",
        "dateModified": "2026-11-23T12:00:00Z",
        "description": "What it is about",
        "image": f"{HTTPS}/a.png",
        "inLanguage": "en",
        "author": ANN,
        "publisher": {"@id": f"{HTTPS}/author"},
        "keywords": ["a", "b"],
        "wordCount": 345,
        "isPartOf": {"@type": "Blog", "@id": f"{HTTPS}/#blog", "name": "A blog"},
        "commentCount": 7,
        "comment": [
            {
                "@type": "Comment",
                "author": {"@type": "Person", "name": "Bo"},
                "dateCreated": "2026-11-23T12:00:00Z",
                "url": f"{HTTPS}/posts/a-post/comments/1m83w0afmk000",
                "text": "Words",
            }
        ],
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, {"headline": "How it begins"}),
        ({"title": "", "excerpt": ""}, {"headline": "2026-11-23T12:00:00Z"}),
        ({"summary": ""}, {"description": "How it begins"}),
        ({"language": "ar"}, {"inLanguage": "ar"}),
        ({"updated_at": datetime(2026, 12, 1, tzinfo=UTC)}, {"dateModified": "2026-12-01T00:00:00Z"}),
        ({"slug": "مرحبا"}, {"url": f"{HTTPS}/posts/%D9%85%D8%B1%D8%AD%D8%A8%D8%A7"}),
    ],
)
def test_what_a_post_has_is_said(changes: dict[str, Any], said: dict[str, Any]) -> None:
    found = of_post(replace(POST, **changes))
    assert {name: found[name] for name in said} == said


def test_what_a_post_lacks_is_not_said() -> None:
    found = of_post(replace(POST, tags=(), summary="", excerpt=""), Site(author="Ann"))
    assert {"keywords", "description", "image", "comment"} & found.keys() == set()
    assert "sameAs" not in found["author"]
    assert found["commentCount"] == 0


def test_only_the_first_replies_that_can_be_seen_are_said() -> None:
    rows = [row(number, gone=number % 2 == 0) for number in range(40)]
    found = of_post(rows=rows, replies=20)
    said = [comment["url"].rpartition("/")[2] for comment in found["comment"]]
    assert said == [f"1m83w0afmk{number:03}" for number in range(1, 21, 2)]
    assert found["commentCount"] == 20


LINK = '<p>A <a href="https://x.example/?a=>b" rel="nofollow">link</a>, and <code>&lt;b&gt;</code></p>'


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>One</p>\n<p>two<br>three</p><ul><li>four</li></ul>", "One two three four"),
        (LINK, "A link, and <b>"),
        ("<p>" + "word " * 200 + "</p>", "word " * 23 + "word…"),
        ("<p>" + "x" * 500 + "</p>", "x" * 120 + "…"),
        ("", ""),
    ],
)
def test_a_reply_says_its_first_words(html: str, words: str) -> None:
    (comment,) = of_post(rows=[row(html=html)])["comment"]
    assert comment["text"] == words


@pytest.mark.parametrize("length", range(len(LINK)))
def test_a_reply_that_is_cut_anywhere_shows_no_markup(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr(structured, "ENOUGH_HTML", length)
    found = of_post(rows=[row(html=LINK)])["comment"][0]["text"]
    assert "A link, and <b>".startswith(found)


def test_fifty_long_replies_take_few_bytes() -> None:
    rows = [row(number, "<p>" + "مرحبا بالعالم " * 500, "م" * 50) for number in range(50)]
    made = structured.post_data(POST, SITE, absolute, rows=rows, replies=50)
    assert len(made.encode()) < 6000


def test_nothing_ends_the_element() -> None:
    site = replace(SITE, title=HOSTILE, description=HOSTILE, author=HOSTILE, author_biography=HOSTILE)
    post = replace(POST, title=HOSTILE, summary=HOSTILE, tags=(HOSTILE,))
    rows = [row(name=HOSTILE, html="<p>&lt;/script&gt;</p>")]
    for text in (
        structured.post_data(post, site, absolute, rows=rows),
        structured.page_data(post, site, absolute),
        structured.home_data(site, absolute),
        structured.author_data(site, absolute),
        structured.list_data([(HOSTILE, "/tags")], site, absolute),
    ):
        assert not re.search("[<>&\u2028\u2029]", text)
        assert HOSTILE in list(values(json.loads(text)))


def values(thing: Any) -> Iterator[Any]:
    """Every value in there, however deep."""
    parts = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ()
    yield from [thing] if not parts else (value for part in parts for value in values(part))


def test_the_front_page_is_a_site_and_a_blog_by_somebody() -> None:
    found = json.loads(structured.home_data(SITE, absolute))
    things = {thing["@type"]: thing for thing in found["@graph"]}
    assert things.keys() == {"WebSite", "Blog", "Person"}
    assert things["Person"] == ANN
    assert things["Blog"]["author"] == {"@id": ANN["@id"]}
    assert things["WebSite"]["@id"] == f"{HTTPS}/#site"
    assert things["Blog"]["@id"] == of_post()["isPartOf"]["@id"]


def test_the_author_has_a_profile() -> None:
    found = json.loads(structured.author_data(SITE, absolute, image=f"{HTTPS}/me.jpg"))
    assert found["@type"] == "ProfilePage"
    assert found["mainEntity"] == {**ANN, "description": "Writes.", "image": f"{HTTPS}/me.jpg"}


def test_a_static_page_and_a_list_say_where_they_stand() -> None:
    static = json.loads(structured.page_data(replace(POST, type="page", slug="about"), SITE, absolute))
    assert (static["@type"], static["url"], static["name"]) == ("WebPage", f"{HTTPS}/about", "A post")
    tagged = json.loads(structured.list_data([("Tags", "/tags"), ("a", "/tags/a")], SITE, absolute))
    assert (tagged["@type"], tagged["url"], tagged["name"]) == ("CollectionPage", f"{HTTPS}/tags/a", "a")
    trails = [
        [(step["position"], step["name"], step["item"]) for step in found["breadcrumb"]["itemListElement"]]
        for found in (static, tagged)
    ]
    assert trails == [
        [(1, "A blog", f"{HTTPS}/"), (2, "A post", f"{HTTPS}/about")],
        [(1, "A blog", f"{HTTPS}/"), (2, "Tags", f"{HTTPS}/tags"), (3, "a", f"{HTTPS}/tags/a")],
    ]


# --- on pages --------------------------------------------------------------------------------


def on_page(blog: Blog, target: str) -> dict[str, Any]:
    html = page.parse(blog.get(target).text)
    (script,) = [element for element in html.iter("script") if element.get("type") == "application/ld+json"]
    return dict(json.loads(script.text))


def test_pages_carry_it(engine_blog: Blog) -> None:
    engine_blog.post(HOSTILE.replace("\u2028\u2029", ""), "Words", slug="hostile", tags=["a"])
    engine_blog.reply("hostile", "</script>", name="</script>")
    found = on_page(engine_blog, "/posts/hostile")
    assert found["headline"].startswith("</script><script>")
    assert [comment["text"] for comment in found["comment"]] == ["</script>"]
    assert on_page(engine_blog, "/")["@graph"]
    assert on_page(engine_blog, "/author")["@type"] == "ProfilePage"


def test_a_page_says_as_many_replies_as_there_are(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    grow("open", [None] * 60)
    found = on_page(engine_blog, "/posts/open")
    assert found["commentCount"] == 60
    assert len(found["comment"]) == structured.MOST_COMMENTS
