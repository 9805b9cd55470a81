"""The demonstration: complete, written once, and whole again after a start that was killed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.comments.model import STATUSES
from chalicelib.core import clock, events, objects, pages, table
from chalicelib.media import processing
from chalicelib.media import store as media_store
from dev import demo
from tests.blog import Blog
from tests.conftest import MEDIA, _blog

PENCILS = "/posts/pencils-and-other-reasons"
FEATURES = {
    "a table": ("tide-times-walked", '<td class="al-right">48</td>'),
    "a caption": ("tide-times-walked", "<figcaption>"),
    "a figure around a quotation": ("who-writes-last", "<figure>\n<blockquote>"),
    "a figure around code": ("a-catalogue-in-ten-lines", '<figure>\n<div class="highlight">'),
    "subscript": ("tide-times-walked", "H<sub>2</sub>O"),
    "superscript": ("tide-times-walked", "2<sup>nd</sup>"),
    "definitions": ("tide-times-walked", "<dd>"),
    "a warning": ("tide-times-walked", "Please do not use this table to stay alive</p>"),
    "contents": ("the-letter-you-owe", 'class="toc"'),
    "a heading": ("the-letter-you-owe", 'id="h-paying-in-parts"'),
    "a footnote": ("the-letter-you-owe", '<li id="fn-1">'),
    "a task list": ("the-letter-you-owe", '<li class="task-list-item"><input'),
    "nested lists": ("the-letter-you-owe", "showing off.<ul>"),
    "typographic quotes": ("the-letter-you-owe", "“The doctor was not worried”"),
    "an update": ("the-letter-you-owe", 'dt-updated" datetime="2024-03-02T17:40:00Z"'),
    "Python": ("a-catalogue-in-ten-lines", '<span class="k">def</span>'),
    "SQL": ("a-catalogue-in-ten-lines", '<span class="k">SELECT</span>'),
    "shell": ("a-catalogue-in-ten-lines", '<span class="nb">printf</span>'),
    "HTML": ("a-catalogue-in-ten-lines", '<span class="nt">form</span>'),
    "JavaScript": ("a-catalogue-in-ten-lines", '<span class="kd">let</span>'),
    "a diff": ("the-box-at-the-end-of-the-lane", '<span class="gi">'),
    "a file's name": ("a-catalogue-in-ten-lines", '<span class="filename">catalogue.py</span>'),
    "an abbreviation": ("a-catalogue-in-ten-lines", '<abbr title="Comma-separated values">CSV</abbr>'),
    "a folded callout": ("a-catalogue-in-ten-lines", "<details"),
    "Arabic, from right to left": ("a-letter-to-salma", 'e-content" lang="ar" dir="rtl"'),
    "words of English within it": ("a-letter-to-salma", '<p lang="en" dir="ltr">'),
    "a series": ("who-writes-last", 'href="/series/on-answering"'),
    "the part before": ("who-writes-last", 'href="/posts/pencils-and-other-reasons"'),
    "a related letter": ("the-letter-you-owe", 'href="/posts/who-writes-last"'),
    "a tag of many": ("tide-times-walked", 'href="/tags/kettle-quay"'),
    "a picture in words": ("tide-times-walked", 'alt="Mud flats at low water.'),
    "a figure around a picture": ("tide-times-walked", "<figure>\n<p><img"),
    "emoji": ("tuesday-half-past-six", "🥐"),
    "Greek": ("gramma-choris-grammatosimo", "Γράμμα χωρίς γραμματόσημο</h1>"),
    "a word of 43 letters": ("gramma-choris-grammatosimo", '<i lang="de">Trinkwasser'),
    "a mark": ("gramma-choris-grammatosimo", "<mark>"),
    "a deletion": ("gramma-choris-grammatosimo", "<del>€2.10</del>"),
    "an insertion": ("gramma-choris-grammatosimo", "<ins>"),
    "a quotation in a quotation": ("gramma-choris-grammatosimo", "<blockquote>\n<p>“Is it pride?”"),
    "nobody's answer yet": ("the-box-at-the-end-of-the-lane", "Nobody has written back yet"),
    "what only its address shows": ("plum-jam", "unlisted"),
}


@pytest.fixture
def filled(engine_blog: Blog) -> Blog:
    assert demo.fill_if_empty() == 14
    return engine_blog


LISTS = ("/", "/archive/2024", "/tags/correspondence", "/series/on-answering", "/posts/who-writes-last")


class Killed(BaseException):
    """Nobody catches it, as nobody catches `kill -9`."""


@pytest.fixture
def killed_after(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a fill end after so many transactions."""
    ordinary = table.transact

    def arrange(count: int) -> None:
        left = iter(range(count))

        def transact(changes: Any) -> None:
            if next(left, None) is None:
                raise Killed
            ordinary(changes)

        monkeypatch.setattr(table, "transact", transact)
        with pytest.raises(Killed):
            demo.fill_if_empty()
        monkeypatch.setattr(table, "transact", ordinary)

    return arrange


