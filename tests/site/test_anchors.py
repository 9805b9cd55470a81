"""Headings that lead to themselves: on a post's page, and nowhere else."""

from __future__ import annotations

import json
import re

from tests.blog import Blog


def test_a_heading_leads_to_itself(blog: Blog) -> None:
    blog.post(slug="a", body="## One *two*\n\n## [Three](/b) four")
    page = blog.get("/posts/a").text
    assert '<h2 id="h-one-two"><a class="anchor" href="#h-one-two">One <em>two</em></a></h2>' in page
    # A link within a link would be none.
    assert (
        '<h2 id="h-three-four"><a href="/b">Three</a> four '
        '<a class="anchor" href="#h-three-four" aria-label="Link to this section">#</a></h2>'
    ) in page


def test_no_feed_and_no_client_has_them(blog: Blog) -> None:
    post = blog.post(slug="a", body="## One")
    shown = [blog.get(path).text for path in ("/feed.atom", "/feed.rss", "/feed.json")]
    shown.append(json.dumps(blog.api("GET", f"/api/posts/{post['id']}").json))
    assert not [text for text in shown if "anchor" in text]


def test_the_contents_have_the_words_alone(blog: Blog) -> None:
    body = "\n\n".join(f"## Part {n} [x](/y)\n\n{'word ' * 250}" for n in range(3))
    blog.post(slug="a", body=body)
    found = re.search(r'<nav class="toc".*?</nav>', blog.get("/posts/a").text, re.DOTALL)
    assert found
    assert "Part 1 x</a>" in found[0]
    assert "anchor" not in found[0]
