"""The front page: the newest posts, and pages of them."""

from __future__ import annotations

import re

import pytest

from tests import page
from tests.blog import Blog
from tests.conftest import Moment


def titles(html: str) -> list[str]:
    return re.findall(r">(Post \d+)<", html)


def publish(blog: Blog, moment: Moment, count: int) -> list[str]:
    """The titles, the newest first; some share a second."""
    for number in range(count):
        moment.forward(seconds=number % 2)
        blog.post(f"Post {number}")
    made = blog.api("GET", "/api/posts?limit=100").json["items"]
    return [post["title"] for post in made]


def test_an_empty_blog_has_a_home(blog: Blog) -> None:
    got = blog.get("/")
    assert got.status == 200
    assert not list(page.parse(got.text).iter("article"))


@pytest.mark.parametrize("count", [1, 3, 4, 6, 7])
def test_pages_of_home_hold_every_post_once_both_ways(engine_blog: Blog, moment: Moment, count: int) -> None:
    engine_blog.api("PATCH", "/api/settings", posts_per_page=3)
    made = publish(engine_blog, moment, count)
    there, target = [], "/"
    while target:
        got = engine_blog.get(target).text
        there.append(titles(got))
        last, target = target, page.link(got, "next") or ""
    assert [title for shown in there for title in shown] == made
    back, target = [], last
    while target:
        got = engine_blog.get(target).text
        back.append(titles(got))
        target = page.link(got, "prev") or ""
    assert back[::-1] == there


def test_the_first_page_is_the_one_to_be_found(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.api("PATCH", "/api/settings", posts_per_page=1)
    publish(engine_blog, moment, 2)
    first = engine_blog.get("/").text
    assert '<link rel="canonical" href="https://localhost/">' in first
    assert 'rel="canonical"' not in engine_blog.get(page.link(first, "next") or "").text


def test_a_card_shows_what_a_reader_chooses_by(blog: Blog) -> None:
    blog.post("With a summary", "The text itself", summary="In short", tags=["One & two"])
    blog.post("", "Without a title " + "word " * 460)
    home = blog.get("/").text
    untitled, titled = (page.words(card) for card in page.parse(home).iter("article"))
    assert all(text in titled for text in ("With a summary", "In short", "One & two", "1 min read"))
    assert "The text itself" not in titled
    assert "2 min read" in untitled
    assert "Without a title word" in untitled


def test_a_post_page_shows_its_dates_tags_and_author(blog: Blog, moment: Moment) -> None:
    post = blog.post("Dated", "Text", tags=["tag"], summary="In <short>")
    moment.forward(days=1)
    blog.api("PATCH", f"/api/posts/{post['id']}", body="Text, better")
    got = blog.get("/posts/dated").text
    (article,) = page.parse(got).iter("article")
    shown = page.words(next(page.parse(got).iter("main")))
    assert all(
        text in shown
        for text in ("Dated", "23 November 2026", "24 November 2026", "tag", "The author", "Text, better")
    )
    times = [time.attrib["datetime"] for time in article.iter("time")]
    assert times == ["2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z"]
    assert '<meta name="description" content="In &lt;short&gt;">' in got
    assert '<link rel="canonical" href="https://localhost/posts/dated">' in got