def replies(blog: Blog, status: str) -> list[Any]:
    return [*_all(blog, f"/api/comments?status={status}&limit=100")]


def _all(blog: Blog, target: str) -> Iterator[Any]:
    cursor = ""
    while cursor is not None:
        page = blog.api("GET", target + (f"&cursor={cursor}" if cursor else "")).json
        yield from page["items"]
        cursor = page["cursor"]


def state_of(blog: Blog) -> list[Any]:
    """What an author sees of it, but for the ids of posts."""
    posts = [
        post for status in ("published", "scheduled", "draft", "unlisted") for post in _posts(blog, status)
    ]
    comments = [
        (status, reply["post"]["title"], reply["id"].split(".")[1], reply["name"], reply["created_at"])
        for status in STATUSES
        for reply in replies(blog, status)
    ]
    counts = [re.findall(r"(\d+) replies", blog.get(f"/posts/{post['slug']}").text)[:1] for post in posts]
    lists = [re.findall(r'href="(/posts/[^"]+)', blog.get(path).text) for path in LISTS]
    return [
        lists,
        [(post["slug"], post["published_at"], post["updated_at"]) for post in posts],
        sorted(comments),
        counts,
    ]


def _posts(blog: Blog, status: str) -> Iterator[Any]:
    return _all(blog, f"/api/posts?status={status}&limit=100")


@pytest.fixture(scope="module")
def whole(clients: dict[str, Any]) -> tuple[dict[str, str], list[Any]]:
    """The public pages and the state of a fill that nothing disturbed."""
    with pytest.MonkeyPatch.context() as patch, contextmanager(_blog)("engine", clients, patch) as blog:
        demo.fill_if_empty()
        # A reply that was taken out more than a month ago has its text erased.
        events.run_tick(60)
        slugs = [post["slug"] for status in ("published", "unlisted") for post in _posts(blog, status)]
        return {slug: _page(blog, slug) for slug in slugs}, state_of(blog)


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_is_in_a_page(whole: tuple[dict[str, str], list[Any]], feature: str) -> None:
    slug, expected = FEATURES[feature]
    assert expected in whole[0][slug]


def _page(blog: Blog, slug: str) -> str:
    got = blog.get(f"/posts/{slug}")
    assert got.status == 200, got.text
    return got.text


def test_second_start_writes_nothing(filled: Blog) -> None:
    before = state_of(filled)
    assert demo.fill_if_empty() == 0
    assert state_of(filled) == before


@pytest.mark.parametrize("status", ["draft", "published", "unlisted"])
def test_blog_with_a_post_of_its_own_is_left_alone(engine_blog: Blog, status: str) -> None:
    mine = engine_blog.post("Mine", status=status)
    assert demo.fill_if_empty() == 0
    engine_blog.api("DELETE", f"/api/posts/{mine['id']}")
    assert demo.fill_if_empty() == 0
    assert "The Second Post" not in engine_blog.get("/").text


def test_demonstration_that_was_deleted_does_not_come_back(filled: Blog) -> None:
    for post in [*_posts(filled, "published")]:
        filled.api("DELETE", f"/api/posts/{post['id']}")
    assert demo.fill_if_empty() == 0
    assert "Nothing has been sent yet" in filled.get("/").text


@pytest.mark.parametrize("count", [0, 1, 4, 5, 17, 24])
def test_killed_start_is_completed_by_the_next(
    engine_blog: Blog, killed_after: Any, whole: tuple[dict[str, str], list[Any]], count: int
) -> None:
    killed_after(count)
    demo.fill_if_empty()
    # What follows a letter, and was cut off with it, is the tick's to do.
    events.run_tick(60)
    assert state_of(engine_blog) == whole[1]
    assert demo.fill_if_empty() == 0


def test_killed_start_leaves_readable_pages(engine_blog: Blog, killed_after: Any) -> None:
    killed_after(17)
    assert engine_blog.get("/").status == 200
    for post in _posts(engine_blog, "published"):
        assert engine_blog.get(f"/posts/{post['slug']}").status == 200


def test_clock_is_set_right_again(filled: Blog) -> None:
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 60


def test_draft_scheduled_and_unlisted_are_not_on_the_front_page(filled: Blog) -> None:
    home = filled.get("/").text
    assert demo.FIRST_SLUG in home
    for slug in ("on-envelopes", "to-be-opened-in-2031", "plum-jam"):
        assert slug not in home
    assert filled.get("/posts/on-envelopes").status == 404
    assert filled.get("/posts/to-be-opened-in-2031").status == 404
    assert [post["slug"] for post in _posts(filled, "scheduled")] == ["to-be-opened-in-2031"]
    assert [post["slug"] for post in _posts(filled, "draft")] == ["on-envelopes"]


