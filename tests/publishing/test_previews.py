"""Links to posts that are not public: who has one sees the post, and nobody else does."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.core import signing
from chalicelib.posts.model import RESERVED
from chalicelib.settings.actions import forget_site
from tests import page
from tests.blog import Blog, Got
from tests.conftest import Moment
from tests.faults import Faults, at_once, die_after, die_before
from tests.journeys.test_crashes import deaths
from tests.publishing.test_revisions import edit, target

FAULTS = pytest.mark.parametrize("fault", [die_before, die_after])
MARK = "zweifelsfrei"
STATES: dict[str, dict[str, Any]] = {
    "draft": {"status": "draft"},
    "scheduled": {"published_at": "2030-01-01T00:00:00Z"},
    "unlisted": {"status": "unlisted"},
    "published": {},
}


def make(blog: Blog, post: dict[str, Any], **fields: Any) -> Got:
    got = blog.api("POST", target(post, "/preview"), **fields)
    assert got.status == 201, got.text
    return got


def link(blog: Blog, post: dict[str, Any], **fields: Any) -> str:
    """The path of a new link."""
    return urlsplit(make(blog, post, **fields).json["url"]).path


def draft(blog: Blog, **fields: Any) -> dict[str, Any]:
    given = {"title": f"Title {MARK}", "body": f"Words {MARK}.", "slug": f"slug-{MARK}", "tags": [MARK]}
    return blog.post(**given | {"status": "draft", "summary": f"Summary {MARK}", "series": MARK} | fields)


# --- the link --------------------------------------------------------------------------------


def test_a_link_shows_a_draft_until_its_time_is_over(blog: Blog, moment: Moment) -> None:
    post = draft(blog)
    got = make(blog, post, hours=2)
    assert got.json["expires_at"] == moment.ahead(hours=2)
    assert got.json["url"].startswith("https://")
    path = urlsplit(got.json["url"]).path
    shown = blog.get(path)
    assert (shown.status, blog.send("HEAD", path).status) == (200, 200)
    assert f"Words {MARK}." in shown.text
    moment.forward(hours=2, seconds=-1)
    assert blog.get(path).status == 200
    moment.forward(seconds=1)
    assert blog.get(path).status == 410


def test_it_is_good_for_a_week_unless_another_time_is_asked_for(engine_blog: Blog, moment: Moment) -> None:
    post = draft(engine_blog)
    assert make(engine_blog, post).json["expires_at"] == moment.ahead(hours=168)
    assert make(engine_blog, post, hours=720).json["expires_at"] == moment.ahead(hours=720)


@pytest.mark.parametrize("hours", [0, 721, -1, "2", 1.5, True, None])
def test_other_times_are_refused(engine_blog: Blog, hours: Any) -> None:
    got = engine_blog.api("POST", target(draft(engine_blog), "/preview"), hours=hours)
    assert got.status == 422
    assert "from 1 to 720" in got.json["detail"]


def test_all_links_of_a_post_are_taken_back_at_once(blog: Blog, moment: Moment) -> None:
    post, other = draft(blog), draft(blog, slug="other")
    first, second, kept = link(blog, post, hours=1), link(blog, post, hours=9), link(blog, other)
    assert [blog.get(one).status for one in (first, second, kept)] == [200, 200, 200]
    assert blog.api("DELETE", target(post, "/preview")).status == 204
    assert blog.api("DELETE", target(post, "/preview")).status == 204
    moment.forward(seconds=1)
    new = link(blog, post)
    assert [blog.get(one).status for one in (first, second, kept, new)] == [410, 410, 200, 200]


def test_a_shorter_link_does_not_end_a_longer_one(engine_blog: Blog, moment: Moment) -> None:
    post = draft(engine_blog)
    long, short = link(engine_blog, post, hours=10), link(engine_blog, post, hours=1)
    moment.forward(hours=5)
    late = link(engine_blog, post, hours=20)
    assert [engine_blog.get(one).status for one in (long, short, late)] == [200, 410, 200]
    moment.forward(hours=15)
    assert engine_blog.get(late).status == 200
    moment.forward(hours=10)
    assert engine_blog.get(link(engine_blog, post)).status == 200
    assert engine_blog.get(late).status == 410


def test_a_link_follows_a_post_through_its_life(blog: Blog) -> None:
    post = draft(blog)
    path = link(blog, post)
    edit(blog, post, slug="renamed", body="Newer words.")
    assert "Newer words." in blog.get(path).text
    edit(blog, post, status="published")
    assert "Newer words." in blog.get(path).text
    edit(blog, post, slug="renamed-again")
    assert blog.get(path).status == 200
    blog.api("DELETE", target(post))
    assert blog.get(path).status == 410
    refused = blog.api("POST", target(post, "/preview"))
    assert (refused.status, "PATCH it with a “status”" in refused.json["detail"]) == (409, True)
    edit(blog, post, status="draft")
    assert blog.get(path).status == 200


def test_forged_links_are_none_and_tell_nothing(engine_blog: Blog, moment: Moment) -> None:
    post = draft(engine_blog)
    key = link(engine_blog, post).removeprefix("/preview/")
    encoded, _, mac = key.partition(".")
    longer = signing.unseal("preview", key).replace(".", ".0", 1)
    forged = [
        key[:-1],
        f"{key}A",
        encoded,
        f"{encoded}.{'A' * len(mac)}",
        f"{encoded[:-2]}AA.{mac}",
        signing.seal("other", signing.unseal("preview", key)),
        signing.seal("preview", longer + ".1"),
        signing.seal("preview", f"{post['id']}.x.{10**30}"),
        signing.seal("preview", "nothing"),
        "x" * 3000,
        "%00",
        "..%2Fposts",
        "é",
    ]
    for one in forged:
        got = engine_blog.get(f"/preview/{one}")
        assert (one, got.status) == (one, 404)
        assert MARK not in got.text
        assert post["id"] not in got.text
    ended = [
        signing.seal("preview", f"0000000000000.x.{int(moment.now.timestamp()) + 99}"),
        signing.seal("preview", f"{post['id']}.x.{int(moment.now.timestamp()) + 99}"),
        signing.seal("preview", signing.unseal("preview", key).rpartition(".")[0] + ".1"),
    ]
    assert {engine_blog.get(f"/preview/{one}").status for one in ended} == {410}


def test_a_page_of_a_link_that_has_ended_tells_nothing_of_the_post(blog: Blog, moment: Moment) -> None:
    post = draft(blog)
    path = link(blog, post, hours=1)
    moment.forward(hours=1)
    got = blog.get(path)
    assert got.status == 410
    assert "has ended" in got.text
    assert not [word for word in (MARK, post["id"]) if word in got.text]
    assert (got.headers["cache-control"], got.headers["x-robots-tag"]) == ("no-store", "noindex")
    assert got.headers["referrer-policy"] == "no-referrer"


def test_there_is_no_page_at_the_address_of_previews(engine_blog: Blog) -> None:
    assert "preview" in RESERVED
    assert engine_blog.api("POST", "/api/posts", title="x", type="page", slug="preview").status == 422
    assert engine_blog.post("Preview", type="page")["slug"] == "preview-2"
    assert engine_blog.get("/preview").status == 404


# --- the page --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ["post", "page"])
def test_it_is_the_post_with_a_banner_and_nothing_that_leads_to_it(blog: Blog, state: str, kind: str) -> None:
    if (state, kind) == ("unlisted", "page"):
        kind = "post"
    post = draft(blog, type=kind, **{"status": "published"} | STATES[state])
    path = link(blog, post)
    got = blog.get(path)
    assert got.status == 200
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-robots-tag"] == "noindex"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert "etag" not in got.headers
    assert '<meta name="robots" content="noindex">' in got.text
    assert "This is a preview" in got.text
    assert f'<h1 class="p-name">Title {MARK}</h1>' in got.text
    assert f"<p>Words {MARK}.</p>" in got.text
    for never in ("<form", "<button", "<input", "ld+json", 'rel="canonical"', "og:", "twitter:", "itemprop"):
        assert never not in got.text
    if (state, kind) != ("published", "page"):  # Which the navigation names.
        assert f"/slug-{MARK}" not in got.text
    assert f"Summary {MARK}" not in got.text
    assert post["id"] not in got.text.replace(path, "")


def test_nothing_on_it_leads_nowhere(blog: Blog) -> None:
    blog.post("Other", tags=["known"])
    post = draft(blog, body="See [that](/posts/other).")
    for address in page.addresses(blog.get(link(blog, post)).text):
        if address.startswith("/"):
            assert blog.get(address).status in (200, 301), address


def test_what_readers_did_is_not_on_it(engine_blog: Blog) -> None:
    post = engine_blog.post("Open", "Words")
    engine_blog.reply("open", "A reply to it")
    assert "A reply to it" in engine_blog.get("/posts/open").text
    shown = engine_blog.get(link(engine_blog, post)).text
    assert "A reply to it" not in shown
    assert "1 reply" not in shown


def test_a_preview_looks_as_the_post_will(engine_blog: Blog, moment: Moment) -> None:
    body = "# One\n\n*Words* [^1].\n\n[^1]: A note.\n"
    post = draft(engine_blog, body=body, series="", tags=["t"], language="de")
    shown = engine_blog.get(link(engine_blog, post)).text
    edit(engine_blog, post, status="published")
    public = engine_blog.get(f"/posts/slug-{MARK}").text
    wanted = re.compile(r'<div class="prose.*?</article>', re.DOTALL)
    assert wanted.findall(shown) == wanted.findall(public) != []
    times = re.compile(r'<time class="dt-published"[^>]*>[^<]*')
    assert times.findall(shown) == times.findall(public) != []


def test_it_speaks_the_language_of_the_blog(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", language="ar")
    forget_site()
    got = engine_blog.get(link(engine_blog, draft(engine_blog)))
    assert "معاينة" in page.words(next(page.classed(got.text, "preview")))
    assert "انتهت" not in engine_blog.get("/preview/x").text
    assert "رابط" in engine_blog.get("/preview/x").text


def test_a_theme_has_the_banner_too(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", theme="ledger")
    forget_site()
    assert "This is a preview" in engine_blog.get(link(engine_blog, draft(engine_blog))).text


PUBLIC = (
    "/",
    "/feed.atom",
    "/feed.rss",
    "/feed.json",
    "/comments/feed.atom",
    "/tags",
    f"/tags/{MARK}",
    f"/tags/{MARK}/feed.atom",
    "/series",
    f"/series/{MARK}",
    "/archive",
    "/archive/2026",
    "/archive/2026/11",
    "/sitemap.xml",
    "/sitemaps/pages.xml",
    "/sitemaps/2026-11.xml",
    "/robots.txt",
    "/author",
    "/subscribe",
    "/manifest.webmanifest",
    f"/posts/slug-{MARK}",
    f"/posts/slug-{MARK}/comments",
    f"/posts/slug-{MARK}/likes",
)


@pytest.mark.parametrize("state", ["draft", "scheduled"])
def test_what_is_previewed_is_nowhere_else(engine_blog: Blog, moment: Moment, state: str) -> None:
    engine_blog.post("Public", "A letter", tags=["known"])
    post = draft(engine_blog, **{"status": "published"} | STATES[state])
    path = link(engine_blog, post)
    assert MARK in engine_blog.get(path).text
    moment.forward(minutes=1)
    for address in PUBLIC:
        got = engine_blog.get(address)
        # A page that is not there may repeat what was asked for.
        words = (MARK,) if got.status != 404 else (f"Title {MARK}", f"Words {MARK}", f"Summary {MARK}")
        assert not [word for word in (*words, "/preview") if word in got.text], address


# --- reading and writing ---------------------------------------------------------------------


def test_a_preview_is_read_and_nothing_is_written(engine_blog: Blog, faults: Faults) -> None:
    path = link(engine_blog, draft(engine_blog))
    engine_blog.get(path)
    faults.clear()
    engine_blog.get(path)
    assert set(faults.calls) <= {"GetItem", "Query"}
    faults.clear()
    engine_blog.get("/preview/x.y")
    assert faults.calls == []


def test_links_that_are_made_at_once_are_all_good(engine_blog: Blog) -> None:
    post = draft(engine_blog)
    links = at_once([lambda h=h: link(engine_blog, post, hours=h) for h in (5, 700, 1, 50)])
    assert [engine_blog.get(one).status for one in links] == [200] * 4


@FAULTS
def test_a_link_is_made_or_not(engine_blog: Blog, faults: Faults, fault: Any) -> None:
    post = draft(engine_blog)
    first = link(engine_blog, post, hours=1)

    def more(number: int) -> Got:
        return engine_blog.api("POST", target(post, "/preview"), hours=number + 2)

    for _ in deaths(faults, fault, more):
        assert engine_blog.get(first).status == 200
        assert engine_blog.get(link(engine_blog, post)).status == 200
