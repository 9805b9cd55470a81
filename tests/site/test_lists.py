"""Archives, static pages and what is pinned, as readers find them."""

from __future__ import annotations

import re

import pytest

from tests import page
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Faults
from tests.lists.shown import counted, edit, walk
from tests.lists.standing import contradictions, finish_jobs
from tests.site.test_home import titles

# --- archive -----------------------------------------------------------------------------------

EDGE = [
    ("Post 1", "2024-06-30T12:00:00Z"),
    ("Post 2", "2025-12-31T10:59:59Z"),
    ("Post 3", "2025-12-31T11:00:00Z"),
]


def at_the_edge(blog: Blog) -> list[str]:
    return [blog.post(title, published_at=at)["id"] for title, at in EDGE]


BY_ZONE = {
    "UTC": ["2025/12 December 2 posts", "2024/06 June 1 post"],
    "Pacific/Auckland": ["2026/01 January 1 post", "2025/12 December 1 post", "2024/07 July 1 post"],
    "America/Los_Angeles": ["2025/12 December 2 posts", "2024/06 June 1 post"],
}


def months(blog: Blog) -> list[str]:
    return [f"{url[-7:]} {words}" for url, words in counted(blog, "/archive").items()]


@pytest.mark.parametrize("zone", BY_ZONE)
def test_years_turn_when_the_blog_s_clocks_do(blog: Blog, zone: str) -> None:
    blog.api("PATCH", "/api/settings", time_zone=zone)
    ids = at_the_edge(blog)
    assert months(blog) == BY_ZONE[zone]
    newest = "2026" if zone == "Pacific/Auckland" else "2025"
    assert "Post 3" in blog.get(f"/archive/{newest}").text
    for url, words in counted(blog, "/archive").items():
        found = titles(blog.get(url).text)
        assert f" {len(found)} post" in words
        assert set(found) <= set(titles(blog.get(url[:-3]).text))
    assert contradictions(ids) == []


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_other_clocks_count_months_anew(blog: Blog, moment: Moment, zone: str) -> None:
    ids = at_the_edge(blog)
    ids += [
        blog.post(f"Post {number}", published_at=f"2023-01-{number:02}T10:00:00Z")["id"]
        for number in range(4, 29)
    ]
    assert months(blog) == [*BY_ZONE["UTC"], "2023/01 January 25 posts"]
    blog.api("PATCH", "/api/settings", time_zone=zone)
    moment.forward(minutes=1)
    finish_jobs()
    assert months(blog) == [*BY_ZONE[zone], "2023/01 January 25 posts"]
    assert contradictions(ids) == []


def test_years_lead_to_those_before_and_after(engine_blog: Blog) -> None:
    at_the_edge(engine_blog)
    engine_blog.post("Post 4", published_at="2026-01-01T00:00:00Z")

    def beside(year: int) -> list[str]:
        head = next(page.classed(engine_blog.get(f"/archive/{year}").text, "head"))
        return [link.attrib["href"] for link in head.iter("a")]

    assert beside(2024) == ["/archive", "/archive/2025"]
    assert beside(2025) == ["/archive", "/archive/2024", "/archive/2026"]
    assert beside(2026) == ["/archive", "/archive/2025"]


def test_pages_of_a_month_hold_every_post_once_both_ways(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", posts_per_page=2, time_zone="Pacific/Auckland")
    for number, at in enumerate(
        [
            "2025-12-31T10:59:59Z",
            *(f"2026-01-{day:02}T00:00:00Z" for day in range(1, 6)),
            "2026-01-31T11:00:00Z",
        ]
    ):
        engine_blog.post(f"Post {number}", published_at=at)
    there, back = walk(engine_blog, "/archive/2026/01")
    assert there == [["Post 5", "Post 4"], ["Post 3", "Post 2"], ["Post 1"]]
    assert back == there


def test_a_cursor_from_before_the_clocks_were_changed_does_no_harm(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", posts_per_page=1)
    for number, at in enumerate(["2025-01-01T00:00:01Z", "2025-01-01T00:00:02Z", "2025-06-01T00:00:00Z"]):
        engine_blog.post(f"Post {number}", published_at=at)
    second = page.link(engine_blog.get("/archive/2025/01").text, "next") or ""
    first = page.link(engine_blog.get(second).text, "prev") or ""
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        engine_blog.api("PATCH", "/api/settings", time_zone=zone)
        assert {engine_blog.get(target).status for target in (first, second)} <= {200, 404}


# --- static pages ------------------------------------------------------------------------------


def nav(html: str) -> list[str]:
    masthead = next(page.classed(html, "masthead"))
    return [
        link.attrib["href"]
        for link in next(masthead.iter("nav"), ()) and next(masthead.iter("nav")).iter("a")
    ]


def test_a_page_stands_by_itself(blog: Blog, moment: Moment) -> None:
    blog.post("Post 1")
    made = blog.post("About me", "Who I am", type="page", tags=["a"], series="S")
    assert made["url"].endswith("/about-me")
    got = blog.get("/about-me")
    assert (got.status, "Who I am" in got.text) == (200, True)
    assert nav(got.text) == nav(blog.get("/").text) == ["/about-me"]
    for target in (
        "/",
        "/archive",
        "/archive/2026",
        "/archive/2026/11",
        "/tags",
        "/series",
        "/author",
        "/feed.atom",
        "/feed.json",
    ):
        shown = blog.get(target).text.partition("<main")[2] or blog.get(target).text
        assert "about" not in shown.partition("</main")[0].lower().replace("/author", ""), target
    assert blog.get("/tags/a").status == blog.get("/series/s").status == 404


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/posts/about", "/about"),
        ("/hello", "/posts/hello"),
        ("/About", "/about"),
        ("/posts/Hello", "/posts/hello"),
        ("/Posts/Hello", "/posts/hello"),
        ("/about/", "/about"),
        ("/posts/about/comments", "/about"),
        ("///Evil.example/A", "/evil.example/a"),
        ("/%2FEvil.example/A", "/evil.example/a"),
    ],
)
def test_every_page_has_one_address(engine_blog: Blog, target: str, location: str) -> None:
    engine_blog.post("About", type="page")
    engine_blog.post("Hello")
    got = engine_blog.get(target)
    assert (got.status, got.headers["location"]) == (301, location)


