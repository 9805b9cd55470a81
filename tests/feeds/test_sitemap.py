"""The sitemap: an index of parts, each of a month or a day, none of them empty."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime

import pytest

from chalicelib.core import kept
from chalicelib.feeds import sitemap
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Faults

HTTPS = "https://localhost"
NAME_SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def places(blog: Blog, target: str) -> dict[str, str | None]:
    """{path: when it last changed}"""
    got = blog.get(target)
    assert got.status == 200, got.text
    assert got.headers["content-type"] == "application/xml; charset=utf-8"
    root = ET.fromstring(got.text)
    kind = {"urlset": "url", "sitemapindex": "sitemap"}[root.tag.removeprefix(NAME_SPACE)]
    assert len(root) > 0
    found = {}
    for place in root:
        assert place.tag == NAME_SPACE + kind
        url, changed = place.findtext(f"{NAME_SPACE}loc") or "", place.findtext(f"{NAME_SPACE}lastmod")
        assert url.startswith(f"{HTTPS}/")
        assert url.isascii()
        assert changed is None or datetime.fromisoformat(changed).tzinfo
        found[url.removeprefix(HTTPS)] = changed
    assert len(found) == len(root)
    return found


def test_an_empty_blog_has_a_sitemap_of_its_pages(engine_blog: Blog) -> None:
    assert list(places(engine_blog, "/sitemap.xml")) == ["/sitemaps/pages.xml"]
    assert list(places(engine_blog, "/sitemaps/pages.xml")) == ["/", "/tags", "/archive", "/author"]


def test_everything_public_is_in_exactly_one_part(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("مرحبا", published_at="2025-12-31T23:59:59Z")
    engine_blog.post("One", published_at="2026-01-01T00:00:00Z")
    two = engine_blog.post("Two", published_at="2026-01-31T23:59:59Z")
    engine_blog.post("About us", type="page")
    moment.forward(minutes=1)
    engine_blog.api("PATCH", f"/api/posts/{two['id']}", body="Changed")
    moment.forward(minutes=1)
    index = places(engine_blog, "/sitemap.xml")
    assert list(index) == ["/sitemaps/pages.xml", "/sitemaps/2026-01.xml", "/sitemaps/2025-12.xml"]
    assert [places(engine_blog, part) for part in list(index)[1:]] == [
        {"/posts/two": "2026-11-23T12:01:00Z", "/posts/one": "2026-01-01T00:00:00Z"},
        {"/posts/%D9%85%D8%B1%D8%AD%D8%A8%D8%A7": "2025-12-31T23:59:59Z"},
    ]
    assert places(engine_blog, "/sitemaps/pages.xml")["/about-us"] is None
    assert places(engine_blog, "/sitemaps/pages.xml")["/"] == "2026-11-23T12:01:00Z"


def test_each_address_of_the_sitemap_can_be_read(engine_blog: Blog) -> None:
    engine_blog.post("One", tags=["a"])
    engine_blog.post("About", type="page")
    for part in places(engine_blog, "/sitemap.xml"):
        for path in places(engine_blog, part):
            assert engine_blog.get(path).status == 200, path


@pytest.mark.parametrize(
    ("zone", "month", "day"),
    [
        ("UTC", "2026-10", "2026-10-31"),
        ("Pacific/Auckland", "2026-11", "2026-11-01"),
        ("America/New_York", "2026-10", "2026-10-31"),
    ],
)
def test_months_and_days_are_those_of_the_blog(engine_blog: Blog, zone: str, month: str, day: str) -> None:
    engine_blog.api("PATCH", "/api/settings", time_zone=zone)
    engine_blog.post("Late", published_at="2026-10-31T23:00:00Z")
    assert f"/sitemaps/{month}.xml" in places(engine_blog, "/sitemap.xml")
    for name in ("2026-09", "2026-10", "2026-11", "2026-10-30", "2026-10-31", "2026-11-01"):
        expected = 200 if name in (month, day) else 404
        assert engine_blog.get(f"/sitemaps/{name}.xml").status == expected, name


@pytest.mark.parametrize(
    "part",
    [
        *("2026-12.xml", "2020-01.xml", "2026-11-25.xml", "2026-13.xml", "2026-00.xml", "0000-01.xml"),
        *("2026-02-30.xml", "9999-12.xml", "0001-01.xml", "2026-11", "2026-11.XML", "2026-1.xml", "2026.xml"),
        *(
            "x.xml",
            ".xml",
            "pages",
            "pages.xml.xml",
            "2026-11-.xml",
            "٢٠٢٦-١١.xml",
            "2026-11.xml%00",
            "%2e%2e",
        ),
    ],
)
def test_a_part_that_is_not_there_is_not_found(engine_blog: Blog, moment: Moment, part: str) -> None:
    engine_blog.post("One")
    engine_blog.api("PATCH", "/api/settings", time_zone="Pacific/Auckland")
    got = engine_blog.get(f"/sitemaps/{part}")
    assert got.status == 404
    assert "urlset" not in got.text


def test_a_full_month_is_listed_by_its_days(
    engine_blog: Blog, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "MOST_A_MONTH", 3)
    for number in range(4):
        engine_blog.post(f"Post {number}", published_at=f"2026-11-0{number + 1}T0{number}:00:00Z")
    engine_blog.post("Earlier", published_at="2026-10-05")
    moment.forward(minutes=1)
    index = list(places(engine_blog, "/sitemap.xml"))
    days = [f"/sitemaps/2026-11-{day:02}.xml" for day in range(1, 24)]
    assert index == ["/sitemaps/pages.xml", *days, "/sitemaps/2026-10.xml"]
    listed = [path for part in index[1:] for path in places(engine_blog, part)]
    assert sorted({path for path in listed if path != "/archive/2026/11"}) == [
        *("/posts/earlier", "/posts/post-0", "/posts/post-1", "/posts/post-2", "/posts/post-3"),
    ]
    # A day without posts leads to those of its month, since a part must hold something.
    assert list(places(engine_blog, days[-1])) == ["/archive/2026/11"]
    assert engine_blog.get("/archive/2026/11").status == 200
    assert list(places(engine_blog, "/sitemaps/2026-11.xml")) == [
        "/posts/post-3",
        "/posts/post-2",
        "/posts/post-1",
    ]
    assert engine_blog.get("/sitemaps/2026-10-06.xml").status == 404
    assert engine_blog.get("/sitemaps/2026-11-24.xml").status == 404


def test_a_part_is_cut_before_it_is_too_much(engine_blog: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        engine_blog.post(f"Post {number}", published_at=f"2026-11-05T0{number}:00:00Z")
    monkeypatch.setattr(sitemap, "MOST_A_DAY", 3)
    assert list(places(engine_blog, "/sitemaps/2026-11-05.xml")) == [
        "/posts/post-3",
        "/posts/post-2",
        "/posts/post-1",
    ]
    monkeypatch.setattr(sitemap, "MOST_BYTES", 250)
    kept.pages.forget()
    assert list(places(engine_blog, "/sitemaps/2026-11-05.xml")) == ["/posts/post-3", "/posts/post-2"]


def test_a_part_is_one_query(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("One", published_at="2026-11-05")
    engine_blog.get("/")
    for part, calls in (("2026-11", 2), ("2026-11-05", 2), ("2020-01", 2), ("x", 0), ("9998-01", 1)):
        faults.clear()
        engine_blog.get(f"/sitemaps/{part}.xml")
        assert faults.calls == ["Query"] * calls, part


def test_robots_may_read_what_people_may(engine_blog: Blog) -> None:
    got = engine_blog.get("/robots.txt")
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.text.splitlines() == [
        "User-agent: *",
        "Disallow: /api/",
        *("Disallow: /replies/", "Disallow: /mail/", "Disallow: /yours/"),
        "",
        "Sitemap: https://localhost/sitemap.xml",
    ]