def test_settings_are_the_author_s(filled: Blog) -> None:
    home = filled.get("/").text
    assert "The Second Post" in home
    assert "Kettle Quay" in home
    assert "Maren Holt" in filled.get(f"/posts/{demo.FIRST_SLUG}").text


def test_about_page_stands_by_itself_and_in_the_head(filled: Blog) -> None:
    assert filled.get("/about").status == 200
    home = filled.get("/").text
    assert 'href="/about"' in home
    assert "/posts/about" not in home
    for path in re.findall(r'href="(/(?:posts|series|tags)[^"]*)"', filled.get("/about").text):
        assert filled.get(path).status == 200, path


def test_author_is_introduced(filled: Blog) -> None:
    page = filled.get("/author").text
    assert "owes eleven letters" in page
    assert page.count('rel="me"') == len(demo.SETTINGS["links"])


def test_pinned_letter_stands_first(filled: Blog) -> None:
    first = re.findall(r'href="(/posts/[^"#]+)"', filled.get("/").text)
    assert first[0] == "/posts/the-letter-you-owe"
    assert first.index(f"/posts/{demo.FIRST_SLUG}") > 0


def test_series_is_in_order_without_what_is_to_come(filled: Blog) -> None:
    main = filled.get("/series/on-answering").text.split("<main")[1]
    slugs = list(dict.fromkeys(re.findall(r'href="/posts/([^"#]+)"', main)))
    assert slugs == ["the-letter-you-owe", "pencils-and-other-reasons", "who-writes-last"]


def test_pictures_are_the_blog_s_own_and_there(filled: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dict(pages.assets())
    monkeypatch.setattr(pages, "assets", lambda: found)
    demo.hang_pictures()
    for path in ("/", "/author", "/posts/tide-times-walked", "/tags/kettle-quay"):
        for source in re.findall(r'<img\b[^>]*\bsrc="([^"]+)"', filled.get(path).text):
            got = filled.get(source)
            assert (got.status, got.headers["content-type"]) == (200, "image/svg+xml"), source
    assert "kettle-quay-" in filled.get("/posts/tide-times-walked").text


def test_a_letter_shows_a_picture_that_was_uploaded(filled: Blog) -> None:
    (media,) = media_store.page(9, None).items
    processing.work_at(media.id)
    page = filled.get("/posts/the-box-at-the-end-of-the-lane").text
    shown = re.findall(rf"(?:{MEDIA}|/media)/([\w.-]+)", page)
    assert f"{media.hash[:32]}-1200x800.jpg" in shown
    assert all(objects.head(f"media/{name}") for name in shown), "every size is there"


def test_drawing_needs_nothing_that_the_policy_refuses() -> None:
    drawing = (demo.FOLDER / "kettle-quay.svg").read_text()
    assert not re.search(r"style|script|href|url\(|\bon\w+=", drawing)


def test_dates_are_those_of_the_letters(filled: Blog) -> None:
    years = {post["published_at"][:4] for post in _posts(filled, "published")}
    assert years == {"2011", "2024", "2025", "2026"}
    first = {post["slug"]: post["published_at"] for post in _posts(filled, "published")}
    for reply in replies(filled, "approved"):
        slug = reply["post"]["url"].rsplit("/", 1)[1]
        assert reply["created_at"] > first[slug]


def test_long_thread_goes_on_over_a_page(filled: Blog) -> None:
    page = filled.get(PENCILS).text
    count = int(re.findall(r"(\d+) replies", page)[0])
    assert count >= 65
    later = re.findall(r'href="([^"]+)" rel="next"', page)[0]
    assert "in reply to" in (rest := filled.get(later).text)
    assert page.count("h-cite") + rest.count("h-cite") == count
    assert page.count("<em>author</em>") > 2


def test_one_thread_is_twelve_deep(filled: Blog) -> None:
    levels = re.findall(r'aria-level="(\d+)"', filled.get("/posts/who-writes-last").text)
    assert max(map(int, levels)) == 12


def test_removed_reply_leaves_a_tombstone(filled: Blog) -> None:
    page = filled.get(PENCILS).text + filled.get("/posts/what-social-media-is-good-for").text
    assert page.count("A reply stood here and was removed.") >= 1
    assert "Penny for pens" not in page
    assert len(replies(filled, "deleted")) == 2


def test_four_replies_wait_and_one_is_spam(filled: Blog) -> None:
    assert len(replies(filled, "pending")) == 4
    assert [reply["name"] for reply in replies(filled, "spam")] == ["Best Essays 4U"]
    assert "I HAVE THE KETTLE" not in filled.get("/posts/who-writes-last").text


def test_reply_can_be_left_where_the_banner_says(filled: Blog) -> None:
    filled.reply(demo.FIRST_SLUG, "I read it *twice*.")
    assert "<em>twice</em>" in filled.get(f"/posts/{demo.FIRST_SLUG}").text