@pytest.mark.parametrize(
    "slug", ["api", "archive", "tags", "posts", "comments", "privacy", "series", "search"]
)
def test_the_blog_s_own_addresses_are_no_pages(engine_blog: Blog, slug: str) -> None:
    got = engine_blog.api("POST", "/api/posts", title="Mine", body="b", type="page", slug=slug)
    assert (got.status, slug in got.text) == (422, True)
    assert engine_blog.post(slug, type="page")["slug"] != slug
    post = engine_blog.post("Other", slug=slug)
    assert engine_blog.api("PATCH", f"/api/posts/{post['id']}", type="page").status == 422


def test_a_scheduled_page_is_nowhere_before_its_time(blog: Blog, moment: Moment) -> None:
    blog.post("Post 1")
    tag = blog.get("/posts/post-1").headers["etag"]
    blog.post("About", type="page", published_at=moment.ahead(seconds=60))
    moment.forward(seconds=59)
    assert (blog.get("/about").status, nav(blog.get("/").text)) == (404, [])
    tag = blog.get("/posts/post-1").headers["etag"]
    moment.forward(seconds=1)
    assert (blog.get("/about").status, nav(blog.get("/").text)) == (200, ["/about"])
    assert blog.get("/posts/post-1", If_None_Match=tag).status == 200


def test_a_page_takes_no_replies_and_says_so(blog: Blog) -> None:
    blog.post("About", type="page")
    assert "<form" not in blog.get("/about").text
    sent = blog.form("/posts/about/comments", name="Ann", body="Hello")
    assert sent.status == 409
    assert "closed" in sent.text


@pytest.mark.parametrize(
    "target",
    [
        "/no--such",
        "/-x",
        "/x%20y",
        "/x.y",
        "/wp-login.php",
        "/%F0%9F%98%80",
        "/a/b",
        "/search",
        "/media",
        "/tags/!",
    ],
)
def test_a_name_that_no_page_can_have_costs_no_call(engine_blog: Blog, faults: Faults, target: str) -> None:
    engine_blog.get("/")
    faults.clear()
    assert engine_blog.get(target).status == 404
    assert faults.calls == []


@pytest.mark.parametrize("target", ["/no-such", "/posts/no-such"])
def test_a_name_that_some_page_could_have_costs_one(engine_blog: Blog, faults: Faults, target: str) -> None:
    engine_blog.get("/")
    faults.clear()
    assert engine_blog.get(target).status == 404
    assert faults.calls == ["Query"]


# --- pinned ------------------------------------------------------------------------------------


def test_a_pinned_post_stands_first_and_once(blog: Blog, moment: Moment) -> None:
    made = []
    for number in range(3):
        moment.forward(seconds=1)
        made.append(blog.post(f"Post {number}"))
    edit(blog, made[0], pinned=True, slug="moved")
    got = blog.get("/").text
    assert titles(got) == ["Post 0", "Post 2", "Post 1"]
    assert re.findall(r"<b>Pinned</b>", got) == ["<b>Pinned</b>"]
    assert 'href="/posts/moved"' in got
    edit(blog, made[0], status="unlisted")
    assert titles(blog.get("/").text) == ["Post 2", "Post 1"]
    edit(blog, made[0], status="published")
    edit(blog, made[0], pinned=False)
    assert titles(blog.get("/").text) == ["Post 2", "Post 1", "Post 0"]


def test_a_pinned_post_that_is_to_come_is_not_there_yet(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Post 1")
    engine_blog.post("Post 2", pinned=True, published_at=moment.ahead(seconds=60))
    assert titles(engine_blog.get("/").text) == ["Post 1"]
    moment.forward(seconds=60)
    assert titles(engine_blog.get("/").text) == ["Post 2", "Post 1"]


def test_a_card_shows_few_of_many_tags(engine_blog: Blog) -> None:
    engine_blog.post("Tagged", tags=[f"tag {number}" for number in range(12)])
    card = next(page.classed(engine_blog.get("/").text, "card"))
    assert [a.get("href") for a in card.iter("a") if a.get("rel") == "tag"] == [
        f"/tags/tag-{n}" for n in range(5)
    ]
    assert "and 7 more tags" in page.words(card)
    assert engine_blog.get("/posts/tagged").text.count('rel="tag"') == 12


def test_links_to_other_posts_say_their_language_and_how_they_begin(engine_blog: Blog) -> None:
    engine_blog.post("سلام", language="ar", published_at="2026-01-01")
    engine_blog.post("Middle", published_at="2026-01-02")
    engine_blog.post("", "Half past six, and the baker has cycled past.", published_at="2026-01-03")
    links = {a.get("href"): a for a in page.parse(engine_blog.get("/posts/middle").text).iter("a")}
    assert links["/posts/سلام".replace("سلام", "%D8%B3%D9%84%D8%A7%D9%85")].get("lang") == "ar"
    assert any("Half past six" in page.words(a) for a in links.values())


def test_an_unlisted_part_of_a_series_links_to_no_empty_page(engine_blog: Blog) -> None:
    engine_blog.post("Alone", series="A voyage", status="unlisted")
    text = engine_blog.get("/posts/alone").text
    assert "A voyage" in text
    assert "/series/" not in text
