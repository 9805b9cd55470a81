"""Who writes the blog: one profile, shown wherever somebody asks for it."""

from __future__ import annotations

import json

import pytest

from chalicelib.settings.model import Site
from chalicelib.settings.pages import biography_of
from tests import page
from tests.blog import Blog

BIOGRAPHY = "Writes *letters*, at [the quay](https://quay.example/).\n\n<script>alert(1)</script>"


def test_a_biography_has_emphasis_and_links_and_nothing_else(blog: Blog) -> None:
    got = blog.api("PATCH", "/api/settings", author_biography=BIOGRAPHY)
    assert (got.status, got.json["author_biography"]) == (200, BIOGRAPHY)
    text = blog.get("/author").text
    assert '<em>letters</em>, at <a href="https://quay.example/">the quay</a>.' in text
    assert "<script>alert" not in text
    read = page.parse(text)
    said = "Writes letters, at the quay."
    assert read.find(".//meta[@name='description']").get("content").startswith(said)
    data = json.loads(read.find(".//script[@type='application/ld+json']").text)
    assert data["mainEntity"]["description"].startswith(said)


def test_one_that_an_older_version_stored_is_shown_as_it_was_typed() -> None:
    site = Site(author_biography="One *line*.\n\n<b>Another</b>")
    assert biography_of(site) == "<p>One *line*.</p><p>&lt;b&gt;Another&lt;/b&gt;</p>"


@pytest.mark.parametrize("alt", ["", "The author at <sea>"])
def test_the_picture_says_what_it_shows(engine_blog: Blog, alt: str) -> None:
    engine_blog.api("PATCH", "/api/settings", author="Ann", author_picture="/me.jpg", author_picture_alt=alt)
    picture = page.parse(engine_blog.get("/author").text).find(".//img")
    assert picture.get("alt") == (alt or "Portrait of Ann")


def test_a_changed_profile_shows_at_once_and_everywhere(blog: Blog) -> None:
    blog.post("A letter")
    places = ("/", "/author", "/posts/a-letter", "/feed.atom", "/feed.json", "/feed.rss")
    seen = {path: blog.get(path).headers["etag"] for path in places}
    links = [{"label": "Quay", "url": "https://quay.example/@ann"}]
    blog.api("PATCH", "/api/settings", author="Ann <of> the Quay", author_biography="New words.", links=links)
    for path in places:
        got = blog.get(path, If_None_Match=seen[path])
        assert got.status == 200, path
        assert "of&gt; the Quay" in got.text.replace("<of> the", "of&gt; the").replace("&lt;", "").replace(
            "&#x3C;of&#x3E;", "of&gt;"
        )
    assert "New words." in blog.get("/author").text
    for path in ("/", "/author"):
        assert 'rel="me"' in blog.get(path).text
    assert "https://quay.example/@ann" in blog.get("/posts/a-letter").text


def test_a_biography_that_is_taken_away_is_gone(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", author_biography="Some words.")
    engine_blog.api("PATCH", "/api/settings", author_biography="")
    assert "Some words." not in engine_blog.get("/author").text
