"""Who sees a post, and from when on."""

from __future__ import annotations

import pytest

from chalicelib.settings.actions import current_site
from tests.blog import Blog
from tests.conftest import Moment


def test_a_draft_is_published(blog: Blog) -> None:
    post = blog.post("Draft", status="draft")
    assert blog.get("/posts/draft").status == 404
    assert blog.api("PATCH", f"/api/posts/{post['id']}", status="published").json["status"] == "published"
    assert blog.get("/posts/draft").status == 200


def test_a_scheduled_post_appears_at_its_second(blog: Blog, moment: Moment) -> None:
    at = moment.ahead(minutes=5)
    post = blog.post("Soon", published_at=at)
    assert post["status"] == "scheduled"
    moment.forward(minutes=4, seconds=59, microseconds=999_999)
    assert blog.get("/posts/soon").status == 404
    assert "Soon" not in blog.get("/").text
    assert blog.api("GET", "/api/posts").json["items"] == []
    moment.forward(microseconds=1)
    assert blog.get("/posts/soon").status == 200
    assert "Soon" in blog.get("/").text
    (listed,) = blog.api("GET", "/api/posts").json["items"]
    assert (listed["status"], listed["published_at"]) == ("published", at)


def test_a_scheduled_post_may_be_moved_or_taken_back(blog: Blog, moment: Moment) -> None:
    post = blog.post("Soon", published_at=moment.ahead(minutes=5))
    target = f"/api/posts/{post['id']}"
    assert blog.api("PATCH", target, published_at=moment.ahead(minutes=9)).json["status"] == "scheduled"
    moment.forward(minutes=6)
    assert blog.get("/posts/soon").status == 404
    assert blog.api("PATCH", target, status="draft").json["status"] == "draft"
    moment.forward(minutes=6)
    assert blog.get("/posts/soon").status == 404
    assert "Soon" not in blog.get("/").text


def test_the_time_of_a_post_that_appeared_by_itself_is_fixed(engine_blog: Blog, moment: Moment) -> None:
    post = engine_blog.post("Soon", published_at=moment.ahead(minutes=5))
    moment.forward(minutes=6)
    target = f"/api/posts/{post['id']}"
    assert engine_blog.api("PATCH", target, published_at=moment.ahead(minutes=5)).status == 422
    assert engine_blog.api("PATCH", target, title="New").json["updated_at"] == moment.ahead()


def test_an_unlisted_post_is_found_by_its_address_alone(blog: Blog) -> None:
    blog.post("Hidden corner", status="unlisted")
    got = blog.get("/posts/hidden-corner")
    assert got.status == 200
    assert '<meta name="robots" content="noindex">' in got.text
    assert "Hidden corner" not in blog.get("/").text


@pytest.mark.parametrize("seconds", [1, 20, 59])
def test_home_may_be_kept_until_the_next_post_comes(engine_blog: Blog, moment: Moment, seconds: int) -> None:
    engine_blog.get("/")
    engine_blog.post("Soon", published_at=moment.ahead(seconds=seconds))
    kept = engine_blog.get("/").headers["cache-control"]
    assert kept == f"public, max-age={seconds}"


def test_home_may_be_stale_no_longer_than_until_the_next_post_comes(
    engine_blog: Blog, moment: Moment
) -> None:
    engine_blog.get("/")
    engine_blog.post("Soon", published_at=moment.ahead(seconds=75))
    kept = engine_blog.get("/").headers["cache-control"]
    assert kept == "public, max-age=60, stale-while-revalidate=15"


def test_home_forgets_posts_that_do_not_come_any_more(engine_blog: Blog, moment: Moment) -> None:
    post = engine_blog.post("Soon", published_at=moment.ahead(seconds=20))
    engine_blog.api("DELETE", f"/api/posts/{post['id']}")
    assert engine_blog.get("/").headers["cache-control"] == "public, max-age=60, stale-while-revalidate=60"


def test_many_scheduled_posts_come_and_are_forgotten(engine_blog: Blog, moment: Moment) -> None:
    for hour in range(1, 6):
        engine_blog.post(f"Soon {hour}", published_at=moment.ahead(hours=hour))
    moment.forward(days=3)
    engine_blog.post("Later", published_at=moment.ahead(hours=1))
    engine_blog.post("Latest", published_at=moment.ahead(hours=2))
    assert engine_blog.get("/").text.count("Soon") == 5
    assert len(current_site().coming) == 2


def test_a_date_alone_begins_by_the_blog_s_clocks(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", time_zone="America/New_York")
    post = engine_blog.post("Autumn", published_at="2026-11-01")
    assert post["published_at"] == "2026-11-01T04:00:00Z"
    assert "1 November 2026" in engine_blog.get("/posts/autumn").text
    assert engine_blog.get("/archive/2026/11").status == 200
